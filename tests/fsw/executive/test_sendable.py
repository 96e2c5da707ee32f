"""What cannot be written is refused in a sentence, whatever stands in its fields."""

import pytest

from fsw.comms.services import Services
from fsw.executive.bus import Bus
from fsw.executive.sendable import UnsendableError, bounded, check_sendable
from fsw.executive.sentence import sentence_of
from hal.sim.clock import VirtualClock
from link.dictionary import Counted, Dictionary, Event, Int8ub, Octets, Telemetry, wire
from link.dictionary.declare import Record
from tests.fsw.memories import records


class Blob(Telemetry, id=1):
    percent: int = wire(Int8ub)
    octets: bytes = wire(Octets(Counted(24)))


class Strange:
    """Not even its comparison works."""

    def __index__(self):
        raise RuntimeError("no number today")


@pytest.mark.parametrize(
    ("percent", "octets", "said"),
    [
        (300, b"", "Blob.percent = 300, expected 0..255"),
        (None, b"", "Blob.percent = None, expected 0..255"),
        (Strange(), b"", "RuntimeError: no number today"),
        (1, bytes(70_000), "Blob: 70004 octets, more than a packet holds"),
    ],
)
def test_what_does_not_fit_is_refused(percent, octets, said):
    with pytest.raises(UnsendableError) as caught:
        check_sendable(Blob(percent=percent, octets=octets))
    assert str(caught.value) == said


def test_what_was_checked_goes_down_whatever_becomes_of_the_record():
    blob = Blob(percent=1, octets=b"")
    octets = blob.encode()
    check_sendable(blob)
    blob.percent = 300
    assert blob.encode() == octets


@pytest.mark.parametrize(("percent", "told"), [(255, 255), (256, 255), (1 << 40, 255)])
def test_a_counter_is_bounded_by_its_field(percent, told):
    blob = bounded(Blob(percent=percent, octets=b"x"))
    check_sendable(blob)
    assert (blob.percent, blob.octets) == (told, b"x")
    assert Blob.decode(blob.encode()) == blob


def test_bounding_leaves_what_is_no_counter_to_the_check():
    with pytest.raises(UnsendableError, match="percent = None"):
        check_sendable(bounded(Blob(percent=None, octets=b"")))


class Plain(Record):
    percent: int = wire(Int8ub)


@pytest.mark.parametrize("record", ["text", None, 5, Plain(percent=1)])
def test_what_is_no_report_is_refused(record):
    with pytest.raises(UnsendableError, match="is neither telemetry nor an event"):
        check_sendable(record)


def test_what_the_dictionary_does_not_have_is_refused_by_the_services():
    clock, bus = VirtualClock(), Bus()
    services = Services(Dictionary.of("n", 65, {}, [Blob]), clock, bus, records())
    services.check(Blob(percent=1, octets=b""))

    class Stranger(Telemetry, id=1):
        percent: int = wire(Int8ub)

    class Surprise(Event, id=1):
        percent: int = wire(Int8ub)

    for record in (Stranger(percent=1), Surprise(percent=1)):
        with pytest.raises(UnsendableError, match=f"{type(record).__name__} is not in the dictionary"):
            services.check(record)


def test_what_fits_passes():
    check_sendable(Blob(percent=1, octets=bytes(65_000)))


def test_a_sentence_is_cut_and_can_always_be_written():
    assert sentence_of(ValueError("x" * 100), 20) == "ValueError: xxxxxxxx"
    assert sentence_of(OSError("caf\udce9")).encode() == b"OSError: caf\\udce9"
