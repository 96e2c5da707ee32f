"""Reports become samples, events and answers: each with its own times, in words, and by the right dictionary."""

import pytest

from ground.archive.archive import Archive
from ground.archive.keeper import Keeper
from ground.commands.book import CommandBook
from ground.records import EventRecord, SampleRecord
from ground.station import telemetry as module
from ground.station.duties import Duties
from ground.station.logbook import Logbook
from ground.station.telemetry import TelemetryReader
from hal.clock import Moment
from link.dictionary import Dictionary, Event, Float32b, Int8ub, Int16ub, Limits, Octets, Time, command, wire
from link.dictionary import Telemetry as Report
from link.pus.packets import RequestId
from link.pus.services import events, housekeeping
from link.pus.services.housekeeping import AppendParameters, CreateStructure, HousekeepingReport, StructureReport
from link.pus.services.test import Pong
from link.pus.services.time import TimeReport
from link.pus.services.verification import AcceptanceFailure, CompletionFailure, CompletionSuccess, FailureCode
from link.pus.source import TmSource
from link.pus.time_packet import encode_time_packet
from tests.ground.example_dictionary import APID, DICTIONARY, MANAGED, SECOND, UTC_NS

REQUEST, OTHER = RequestId(APID, 7), RequestId(APID, 8)


class NodeStatus(Report, id=1):
    dictionary: bytes = wire(Octets(8))
    booted: int = wire(Time())
    load: int = wire(Int8ub, unit="%", limits=Limits(warning=(0, 80)))
    ratio: float = wire(Float32b)
    last_request: int = wire(Int16ub)


class Done(Event, id=5, severity="medium"):
    """{what} was done."""

    what: str = wire()
    mark: bytes = wire(Octets(2))


class Imaging:
    @command(opcode=0x33, constraint="NodeStatus.load < 90 and NodeStatus.last_request >= 0")
    def compress(self) -> None:
        """Make room."""


OURS = Dictionary.of("coastwatch", APID, MANAGED.to_dict(), [NodeStatus, Done, Imaging])
LOAD, RATIO = 0x102, 0x103


class Desk:
    """Telemetry that hears the packets of one node; `now` is the ground's time, which is behind the node's."""

    def __init__(self):
        self.log, self.book = Logbook(Keeper(Archive()), Duties()), CommandBook((), 60 * SECOND, Moment(0, UTC_NS))
        self.telemetry = TelemetryReader(OURS, self.log.keeper.archive, self.book, self.log)
        self.source = TmSource(APID)

    def hear(self, report, now_ns=0, time_ns=0):
        taken = self.telemetry.accept(self.source.packet(report, UTC_NS + time_ns), self.at(now_ns))
        self.log.flush()
        return taken

    def at(self, now_ns):
        return Moment(now_ns, UTC_NS + now_ns + 77)

    def news(self, kind=object):
        return [record for record in self.log.drain_news() if isinstance(record, kind)]


def beacon(load=10, last_request=0xFFFF, dictionary=OURS, ratio=0.5):
    version = bytes.fromhex(dictionary.version)
    values = {"booted": UTC_NS, "load": load, "ratio": ratio, "last_request": last_request}
    return housekeeping.report_of(NodeStatus(dictionary=version, **values))


@pytest.fixture
def desk():
    one = Desk()
    one.hear(beacon())
    one.news()
    return one


def test_a_sample_has_its_times_units_and_limits(desk):
    desk.hear(beacon(load=90, last_request=3, ratio=float("nan")), now_ns=5, time_ns=9 * SECOND)
    crossed, sample = desk.news()
    assert sample == SampleRecord(
        report="NodeStatus", time_ns=UTC_NS + 9 * SECOND, received_ns=UTC_NS + 5 + 77,
        values={"dictionary": OURS.version, "booted": UTC_NS, "load": 90, "ratio": None, "last_request": 3},
        units={"load": "%", "booted": "utc_ns"}, out_of_limits={"load": "warning"},
    )  # fmt: skip
    assert desk.telemetry.latest == {"NodeStatus": sample}
    assert desk.telemetry.last_request == 3
    assert (crossed.origin, crossed.severity, crossed.name, crossed.time_ns) == (
        "ground", "low", "LimitCrossed", UTC_NS + 5 + 77,
    )  # fmt: skip
    assert crossed.message == "NodeStatus.load = 90 % is out of limits (warning: 0..80)."


def test_an_event_has_its_times_and_values(desk):
    desk.hear(events.event_report(Done(what="it", mark=b"\xca\xfe")), now_ns=5, time_ns=9 * SECOND)
    assert desk.news() == [
        EventRecord(
            origin="node", severity="medium", name="Done", message="it was done.", time_ns=UTC_NS + 9 * SECOND,
            received_ns=UTC_NS + 5 + 77, count=1, values={"what": "it", "mark": "cafe"},
        )
    ]  # fmt: skip


def test_what_a_service_answers_has_its_times(desk):
    desk.hear(Pong(), now_ns=5, time_ns=9 * SECOND)
    assert desk.news() == [
        EventRecord(
            origin="node", severity="info", name="Pong",
            message="The node is alive: the answer to Ping.", time_ns=UTC_NS + 9 * SECOND,
            received_ns=UTC_NS + 5 + 77, count=1,
        )
    ]  # fmt: skip


@pytest.mark.parametrize(("passed_ns", "is_shown"), [(10 * SECOND - 1, False), (10 * SECOND, True)])
@pytest.mark.parametrize("time_ns", [0, -SECOND])
def test_an_older_sample_is_the_present_only_once_the_latest_is_stale(desk, time_ns, passed_ns, is_shown):
    desk.hear(beacon(load=20), now_ns=passed_ns, time_ns=time_ns)
    assert (desk.telemetry.latest["NodeStatus"].values["load"] == 20) == is_shown
    assert len(desk.news(SampleRecord)) == is_shown
    desk.hear(beacon(load=30), now_ns=passed_ns, time_ns=SECOND)
    assert desk.telemetry.latest["NodeStatus"].values["load"] == 30


def test_who_a_packet_tells_of(desk):
    assert desk.hear(CompletionSuccess(request=REQUEST.word)) == REQUEST
    assert desk.hear(CompletionFailure(request=OTHER.word, code=FailureCode.NOT_NOW, reason="")) == OTHER
    assert desk.hear(Pong()) is None
    assert desk.telemetry.accept(b"no packet", desk.at(0)) is None


def test_what_is_no_report_is_kept_with_why(desk):
    packet = desk.source.packet(Pong(), UTC_NS)
    spoilt = packet[:-1] + bytes([packet[-1] ^ 1])
    desk.telemetry.accept(spoilt, desk.at(5))
    desk.log.flush()
    (stray,) = desk.log.keeper.archive.strays()
    assert (stray.octets, stray.received_ns) == (spoilt, UTC_NS + 5 + 77)
    assert stray.reason.startswith("not a report: checksum ")


def test_a_time_report_says_how_the_node_s_clock_stands_to_ours(desk):
    desk.telemetry.accept_time(encode_time_packet(TimeReport(rate=3, time=UTC_NS - 2 * SECOND), 0), desk.at(0))
    spoilt = encode_time_packet(TimeReport(rate=3, time=UTC_NS), 1)[:-1]
    desk.telemetry.accept_time(spoilt, desk.at(0))
    desk.log.flush()
    first, second = desk.news()
    assert first.name == "TimeReport"
    assert first.message.endswith("by the node's clock, -2.000 s from ours when this report came.")
    assert first.message.startswith("A frame left at 20")
    assert second.name == "StrayPacket"
    assert desk.log.strays == {"not a time report": 1}
    assert [one.octets for one in desk.log.keeper.archive.strays()] == [spoilt]


def test_what_does_not_fit_the_dictionary_is_told_with_why(desk):
    desk.hear(HousekeepingReport(structure=9, values=b"?"), now_ns=5)
    assert [(one.name, one.message, one.time_ns) for one in desk.news()] == [
        ("StrayPacket", "not as in the dictionary: report 9 is not in the dictionary; further ones are only counted.",
         UTC_NS + 5 + 77),
    ]  # fmt: skip
    assert desk.log.strays == {"not as in the dictionary": 1}


@pytest.mark.parametrize(("early", "decoded", "lost"), [(2, 2, 0), (3, 2, 1), (5, 2, 3)])
def test_what_comes_before_the_beacon_waits_in_bounded_memory(monkeypatch, early, decoded, lost):
    monkeypatch.setattr(module, "_UNDECODED_MAX", 2)
    desk = Desk()
    for number in range(early):
        desk.hear(events.event_report(Done(what=f"{number}", mark=bytes(2))), now_ns=number)
    assert (desk.telemetry.flown, desk.telemetry.undecoded) == (None, lost)
    assert desk.news() == []
    desk.hear(beacon(), now_ns=50)
    told = desk.news(EventRecord)
    assert [one.values["what"] for one in told] == [str(number) for number in range(early - decoded, early)]
    assert [one.received_ns for one in told] == [UTC_NS + number + 77 for number in range(early - decoded, early)]
    assert desk.telemetry.undecoded == lost


def test_what_is_given_up_with_the_link_is_counted_together():
    desk = Desk()
    for number in (1, 2):
        for _ in range(number):
            desk.hear(Pong())
        desk.telemetry.forget_node()
        assert desk.telemetry.flown is None
    assert desk.telemetry.undecoded == 3
    desk.hear(beacon())
    assert desk.news(EventRecord) == []


def test_a_dictionary_that_comes_back_is_ours_again(desk):
    for dictionary, mismatch in ((DICTIONARY, True), (OURS, False), (DICTIONARY, True)):
        desk.hear(beacon(dictionary=dictionary))
        assert desk.telemetry.flown == dictionary.version
        assert bool(desk.telemetry.mismatch) == mismatch
    assert [one.name for one in desk.news(EventRecord)] == ["DictionaryMismatch"] * 2
    desk.telemetry.forget_node()
    assert (desk.telemetry.flown, desk.telemetry.mismatch) == (None, "")


def test_what_a_command_asks_for_is_held_against_what_was_told_last():
    desk = Desk()
    constraint = OURS.commands[0].constraint
    with pytest.raises(ValueError, match=r"last reported: NodeStatus.load = nothing yet, .*request = nothing yet$"):
        desk.telemetry.check("imaging.compress", constraint)
    desk.hear(beacon(load=89))
    desk.telemetry.check("imaging.compress", constraint)
    desk.hear(beacon(load=90), time_ns=SECOND)
    why = "imaging.compress is sent only while NodeStatus.load < 90 .*; last reported: NodeStatus.load = 90, .*= 65535$"
    with pytest.raises(ValueError, match=why):
        desk.telemetry.check("imaging.compress", constraint)


def create(structure, *parameters):
    return CreateStructure(structure=structure, interval=5, parameters=list(parameters), groups=[])


def append(structure, *parameters):
    return AppendParameters(structure=structure, parameters=list(parameters), groups=[])


def done(request):
    return CompletionSuccess(request=request.word)


def structure_sample(desk, octets, number=200):
    desk.hear(HousekeepingReport(structure=number, values=octets), now_ns=5, time_ns=9 * SECOND)
    return [one.values for one in desk.news(SampleRecord)]


def test_a_structure_that_was_created_is_read(desk):
    desk.telemetry.expect(REQUEST, create(200, LOAD))
    assert structure_sample(desk, b"\x07") == []  # not done yet
    desk.hear(done(REQUEST))
    assert structure_sample(desk, b"\x07") == [{"NodeStatus.load": 7}]
    assert desk.telemetry.latest["Structure200"].units == {"NodeStatus.load": "%"}
    assert desk.log.strays == {"not as in the dictionary": 1}


def test_what_is_appended_is_read_behind_what_was_there(desk):
    desk.telemetry.expect(REQUEST, create(200, LOAD))
    desk.telemetry.expect(OTHER, append(200, RATIO))
    desk.hear(done(REQUEST))
    desk.hear(done(OTHER))
    assert structure_sample(desk, b"\x07\x3f\x00\x00\x00") == [{"NodeStatus.load": 7, "NodeStatus.ratio": 0.5}]


def test_what_is_appended_to_an_unknown_structure_is_all_of_it(desk):
    desk.telemetry.expect(OTHER, append(200, RATIO))
    desk.hear(done(OTHER))
    assert structure_sample(desk, b"\x3f\x00\x00\x00") == [{"NodeStatus.ratio": 0.5}]


def test_a_creation_is_done_once(desk):
    desk.telemetry.expect(REQUEST, append(200, LOAD))
    for _ in range(2):
        desk.hear(done(REQUEST))
    assert structure_sample(desk, b"\x07") == [{"NodeStatus.load": 7}]


@pytest.mark.parametrize("failure", [AcceptanceFailure, CompletionFailure])
def test_what_failed_is_not_believed(desk, failure):
    desk.telemetry.expect(REQUEST, create(200, LOAD))
    desk.hear(failure(request=REQUEST.word, code=FailureCode.NOT_NOW, reason="no"))
    desk.hear(done(REQUEST))
    assert structure_sample(desk, b"\x07") == []


def test_a_declared_structure_stays_what_it_is(desk):
    desk.telemetry.expect(REQUEST, create(1, LOAD))
    desk.hear(done(REQUEST))
    desk.hear(beacon(load=33), now_ns=5, time_ns=9 * SECOND)
    assert [one.values["load"] for one in desk.news(SampleRecord)] == [33]


def test_a_structure_of_what_we_do_not_know_is_not_read(desk):
    desk.telemetry.expect(REQUEST, create(200, LOAD, 0x777))
    desk.hear(done(REQUEST))
    assert structure_sample(desk, b"\x07") == []


def test_what_the_node_says_of_a_structure_is_learned_and_reported(desk):
    desk.hear(StructureReport(structure=200, enabled=True, interval=5, parameters=[LOAD], groups=[]))
    (told,) = desk.news(EventRecord)
    assert told.name == "StructureReport"
    assert "NodeStatus.load" in told.message
    assert structure_sample(desk, b"\x07") == [{"NodeStatus.load": 7}]


def test_an_event_of_that_number_is_no_sample(desk):
    desk.hear(StructureReport(structure=5, enabled=True, interval=5, parameters=[LOAD], groups=[]))
    desk.news()
    desk.hear(events.event_report(Done(what="it", mark=bytes(2))))
    assert [one.name for one in desk.news()] == ["Done"]


def test_failures_are_told_of_requests_that_nobody_here_sent(desk):
    desk.book.enter(REQUEST, "test.ping", {}, desk.at(0))
    for request in (REQUEST, OTHER):
        desk.hear(CompletionFailure(request=request.word, code=FailureCode.NOT_NOW, reason="no"))
    told = [one for one in desk.news(EventRecord) if one.origin == "node"]
    assert [one.name for one in told] == ["CompletionFailure"]
    assert str(OTHER) in told[0].message


def test_successes_are_no_events(desk):
    desk.hear(done(REQUEST))
    assert desk.news(EventRecord) == []


def test_packets_of_a_killed_service_and_of_a_lost_node_are_of_no_dictionary():
    desk = Desk()
    desk.hear(Pong())
    desk.telemetry.forget_node()
    desk.hear(Pong())
    desk.telemetry.forget_node()
    desk.hear(beacon())
    desk.hear(Pong())
    archive = desk.log.keeper.archive
    assert [row.dictionary for row in archive.packets((APID, 17, 2, 0))] == ["unknown", "unknown", OURS.version]
