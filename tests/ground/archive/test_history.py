"""History: what is archived is decoded with the dictionary of its time, whatever the node flies today."""

import re

import pytest

from ground.archive.archive import Archive
from ground.archive.history import history
from ground.archive.reading import read_packet
from ground.archive.rows import DictionaryRow
from ground.records import History
from link.dictionary import Dictionary, Int8ub, Int16ub, Octets, Telemetry, wire
from link.pus.services.housekeeping import report_of
from link.pus.source import TmSource
from tests.ground.example_dictionary import APID, MANAGED, SECOND, UTC_NS


def first():
    class NodeStatus(Telemetry, id=1):
        dictionary: bytes = wire(Octets(8))
        volts: float = wire(Int8ub, unit="V", scale=0.5)

    return NodeStatus


def later():
    class NodeStatus(Telemetry, id=1):
        dictionary: bytes = wire(Octets(8))
        boots: int = wire(Int8ub)
        volts: float = wire(Int16ub, unit="V", scale=0.01)

    return NodeStatus


def test_each_packet_is_read_as_it_was_meant():
    archive, source = Archive(), TmSource(APID)
    flown = [Dictionary.of("coastwatch", APID, MANAGED.to_dict(), [form]) for form in (first(), later())]
    for dictionary in flown:
        archive.write([DictionaryRow(dictionary.version, dictionary.to_json())])
    old, new = (bytes.fromhex(dictionary.version) for dictionary in flown)
    samples = [first()(dictionary=old, volts=12.5), later()(dictionary=new, boots=3, volts=12.75)]
    for number, (sample, dictionary) in enumerate(zip(samples, flown, strict=True)):
        octets = source.packet(report_of(sample), UTC_NS + number * SECOND)
        archive.write([read_packet(octets).row(octets, UTC_NS, dictionary.version)])
    assert history(archive, flown[1], "NodeStatus.volts").values == (12.5, 12.75)
    assert history(archive, flown[1], "NodeStatus.boots").values == (3,)
    assert history(archive, flown[1], "NodeStatus.volts", since_ns=UTC_NS + 1).values == (12.75,)
    with pytest.raises(ValueError, match=r"no parameter is called NodeStatus\.amps"):
        history(archive, flown[1], "NodeStatus.amps")


@pytest.mark.requirement("GND-OPS-009")
def test_what_is_not_valid_is_no_point_of_a_curve():
    class Heat(Telemetry, id=2):
        is_measured: bool = wire()
        degc: int = wire(Int8ub, valid="is_measured == 1")

    archive, source = Archive(), TmSource(APID)
    dictionary = Dictionary.of("coastwatch", APID, MANAGED.to_dict(), [Heat])
    archive.write([DictionaryRow(dictionary.version, dictionary.to_json())])
    for is_measured in (True, False):
        octets = source.packet(report_of(Heat(is_measured=is_measured, degc=20)), UTC_NS)
        archive.write([read_packet(octets).row(octets, UTC_NS, dictionary.version)])
    assert history(archive, dictionary, "Heat.degc").values == (20, None)


def archive_of(*volts, times=None):
    """Samples in an archive that knows their dictionary, one a second, received five nanoseconds later each."""
    archive, source = Archive(), TmSource(APID)
    dictionary = Dictionary.of("coastwatch", APID, MANAGED.to_dict(), [first()])
    archive.write([DictionaryRow(dictionary.version, dictionary.to_json())])
    for number, value in enumerate(volts):
        time_ns = times[number] if times else UTC_NS + number * SECOND
        octets = source.packet(report_of(first()(dictionary=bytes(8), volts=value)), time_ns)
        archive.write([read_packet(octets).row(octets, time_ns + 5, dictionary.version)])
    return archive, dictionary


def test_columns_belong_together():
    archive, dictionary = archive_of(1.5, 2.5)
    assert history(archive, dictionary, "NodeStatus.volts") == History(
        parameter="NodeStatus.volts",
        unit="V",
        time_ns=(UTC_NS, UTC_NS + SECOND),
        received_ns=(UTC_NS + 5, UTC_NS + SECOND + 5),
        values=(1.5, 2.5),
    )
    assert history(archive, dictionary, "NodeStatus.dictionary", limit=1).values == ("00" * 8,)


def test_a_node_without_a_clock_has_a_history_as_well():
    archive, dictionary = archive_of(1.5, times=[0])
    assert history(archive, dictionary, "NodeStatus.volts").values == (1.5,)


def test_a_thousand_values_unless_it_is_said_otherwise():
    archive, dictionary = archive_of(*[1.5] * 1001)
    assert len(history(archive, dictionary, "NodeStatus.volts").values) == 1000


def test_samples_that_no_dictionary_here_reads_are_left_out():
    archive, dictionary = archive_of(1.5)
    (row,) = archive.packets((APID, 3, 25, 1))
    other = Dictionary.of("coastwatch", APID, MANAGED.to_dict(), [later()])
    archive.write([
        DictionaryRow(other.version, other.to_json()),
        row._replace(dictionary="never seen", sequence=7),
        row._replace(dictionary=other.version, sequence=8),  # too short for it
        row._replace(octets=b"no packet", sequence=9),
    ])  # fmt: skip
    assert history(archive, dictionary, "NodeStatus.volts").values == (1.5,)


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ("NodeStatus.volt", "no parameter is called NodeStatus.volt; did you mean NodeStatus.volts?"),
        ("x", "no parameter is called x; `skyrack dictionary show` lists all 2 among the reports"),
        ("Other.volts", "no parameter is called Other.volts"),
    ],
)
def test_what_there_is_not_is_refused_with_help(asked, answer):
    archive, dictionary = archive_of()
    with pytest.raises(ValueError, match=re.escape(answer)):
        history(archive, dictionary, asked)
