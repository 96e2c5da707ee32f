"""Both clocks: monotonic, and `wait` ends at its time or at the first octet."""

import os
import pty
import tty

import pytest

from hal.clock import UTC_MAX_NS
from hal.linux.clock import HostClock, has_lasting_clock
from hal.linux.serial_port import SerialLine
from hal.sim.clock import VirtualClock


@pytest.mark.parametrize("clock", [HostClock(), HostClock(lead_ns=1_000_000), VirtualClock()])
def test_wait_reaches_its_time_and_never_goes_back(clock):
    start_ns = clock.monotonic_ns()
    clock.wait(start_ns + 5_000_000)
    passed_ns = clock.monotonic_ns() - start_ns
    assert passed_ns >= 5_000_000
    clock.wait(start_ns)
    assert clock.monotonic_ns() >= start_ns + passed_ns


def test_a_lead_is_time_to_wake_up_in_and_no_less_is_waited(monkeypatch):
    asked_s = []
    monkeypatch.setattr("select.select", lambda *ways: asked_s.append(ways[3]) or ([], [], []))
    clock = HostClock(lead_ns=2_000_000)
    start_ns = clock.monotonic_ns()
    clock.wait(start_ns + 1_000_000)
    assert asked_s == [0]
    assert clock.monotonic_ns() >= start_ns + 1_000_000


def test_virtual_time_stamps_follow_what_passed():
    clock = VirtualClock(utc_ns=1000)
    clock.advance(7)
    assert (clock.monotonic_ns(), clock.utc_ns()) == (7, 1007)


@pytest.mark.parametrize(("utc_ns", "told_ns"), [(-5, 0), (5, 5), (UTC_MAX_NS + 5, UTC_MAX_NS), (1 << 63, UTC_MAX_NS)])
def test_a_stamp_is_one_that_can_be_told(utc_ns, told_ns, monkeypatch):
    monkeypatch.setattr("time.time_ns", lambda: utc_ns)
    assert [HostClock().utc_ns(), VirtualClock(utc_ns=utc_ns).utc_ns()] == [told_ns, told_ns]


def test_a_readable_port_ends_the_wait():
    master, slave = pty.openpty()
    tty.setraw(slave)
    port, clock = SerialLine(os.ttyname(slave), 9600), HostClock()
    os.write(master, b"x")
    start_ns = clock.monotonic_ns()
    clock.wait(start_ns + 10_000_000_000, [port])
    assert clock.monotonic_ns() - start_ns < 5_000_000_000
    assert port.read(1) == b"x"
    port.close()
    os.close(master)
    os.close(slave)


def test_a_board_has_a_lasting_clock_or_none(tmp_path):
    assert not has_lasting_clock(tmp_path / "rtc0")
    (tmp_path / "rtc0").mkdir()
    assert has_lasting_clock(tmp_path / "rtc0")
