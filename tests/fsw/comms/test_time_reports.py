"""Time reports go down about the frames that they name, with the time at which these left."""

import re

import pytest

from fsw.comms.time_reports import TimeReports
from fsw.pus.time import TimeReporter
from hal.correlated_clock import CorrelatedClock
from hal.sim.clock import EPOCH_UTC_NS, VirtualClock
from link.channels.tm_sender import TmSender
from link.pus.services import scheduling
from link.pus.services.functions import PerformFunction
from link.pus.services.test import Ping, Pong
from link.pus.services.time import SetTimeReportRate, TimeReport
from link.pus.source import FreshNumbers, TcSource
from link.pus.time_packet import decode_time_packet
from tests.fsw.comms.test_services import ask
from tests.fsw.test_node import MISSION, SECOND, World

MS = 1_000_000


class KeptTransfer(TmSender):
    """Keeps what is offered."""

    def __init__(self):
        super().__init__(MISSION.managed)
        self.offered = []

    def offer(self, channel, packet):
        self.offered.append((channel, packet))
        return True


@pytest.mark.parametrize(("channel", "numbers"), [("housekeeping", [4, 8]), ("files", [])])
def test_the_frames_whose_turn_it_is(channel, numbers):
    sender, clock = KeptTransfer(), CorrelatedClock(VirtualClock())
    reports = TimeReports(TimeReporter(2), clock, sender, "housekeeping", FreshNumbers())
    frames = TmSender(MISSION.managed)
    for number in range(1, 10):
        TmSender.offer(frames, channel, bytes.fromhex("0041c000000000"))
        frame = frames.next_frame()
        assert frame[3] == number - 1
        reports.accept(frame, number * SECOND)
    found = [decode_time_packet(packet) for _, packet in sender.offered]
    times = [EPOCH_UTC_NS + (number + 1) * SECOND for number in [0, *numbers]] if numbers else []
    assert found == [TimeReport(rate=2, time=time) for time in times]
    assert {name for name, _ in sender.offered} <= {"housekeeping"}


@pytest.mark.requirement("FSW-PUS-008")
def test_a_node_reports_its_time_at_the_rate_that_was_set(tmp_path):
    world = World(tmp_path)
    world.run(20)
    assert world.station.times == []
    ask(world, SetTimeReportRate(rate=3), 1)
    world.run(60)
    received = world.station.times
    frames = world.node.telecom.downlink.sender.frames
    assert 3 <= len(received) <= frames / 8
    for message in received:
        (ahead_s,) = re.findall(r"([-+][0-9.]+) s from ours", message)
        assert -2 < float(ahead_s) < 0  # it comes in a frame after the one that it is about
    assert world.node.services.time.rate == 3
    world.boot()
    assert world.node.services.time.rate == 3


def test_a_node_that_woke_in_1970_stamps_and_schedules_by_the_utc_that_it_was_told(tmp_path):
    world = World(tmp_path, utc_ns=0)
    world.run(3)
    assert world.station.packets[-1].time_ns < 10 * SECOND
    assert world.station.named("TimeStatus")[-1]["source"] == "host"
    octets = world.station.dictionary.encode_command("timekeeping.set_utc", {"utc": EPOCH_UTC_NS, "error_us": 1000})
    ask(world, PerformFunction(function=octets[0], arguments=octets[1]), 12)
    assert any(event.name == "ClockCorrelated" for event in world.station.events)
    (status,) = world.station.named("TimeStatus")[-1:]
    assert status["source"] == "ground"
    assert 0 < status["utc"] - EPOCH_UTC_NS < 15 * SECOND
    after = world.station.packets[-1].time_ns
    assert EPOCH_UTC_NS < after < EPOCH_UTC_NS + 15 * SECOND
    assert world.clock.utc_ns() < 20 * SECOND  # the host's clock is as it was
    ask(world, scheduling.EnableSchedule())
    ping = TcSource(world.station.dictionary.apid, source=7, count=99).packet(Ping()).encode()
    at_ns = EPOCH_UTC_NS + 60 * SECOND
    ask(world, scheduling.insert_of(1, [(at_ns, ping)]))
    assert not any(isinstance(one, Pong) for one in world.station.reports)
    assert world.run(60, lambda: any(isinstance(one, Pong) for one in world.station.reports))
    world.boot()
    world.run(3)
    kept = world.station.packets[-1].time_ns
    assert EPOCH_UTC_NS < after < kept < EPOCH_UTC_NS + 90 * SECOND
    assert world.node.services.clock.utc_ns() > kept
