"""Everything published goes down at once; what is reported only once is sent again, octet for octet."""

from collections import Counter

import pytest

from fsw.comms.reporter import Reporter
from fsw.comms.services import Services
from fsw.comms.shares import ClassTurns
from fsw.executive.bus import Bus
from fsw.executive.executive import Executive, TickMissed
from fsw.pus.forwarding import Forwarded
from hal.sim.clock import VirtualClock
from link.dictionary import Dictionary, Telemetry, wire
from link.pus.packets import TmPacket
from link.pus.services.test import Pong
from link.pus.source import TmSource
from tests.fsw.memories import records

SECOND = 1_000_000_000
EVENT = TickMissed(app="a", culprit="b", tick=1, missed=1)


class Level(Telemetry, id=9):
    value: int = wire()


DICTIONARY = Dictionary.of("n", 65, {}, [Level, TickMissed])


class Channel:
    """Keeps what is offered, with the second; has room for `free` packets more."""

    def __init__(self, clock):
        self.clock, self.offered, self.free, self.dropped = clock, [], 10_000, {}

    def room(self, channel):
        return self.free

    def octets(self, channel):
        return 0

    def offer(self, channel, packet):
        self.free -= 1
        self.offered.append((self.clock.monotonic_ns() // SECOND, channel, packet))
        return True


@pytest.fixture
def desk():
    return made(DICTIONARY)


def made(dictionary):
    """A reporter; `recorded` has what it gave to be kept, batch by batch."""
    clock, bus, recorded = VirtualClock(), Bus(), []
    reporter = Reporter(
        bus=bus,
        services=Services(dictionary, clock, bus, records()),
        clock=clock,
        source=TmSource(65),
        sender=Channel(clock),
        channel="housekeeping",
        executive=Executive(clock, bus),
        ahead_octets=1000,
        turns=ClassTurns({"answers": 800, "state": 480, "events": 240, "repeats": 80}),
        record=recorded.append,
    )
    reporter.recorded = recorded
    return reporter


def run(reporter, seconds):
    for _ in range(seconds):
        list(reporter.step(reporter.clock.monotonic_ns()))
        reporter.send()
        reporter.clock.advance(SECOND)


def test_packets_are_numbered_and_stamped_in_order(desk):
    for record in (Level(value=1), EVENT, Pong()):
        desk.bus.publish(record)
    desk.send()
    packets = [TmPacket.decode(packet) for _, _, packet in desk.sender.offered]
    assert [(packet.service, packet.subtype, packet.count) for packet in packets] == [(17, 2, 0), (3, 25, 1), (5, 2, 2)]
    assert {packet.time_ns for packet in packets} == {desk.clock.utc_ns()}


@pytest.mark.requirement("FSW-LNK-010")
def test_events_and_verification_are_repeated_and_telemetry_is_not(desk):
    for record in (Level(value=1), EVENT, Pong()):
        desk.bus.publish(record)
    run(desk, 60)
    times = Counter(packet for _, _, packet in desk.sender.offered)
    assert sorted(times.values()) == [1, 4, 4]
    assert sorted({second for second, _, _ in desk.sender.offered}) == [0, 4, 12, 36]


def test_fewer_repeats_take_less_of_the_link(desk):
    desk.repeats = 1
    desk.bus.publish(EVENT)
    run(desk, 60)
    assert [second for second, _, _ in desk.sender.offered] == [0, 4]


def test_all_that_is_made_is_recorded_once_a_call_also_what_is_withheld(desk):
    desk.services.forwarding.restore(Forwarded(()))
    for record in (Level(value=1), EVENT, Pong()):
        desk.bus.publish(record)
    desk.send()
    desk.send()
    assert desk.sender.offered == []
    ((level, event, pong),) = desk.recorded
    assert [TmPacket.decode(packet).service for packet, _ in (level, event, pong)] == [17, 3, 5]
    assert {utc_ns for _, utc_ns in desk.recorded[0]} == {desk.clock.utc_ns()}


def test_a_recorder_that_fails_costs_nothing_that_goes_down(desk):
    def fail(packets):
        raise ZeroDivisionError

    assert desk.unrecorded == 0
    desk.record = fail
    for number in range(10):
        desk.bus.publish(Level(value=number))
        desk.send()
    levels = [packet for _, _, packet in desk.sender.offered if TmPacket.decode(packet).service == 3]
    assert len(levels) == 10
    assert desk.unrecorded > 10  # the events of its failure too
    desk.record = desk.recorded.append
    desk.clock.advance(20 * SECOND)
    desk.bus.publish(Level(value=1))
    desk.send()
    assert len(desk.recorded[0]) == 1


def kinds(desk, since=0):
    """Service types of the packets that were offered."""
    return [TmPacket.decode(packet).service for _, _, packet in desk.sender.offered[since:]]


@pytest.mark.requirement("FSW-LNK-011")
def test_what_is_not_remembered_is_counted(desk):
    for _ in range(6):
        for _ in range(100):
            desk.bus.publish(EVENT)
        desk.send()
    assert desk.forgotten == 600 - 512
    run(desk, 5)
    assert len(desk.sender.offered) == 600 + 512


@pytest.mark.requirement("FSW-LNK-009")
def test_answers_and_samples_go_before_events_and_repeats_go_last(desk):
    desk.bus.publish(EVENT)
    run(desk, 4)
    desk.sender.free, since = 3, len(desk.sender.offered)
    for record in (EVENT, Level(value=1), EVENT, Pong(), Level(value=2), EVENT):
        desk.bus.publish(record)
    run(desk, 1)
    assert kinds(desk, since) == [17, 3, 3]
    desk.sender.free = 2
    run(desk, 1)
    assert kinds(desk, since) == [17, 3, 3, 5, 5]
    desk.sender.free = 2
    run(desk, 1)
    assert kinds(desk, since) == [17, 3, 3, 5, 5, 5, 5]
    assert desk.sender.offered[-1][2] == desk.sender.offered[0][2]
    assert [TmPacket.decode(packet).count for _, _, packet in desk.sender.offered[:-1]] == [0, 1, 2, 3, 4, 5, 6]


class Flood(Telemetry, id=10):
    value: int = wire()


def test_one_that_tells_too_much_drops_only_its_own():
    desk = made(Dictionary.of("n", 65, {}, [Level, Flood, TickMissed]))
    desk.repeats = 0
    for second in range(20):
        desk.sender.free = 4
        for value in range(50):
            desk.bus.publish(Flood(value=value))
        desk.bus.publish(Level(value=second))
        desk.bus.publish(Pong())
        run(desk, 1)
        assert kinds(desk).count(17) == second + 1
    desk.sender.free = 99
    run(desk, 1)
    packets = [TmPacket.decode(packet) for _, _, packet in desk.sender.offered]
    levels = [packet for packet in packets if packet.service == 3 and packet.data[:2] == b"\0\x09"]
    assert [packet.data[-1] for packet in levels] == list(range(20))
    assert len(packets) + desk.dropped == 20 * 52


@pytest.mark.requirement("FSW-LNK-014")
def test_a_flood_of_samples_stops_neither_events_nor_repetitions(desk):
    desk.bus.publish(EVENT)
    run(desk, 1)
    for value in range(300):
        desk.sender.free = 2
        for _ in range(4):
            desk.bus.publish(Level(value=value % 100))
        desk.bus.publish(EVENT)
        run(desk, 1)
    counted = Counter(TmPacket.decode(packet).count for _, _, packet in desk.sender.offered)
    assert max(counted.values()) == 4  # some events went down as often as was asked for
    sizes = desk.turns.octets
    parts = {name: sizes[name] / sizes.total() for name in sizes}
    assert parts == {
        name: pytest.approx(part, abs=0.02) for name, part in (("state", 0.6), ("events", 0.3), ("repeats", 0.1))
    }
    assert desk.turns.kept_back["state"] > 100
    assert (desk.waiting("state"), desk.waiting("events")) == (16, 64)
    assert desk.dropped_of("state") + desk.dropped_of("events") == desk.dropped
    assert (desk.waiting("repeats") > 0, desk.dropped_of("repeats")) == (True, 0)


def test_answers_in_an_outage_are_all_remembered_and_then_counted(desk):
    for _ in range(500):
        for _ in range(5):
            desk.bus.publish(Pong())
        desk.send()
    assert desk.forgotten == 2500 - 2048
    assert desk.answers_room == 512
    for _ in range(3):
        desk.bus.publish(Pong())
    assert desk.answers_room == 509  # though nobody has looked at them yet
    desk.send()
    desk.sender.free = 0
    for _ in range(200):
        desk.bus.publish(Pong())
    desk.send()
    assert desk.answers_room == 312


@pytest.mark.requirement("FSW-LNK-011")
def test_whatever_finds_no_room_is_counted(desk):
    desk.sender.free, desk.sender.dropped = 0, {"housekeeping": 5}
    for _ in range(100):
        desk.bus.publish(EVENT)
        desk.bus.publish(Level(value=1))
    desk.send()
    assert desk.dropped == 5 + 100 - 64 + 100 - 16


def test_of_samples_that_find_no_room_the_newest_are_kept(desk):
    desk.sender.free = 0
    for value in range(50):
        desk.bus.publish(Level(value=value))
    desk.send()
    desk.sender.free = 99
    desk.send()
    values = [TmPacket.decode(packet).data[-1] for _, _, packet in desk.sender.offered]
    assert values == list(range(50 - 16, 50))


@pytest.mark.requirement("FSW-LNK-009")
def test_an_answer_overtakes_events_that_wait(desk):
    desk.sender.free = 0
    for record in (EVENT, Pong()):
        desk.bus.publish(record)
        desk.send()
    desk.sender.free = 9
    desk.send()
    assert kinds(desk) == [17, 5]


def test_no_more_waits_in_the_sender_than_so_many_octets(desk):
    waiting = 0
    desk.sender.octets = lambda channel: waiting
    for waiting, sent in ((999, 1), (1000, 1), (999, 2)):
        desk.bus.publish(EVENT)
        desk.send()
        desk.sender.free = 0 if waiting == 1000 else 1
        assert len(desk.sender.offered) == sent
        desk.sender.free = 1


def test_what_is_not_to_be_repeated_is_not_remembered(desk):
    desk.repeats = 0
    for _ in range(6):
        for _ in range(100):
            desk.bus.publish(EVENT)
        desk.send()
    assert desk.forgotten == 0


def test_what_was_repeated_often_enough_is_not_taken_up_when_more_is_asked_for(desk):
    desk.bus.publish(EVENT)
    run(desk, 6)
    desk.repeats = 1
    run(desk, 2)
    desk.repeats = 3
    run(desk, 60)
    assert [second for second, _, _ in desk.sender.offered] == [0, 4]
