"""A clock that is corrected: UTC by what was said of it, everything else as the host's clock does it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hal.clock import UTC_MAX_NS, Moment
from hal.correlated_clock import CorrelatedClock
from hal.sim.clock import EPOCH_UTC_NS, VirtualClock

S = 1_000_000_000


def test_until_it_is_told_it_shows_what_the_host_does():
    host = VirtualClock(utc_ns=5 * S, monotonic_ns=3)
    clock = CorrelatedClock(host)
    host.advance(7)
    assert (clock.monotonic_ns(), clock.utc_ns(), clock.host_utc_ns()) == (10, 5 * S + 7, 5 * S + 7)
    assert clock.utc_at(4) == 5 * S + 1
    clock.wait(30)
    assert host.monotonic_ns() == 30


@given(st.integers(0, 10**15), st.integers(-(10**15), 10**15), st.integers(-500_000, 500_000))
def test_it_goes_through_its_anchor_at_its_rate(anchor_ns, elapsed_ns, drift_ppb):
    clock = CorrelatedClock(VirtualClock(utc_ns=0, monotonic_ns=10**15))
    clock.correlate(Moment(anchor_ns, EPOCH_UTC_NS), drift_ppb)
    assert clock.utc_at(anchor_ns) == EPOCH_UTC_NS
    error = clock.utc_at(anchor_ns + elapsed_ns) - EPOCH_UTC_NS - elapsed_ns * (1 + drift_ppb / S)
    assert abs(error) < 1000  # the rounding of a float


@pytest.mark.requirement("FSW-TIM-004")
def test_steps_of_the_host_change_nothing_once_it_is_told_and_no_time_is_beyond_the_codes():
    host = VirtualClock(utc_ns=0)
    clock = CorrelatedClock(host)
    clock.correlate(Moment(0, EPOCH_UTC_NS), 0)
    host._utc_ahead_ns += 1000 * S
    assert clock.utc_ns() == EPOCH_UTC_NS
    clock.correlate(Moment(0, UTC_MAX_NS), 0)
    host.advance(S)
    assert clock.utc_ns() == UTC_MAX_NS
