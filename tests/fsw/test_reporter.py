"""Everything published goes down at once; what is told only once is sent again, octet for octet."""

from collections import Counter

import pytest

from fsw.bus import Bus
from fsw.executive import TickMissed
from fsw.reporter import Reporter
from fsw.services import Services
from hal.sim.clock import VirtualClock
from link.dictionary import Dictionary, Telemetry, wire
from link.pus.packets import TmPacket
from link.pus.source import TmSource
from link.pus.test import Pong

SECOND = 1_000_000_000
EVENT = TickMissed(app="a", culprit="b", tick=1, missed=1)


class Level(Telemetry, id=9):
    value: int = wire()


DICTIONARY = Dictionary.of("n", 65, {}, [Level, TickMissed])


class Channel:
    """Keeps what is offered, with the second."""

    def __init__(self, clock):
        self.clock, self.offered = clock, []

    def offer(self, channel, packet):
        self.offered.append((self.clock.monotonic_ns() // SECOND, channel, packet))
        return True


@pytest.fixture
def desk():
    clock = VirtualClock()
    return Reporter(Bus(), Services(DICTIONARY, clock, Bus()), clock, TmSource(65), Channel(clock), "housekeeping")


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
    assert [(packet.service, packet.subtype, packet.count) for packet in packets] == [(3, 25, 0), (5, 2, 1), (17, 2, 2)]
    assert {packet.time_ns for packet in packets} == {desk.clock.utc_ns()}


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


def test_only_the_latest_are_remembered(desk):
    for _ in range(100):
        desk.bus.publish(EVENT)
    run(desk, 5)
    assert len(desk.sender.offered) == 100 + 64
