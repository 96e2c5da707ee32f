"""The simulated radio, unit by unit: how long units take, what befalls them, what a driver holds and forgets."""

from collections import Counter
from random import Random

import pytest

from hal.port import PortClosed
from hal.sim.clock import VirtualClock
from rig.world.clocks import EndClock
from rig.world.power import Power, PowerCut
from rig.world.wire import BUFFER_OCTETS, BURST_OCTETS_MAX, Weather, Wire, WirePort

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
    one.offer(b"x", 2 * MS)
    assert one.arrived(8 * MS) == [b"ab", b"x"]
    assert one.arrived(1000 * MS) == []


def test_the_next_event_is_that_of_the_unit_that_leaves_or_of_the_one_that_arrives():
    one = wire()
    one.offer(b"abc", 0)
    one.offer(b"d", 3 * MS)
    assert one.arrived(3 * MS) == []
    assert one.next_event_ns() == 4 * MS
    one.offer(b"efghij", 4 * MS)
    assert one.arrived(4 * MS) == []
    assert one.next_event_ns() == 8 * MS


def test_a_unit_that_takes_a_detour_is_overtaken():
    one = wire(weather=Weather(detour=1.0))
    one.offer(b"slow", 0)
    assert one.arrived(9 * MS) == []
    one.weather = Weather()
    one.offer(b"fast", 9 * MS)
    assert one.arrived(10_000 * MS) == [b"fast", b"slow"]


def test_the_second_copy_of_a_unit_comes_later():
    one = wire(weather=Weather(twice=1.0))
    one.offer(b"abc", 0)
    assert (one.arrived(8 * MS), one.arrived(10_000 * MS)) == ([b"abc"], [b"abc"])


def passed(weather, units=50, octets=100):
    """What units of zeros are after their way."""
    one = wire(weather=weather)
    for _ in range(units):
        one.offer(bytes(octets), 0)
        yield from one.arrived(1 << 60)


def test_bits_are_flipped_as_often_as_the_weather_says():
    flipped = Counter(
        (number * 8 + bit, bit)
        for unit in passed(Weather(flips=0.01))
        for number, octet in enumerate(unit)
        for bit in range(8)
        if octet >> bit & 1
    )
    assert 320 < flipped.total() < 480  # of 40 000 bits
    assert {bit for _, bit in flipped} == set(range(8))
    assert max(flipped.values()) < 10  # none of them each time


def test_a_burst_is_in_one_place():
    units = list(passed(Weather(burst=1.0), octets=1000))
    assert {len(unit) for unit in units} == {1000}
    ends = [(len(unit) - len(unit.lstrip(b"\0")), len(unit.rstrip(b"\0"))) for unit in units]
    assert all(0 <= end - begin <= BURST_OCTETS_MAX for begin, end in ends if end)
    assert len({begin for begin, _ in ends}) > 25


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
    port = WirePort(EndClock(VirtualClock()), wire(), power)
    port.unread += b"abc"
    assert (port.read(2), port.read(2), port.write(b"xyz"), port.next_wake_ns) == (b"ab", b"c", 3, None)
    port.close()
    with pytest.raises(PortClosed):
        port.read(1)
    power.cut()
    with pytest.raises(PowerCut):
        port.write(b"x")


def test_a_full_port_says_when_it_has_room():
    port = WirePort(EndClock(VirtualClock()), wire(), Power())
    assert port.write(bytes(5000)) == BUFFER_OCTETS
    assert port.next_wake_ns == BUFFER_OCTETS * MS
    port.outgoing.takes = 0
    assert port.next_wake_ns is None
