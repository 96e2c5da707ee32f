"""The simulated pulse: each edge once, in order, as long as it is on."""

from hypothesis import given
from hypothesis import strategies as st

from hal.pulse import NoPulse
from hal.sim.clock import VirtualClock
from hal.sim.pulse import SimPulse

S = 1_000_000_000


@given(st.lists(st.integers(0, 5 * S), max_size=8), st.integers(0, 2 * S))
def test_each_edge_is_given_once_in_order(steps, offset):
    clock = VirtualClock()
    noise = [S // 3, 3 * S + 5]
    pulse = SimPulse(clock, offset_ns=offset, noise=noise)
    found = pulse.drain()
    for step in steps:
        clock.advance(step)
        found += pulse.drain()
        assert pulse.drain() == []
    now = clock.monotonic_ns()
    seconds = [offset % S + number * S for number in range(now // S + 2)]
    assert found == sorted(ns for ns in noise + seconds if ns <= now)


def test_a_pulse_that_is_off_does_not_come_later():
    clock = VirtualClock()
    pulse = SimPulse(clock, is_on=False)
    clock.advance(5 * S)
    assert pulse.drain() == []
    pulse.is_on = True
    clock.advance(S)
    assert pulse.drain() == [6 * S]
    assert NoPulse().drain() == []
