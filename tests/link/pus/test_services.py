"""Message types: each reads back from its packet, and a command's stages are reported in order whatever arrives."""

import re
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from link.dictionary import Counted, Dictionary, Event, Flag, Int8ub, Telemetry, wire
from link.errors import DecodeError
from link.pus.catalogue import SERVICES, read_report, read_request, reports_of, requests_of
from link.pus.definition import definition_of
from link.pus.packets import AckFlags, TcPacket, TmPacket
from link.pus.services import events, functions, housekeeping, test
from link.pus.services.scheduling import insert_of
from link.pus.services.verification import (
    CompletionFailure,
    ExecutionStage,
    FailureCode,
    failure,
    success,
)
from link.pus.source import FreshNumbers, TcSource, TmSource

PACKET = TcPacket(apid=5, count=9, service=8, subtype=1)


class Level(Telemetry, id=3):
    percent: int = wire(Int8ub)


class Spill(Event, id=4, severity="high"):
    percent: int = wire(Int8ub)


REPORTED = [
    *(success(PACKET, stage, 2) for stage in ExecutionStage),
    *(failure(PACKET, stage, FailureCode.NOT_NOW, "night", 2) for stage in ExecutionStage),
    housekeeping.report_of(Level(percent=5)),
    events.event_report(Spill(percent=6)),
    test.Pong(),
]


@pytest.mark.parametrize("report", REPORTED, ids=lambda report: type(report).__name__)
def test_a_report_reads_back_from_its_packet(report):
    assert read_report(TmPacket.decode(TmSource(7).packet(report, 10**18))) == report


@pytest.mark.parametrize("request_", [test.Ping(), functions.PerformFunction(function=0x31, arguments=b"ab")])
def test_a_request_reads_back_from_its_packet(request_):
    assert read_request(TcPacket.decode(TcSource(7).packet(request_).encode())) == request_


def test_the_catalogue_has_every_service():
    assert set(SERVICES) == {1, 3, 5, 6, 8, 9, 11, 12, 13, 14, 15, 17, 19, 20, 21, 22, 23}
    assert set(reports_of(1)) == {1, 2, 3, 4, 5, 6, 7, 8, 10}
    assert (set(requests_of(17)), set(reports_of(17))) == ({1, 3}, {2, 4})


def test_what_is_unknown_is_a_decode_error():
    with pytest.raises(DecodeError, match="no message type 99,1"):
        read_report(TmPacket(apid=1, count=0, service=99, subtype=1, data=b"", time_ns=0))


def test_a_type_of_request_that_nobody_knows():
    with pytest.raises(DecodeError, match="no message type 99,1 is known"):
        read_request(TcPacket(apid=1, count=0, service=99, subtype=1))


def test_the_subtype_follows_the_severity():
    assert type(events.event_report(Spill(percent=6))) is events.HighSeverity


@given(st.sampled_from(ExecutionStage), st.integers(0, 15).map(AckFlags))
def test_successes_are_reported_where_asked_for(stage, acknowledge):
    wanted = acknowledge & (1 << list(ExecutionStage).index(stage))
    packet = TcPacket(apid=5, count=9, service=8, subtype=1, acknowledge=acknowledge)
    assert (success(packet, stage) is not None) == bool(wanted)


def test_a_long_reason_is_cut_between_characters():
    report = failure(PACKET, ExecutionStage.START, FailureCode.NOT_NOW, "é" * 150)
    assert report.reason == "é" * 100


@pytest.mark.parametrize("reason", ["caf\udce9", "é" * 300, "x" * 1000])
def test_any_reason_is_reported(reason):
    report = failure(PACKET, ExecutionStage.COMPLETION, FailureCode.NOT_NOW, reason)
    back = read_report(TmPacket.decode(TmSource(7).packet(report, 10**18)))
    assert isinstance(back, CompletionFailure)
    assert back.reason


def test_packets_and_types_are_counted_without_gaps():
    source = TmSource(7, numbers=FreshNumbers(Counter({"7": 16383})))
    pong, level = test.Pong(), housekeeping.report_of(Level(percent=5))
    packets = [TmPacket.decode(source.packet(report, 10**18)) for report in (pong, level, pong)]
    assert [(packet.count, packet.counter) for packet in packets] == [(16383, 0), (0, 0), (1, 1)]
    uplink = TcSource(7, count=16383)
    assert [uplink.packet(test.Ping()).count for _ in range(2)] == [16383, 0]


def test_a_report_whose_end_may_stand_on_any_bit_is_no_packet():
    class Loose(Telemetry, id=9):
        flags: list[bool] = wire(Flag, count=Counted(8))

    with pytest.raises(ValueError, match="flags: its size in bits varies, so the CRC after it might not"):
        definition_of(Dictionary.of("n", 1, {}, [Loose]))


def test_activities_to_insert():
    """By hand from §8.11.2.4: for each a release time in CUC, 4 + 3 octets of TAI since 1958, and the packet."""
    start_ns = 1_700_000_000 * 10**9  # 378,691,200 s after 1958, and 37 leap seconds behind TAI
    request = insert_of(2, [(start_ns, b"ab"), (start_ns + 1_500_000_000, b"c")])
    assert (request.sub_schedule, request.count) == (2, 2)
    assert request.activities == bytes.fromhex("7be64fa5 000000 6162 7be64fa6 800000 63")


@given(structure=st.integers(-1, 1 << 16) | st.none(), values=st.binary(max_size=20) | st.just(bytearray(b"ab")))
def test_a_housekeeping_report_encodes_as_its_codec_does(structure, values):
    report = housekeeping.HousekeepingReport(structure=structure, values=values)
    try:
        expected = report.__codec__.encode([structure, values])
    except ValueError as error:
        with pytest.raises(ValueError, match=re.escape(str(error))):
            report.encode()
    else:
        assert report.encode() == expected


def test_a_sealed_housekeeping_report_stays_as_it_was_sealed():
    report = housekeeping.HousekeepingReport(structure=1, values=b"a")
    sealed = report.seal()
    report.values = b"b"
    assert report.encode() == sealed
