"""The simulated radio, unit by unit: how long units take, what befalls them, what a driver holds and forgets."""

from random import Random

import pytest

from hal.port import PortClosed
from hal.sim.clock import VirtualClock
from rig.world.power import Power, PowerCut
from rig.world.wire import BUFFER_OCTETS, Weather, Wire, WirePort

MS = 1_000_000


def wire(**options):
    return Wire(bits_per_second=10_000, random=Random(1), delay_ns=5 * MS, **options)  # an octet takes 1 ms


def test_a_unit_arrives_when_its_last_bit_has_passed():
    one = wire()
    assert one.offer(b"abc", 0) == 3
    assert one.offer(b"de", 0) == 2
    assert (one.held(0), one.held(MS), one.held(5 * MS)) == (5, 4, 0)
    assert one.next_left_ns() == 3 * MS
    assert one.arrived(7 * MS) == []
    assert one.arrived(8 * MS) == [b"abc"]
    assert one.next_event_ns() == 10 * MS
    assert one.arrived(10 * MS) == [b"de"]
    assert (one.units, one.taken_octets, one.next_event_ns()) == (2, 5, None)


def test_a_driver_takes_what_it_has_room_for():
    one = wire()
    assert one.offer(bytes(5000), 0) == BUFFER_OCTETS
    assert one.offer(b"x", 0) == 0
    assert one.offer(b"xyz", 2 * MS) == 2


def test_a_port_that_stalls_takes_some_octets_more():
    one = wire(takes=4)
    assert (one.offer(b"abc", 0), one.offer(b"def", 0), one.offer(b"g", 0)) == (3, 1, 0)
    one.takes = None
    assert one.offer(b"ef", 0) == 2


def test_what_is_forgotten_does_not_leave():
    one = wire()
    one.offer(b"abc", 0)
    one.offer(b"def", 0)
    one.forget(2 * MS)
    assert one.held(2 * MS) == 0
    assert one.arrived(1000 * MS) == [b"ab"]


def test_weather_befalls_units():
    one, count = wire(weather=Weather(loss=0.2, burst=0.2, flips=1e-3, twice=0.2, detour=0.2)), 400
    sent = [bytes([number % 256]) * 20 for number in range(count)]
    got = []
    for number, unit in enumerate(sent):
        one.offer(unit, number * 100 * MS)
        got += one.arrived(number * 100 * MS)
    got += one.arrived(1 << 60)
    assert len(got) == count - one.lost + one.doubled
    assert min(one.lost, one.doubled, one.detoured, one.marred) > 40


def test_while_it_is_cut_everything_is_lost():
    one = wire(is_cut=True)
    one.offer(b"abc", 0)
    assert (one.arrived(1 << 60), one.lost) == ([], 1)


def test_a_port_without_power_is_dead():
    power = Power()
    port = WirePort(VirtualClock(), wire(), power)
    port.unread += b"abc"
    assert (port.read(2), port.read(2), port.write(b"xyz"), port.next_wake_ns) == (b"ab", b"c", 3, None)
    port.close()
    with pytest.raises(PortClosed):
        port.read(1)
    power.cut()
    with pytest.raises(PowerCut):
        port.write(b"x")


def test_a_full_port_says_when_it_has_room():
    port = WirePort(VirtualClock(), wire(), Power())
    assert port.write(bytes(5000)) == BUFFER_OCTETS
    assert port.next_wake_ns == BUFFER_OCTETS * MS
    port.outgoing.takes = 0
    assert port.next_wake_ns is None
