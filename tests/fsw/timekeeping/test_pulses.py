"""Of the edges of a pulse input, those are pulses that keep the rhythm of seconds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsw.timekeeping.pulses import PulseFilter

S = 1_000_000_000


def seconds(count, start=0, second=S):
    return [start + number * second for number in range(count)]


def test_a_rhythm_is_trusted_after_a_while():
    pulses = PulseFilter()
    assert not pulses.is_locked
    assert list(pulses.accept(seconds(6, 5))) == seconds(3, 5 + 3 * S)
    assert (pulses.is_locked, pulses.pulses, pulses.glitches) == (True, 3, 0)


@given(st.lists(st.integers(1_100_000, S - 1_100_000), max_size=20), st.integers(-499_000, 499_000))
@pytest.mark.requirement("FSW-TIM-007")
def test_noise_between_the_pulses_is_rejected_and_counted(noise, drift_ns):
    pulses, second = PulseFilter(), S + drift_ns
    locked = seconds(4, 0, second)
    assert list(pulses.accept(locked)) == locked[-1:]
    later = seconds(30, 4 * second, second)
    edges = sorted(later + [later[number] + ns for number, ns in enumerate(noise)])
    passed = list(pulses.accept(edges))
    assert passed == [ns for ns in passed if ns in later]
    assert pulses.glitches == len(edges) - len(passed)
    assert set(later) <= set(passed)


def test_pulses_that_do_not_come_are_missed_and_no_more():
    pulses = PulseFilter()
    list(pulses.accept(seconds(4)))
    assert list(pulses.accept([40 * S])) == [40 * S]


def test_another_rhythm_is_taken_up_once_the_old_one_is_long_gone():
    pulses = PulseFilter()
    list(pulses.accept(seconds(4)))
    new = seconds(70, 4 * S + S // 2)
    passed = list(pulses.accept(new))
    assert passed == new[-len(passed) :]
    assert passed
    assert 55 < pulses.glitches < 61


def test_a_rhythm_that_began_with_noise_is_found_all_the_same():
    pulses = PulseFilter()
    edges = [S // 3, *seconds(6, S)]
    assert list(pulses.accept(edges)) == edges[-3:]
    assert pulses.glitches == 1
