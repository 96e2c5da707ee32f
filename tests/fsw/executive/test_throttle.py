"""A share of the link: never more than the burst and the rate allow, never less, and reported once an episode."""

from hypothesis import given
from hypothesis import strategies as st

from fsw.executive.throttle import Gate, Throttle

SECOND = 1_000_000_000
pauses = st.lists(st.integers(0, 2 * SECOND), min_size=1, max_size=60)


@given(pauses, st.integers(1, 5), st.sampled_from((0.5, 1, 4)))
def test_a_share_is_kept(pauses, burst, per_second):
    throttle, now_ns, passed = Throttle(burst, per_second), 0, []
    for pause_ns in pauses:
        now_ns += pause_ns
        if throttle.admit("a", now_ns) is Gate.OPEN:
            passed.append(now_ns)
    assert throttle.refused == len(pauses) - len(passed)
    for first, start_ns in enumerate(passed):
        for last, end_ns in enumerate(passed[first:], first):
            assert last - first + 1 <= burst + (end_ns - start_ns) / SECOND * per_second + 1e-6


@given(pauses)
def test_who_stays_within_the_share_always_passes(pauses):
    throttle, now_ns = Throttle(1, 4), 0
    for pause_ns in pauses:
        now_ns += max(pause_ns, SECOND // 4)
        assert throttle.admit("a", now_ns) is Gate.OPEN


def test_an_episode_closes_once_and_calm_opens_it_again():
    throttle = Throttle(2, 1)
    assert [throttle.admit("a", 0) for _ in range(4)] == [Gate.OPEN, Gate.OPEN, Gate.CLOSING, Gate.CLOSED]
    assert throttle.admit("b", 0) is Gate.OPEN
    assert [throttle.admit("a", SECOND) for _ in range(2)] == [Gate.OPEN, Gate.CLOSED]
    assert [throttle.admit("a", 4 * SECOND) for _ in range(3)] == [Gate.OPEN, Gate.OPEN, Gate.CLOSING]
    assert throttle.refused == 4
