"""A beacon is telemetry that the ground reads like any other; it takes numbers of the node's, and none twice."""

from pathlib import Path

import pytest

from fsw.comms.numbers import NUMBERS_OCTETS_MAX, Numbering, Reserved
from fsw.mission import load_mission
from fsw.store.records import Records
from fsw.supervisor.beacon import beacon, send
from hal.linux.lasting_port import LastingPort
from hal.medium import HOST
from hal.sim.clock import VirtualClock
from link.channels.tm_receiver import TmReceiver
from link.coding.tm import TmDecoder
from link.frames.clcw import Clcw
from link.pus.packets import TmPacket

MISSION = load_mission(Path(__file__).parents[3] / "examples" / "missions" / "coastwatch.toml")


def numbers(folder):
    return Numbering(Records(folder / "memory", HOST).open("numbers", Reserved(), NUMBERS_OCTETS_MAX))


def read(unit):
    """The packet in a unit, and the CLCW of its frame."""
    decoder, receiver = TmDecoder(MISSION.managed), TmReceiver(MISSION.managed)
    (frame,) = decoder.feed(unit) + decoder.finish()
    ((channel, octets),) = receiver.feed(frame)
    assert channel == "housekeeping"
    return TmPacket.decode(octets), Clcw.from_word(receiver.clcw)


@pytest.mark.requirement("FSW-SUP-008")
def test_it_says_what_happened_and_that_nobody_takes_commands(tmp_path):
    packet, clcw = read(beacon(MISSION, tmp_path, "SIGSEGV", 70_000, 1_000_000_000))
    assert (packet.apid, packet.service, packet.subtype) == (MISSION.node.apid, 5, 4)
    assert packet.data.startswith(bytes.fromhex("0062 ffff"))
    assert b"SIGSEGV" in packet.data
    assert clcw.lockout


def test_its_numbers_do_not_come_again_and_it_is_no_start(tmp_path):
    before = numbers(tmp_path)
    used = [before.next(f"{MISSION.node.apid}") for _ in range(3)]
    counts = [read(beacon(MISSION, tmp_path, "hang", 9, 0))[0].count for _ in range(3)]
    after = numbers(tmp_path)
    everything = [*used, *counts, after.next(f"{MISSION.node.apid}")]
    assert everything == sorted(set(everything))
    assert after.boots == before.boots + 1


class Line:
    """Takes so many octets a call."""

    def __init__(self, taken):
        self.taken, self.octets = taken, b""

    def read(self, size_max):
        return b""

    def write(self, octets):
        self.octets += octets[: self.taken]
        return min(self.taken, len(octets))

    def fileno(self):
        return 0

    def close(self):
        pass


def test_it_is_sent_in_pieces_or_given_up(tmp_path):
    clock, unit = VirtualClock(), beacon(MISSION, tmp_path, "hang", 9, 0)
    line = Line(100)
    assert send(unit, line, clock)
    assert line.octets == unit
    assert not send(unit, Line(0), clock)

    def no_line():
        raise OSError("it is away")

    away = LastingPort("away", clock, reopen=no_line)
    begin_ns = clock.monotonic_ns()
    assert not send(unit, away, clock)
    assert 5_000_000_000 <= clock.monotonic_ns() - begin_ns < 6_000_000_000
    away.close()
