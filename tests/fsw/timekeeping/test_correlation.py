"""Correlations give UTC, its drift, and a bound of the error that holds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsw.timekeeping.correlation import Correlated, Observation, TimeSource, correlated
from hal.sim.clock import EPOCH_UTC_NS

S, PPB = 1_000_000_000, 1_000_000_000
GROUND = TimeSource.GROUND


def seen(monotonic_ns, utc_ns, error_ns=0, source=GROUND):
    return Observation(monotonic_ns, utc_ns, error_ns, source)


def test_the_first_says_nothing_of_the_drift():
    first = correlated(None, seen(5, EPOCH_UTC_NS, 7))
    assert first == Correlated(5, EPOCH_UTC_NS, 7, int(GROUND))
    assert first.utc_at(5 + S) == EPOCH_UTC_NS + S
    assert first.error_at(5 + S) == first.error_at(5 - S) == 7 + 100_000


@given(st.integers(-500_000, 500_000), st.integers(60, 10**6))
@pytest.mark.requirement("FSW-TIM-001")
def test_two_give_the_drift(drift_ppb, elapsed_s):
    first = correlated(None, seen(0, EPOCH_UTC_NS))
    elapsed_ns = elapsed_s * S
    second = correlated(first, seen(elapsed_ns, EPOCH_UTC_NS + elapsed_ns + elapsed_ns * drift_ppb // PPB))
    assert second.is_drift_known
    assert abs(second.drift_ppb - drift_ppb) <= 1
    later_ns = elapsed_ns + 100 * S
    truth_ns = EPOCH_UTC_NS + later_ns + later_ns * drift_ppb // PPB
    assert abs(second.utc_at(later_ns) - truth_ns) <= second.error_at(later_ns) <= 100 * 5000


@pytest.mark.requirement("FSW-TIM-001")
def test_a_known_drift_is_smoothed():
    known = Correlated(0, EPOCH_UTC_NS, 0, int(GROUND), 1000, is_drift_known=True)
    again = correlated(known, seen(100 * S, EPOCH_UTC_NS + 100 * S + 100 * 2000))
    assert again.drift_ppb == 1250


@pytest.mark.parametrize(
    ("before", "elapsed_s", "jump_ns", "error_ns"),
    [
        (GROUND, 59, 59 * 1000, 0),  # too soon
        (GROUND, 100, 100 * 1000, 500_001),  # too uncertain
        (GROUND, 100, S, 0),  # a step
        (GROUND, 100, -S, 0),
        (TimeSource.KEPT, 100, 100 * 1000, 0),  # a restart lies between
    ],
)
def test_what_does_not_tell_the_drift_leaves_it(before, elapsed_s, jump_ns, error_ns):
    known = Correlated(0, EPOCH_UTC_NS, 0, int(before), 777, is_drift_known=True)
    again = correlated(known, seen(elapsed_s * S, EPOCH_UTC_NS + elapsed_s * S + jump_ns, error_ns))
    assert (again.drift_ppb, again.is_drift_known) == (777, True)
    assert again.utc_at(elapsed_s * S) == EPOCH_UTC_NS + elapsed_s * S + jump_ns
    assert correlated(without_drift(known), seen(S, EPOCH_UTC_NS)).is_drift_known is False


def without_drift(known):
    """The same, of which no drift is known."""
    return Correlated(known.monotonic_ns, known.utc_ns, known.error_ns, known.source)


@given(
    st.integers(-100_000, 100_000),
    st.lists(st.tuples(st.integers(1, 10**5), st.integers(-(10**6), 10**6)), min_size=1, max_size=10),
    st.integers(0, 10**5),
)
@pytest.mark.requirement("FSW-TIM-002")
def test_the_bound_of_the_error_holds_whatever_came(drift_ppb, steps, later_s):
    """The oscillator keeps its drift; each correlation is off by up to its error."""

    def truth(monotonic_ns):
        return EPOCH_UTC_NS + monotonic_ns + monotonic_ns * drift_ppb // PPB

    now, known = 0, None
    for elapsed_s, off_ns in steps:
        now += elapsed_s * S
        known = correlated(known, seen(now, truth(now) + off_ns, abs(off_ns)))
    for monotonic_ns in (now, now + later_s * S):
        assert abs(known.utc_at(monotonic_ns) - truth(monotonic_ns)) <= known.error_at(monotonic_ns) + 10
