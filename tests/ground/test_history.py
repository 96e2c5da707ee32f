"""History: what is archived is decoded with the dictionary of its time, whatever the node flies today."""

import pytest

from ground.archive import Archive
from ground.archive_rows import DictionaryRow
from ground.history import history
from ground.reading import read_packet
from link.dictionary import Dictionary, Int8ub, Int16ub, Octets, Telemetry, wire
from link.pus.housekeeping import report_of
from link.pus.source import TmSource
from tests.ground.spacecraft import APID, MANAGED, SECOND, UTC_NS


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
