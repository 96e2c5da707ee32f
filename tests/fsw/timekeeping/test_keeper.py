"""UTC and mission elapsed time through restarts: what cannot be known is not claimed."""

import msgspec
import pytest

from fsw.timekeeping.correlation import Observation, TimeSource
from fsw.timekeeping.keeper import KEPT_TIME_OCTETS_MAX, KeptTime, TimeKeeper
from hal.correlated_clock import CorrelatedClock
from hal.sim.clock import EPOCH_UTC_NS, VirtualClock

S, HOUR = 1_000_000_000, 3_600_000_000_000
AHEAD = 500 * S  # of the host's clock, by which it is wrong


def keeper_on(host, kept=None, keeps_time=False, boot=""):
    clock = CorrelatedClock(host)
    return TimeKeeper(clock, kept or KeptTime(), keeps_time=keeps_time, boot=boot), clock


def before(host, boot=""):
    """A keeper that was told UTC, and what it stores an hour later."""
    keeper, clock = keeper_on(host, boot=boot)
    host.advance(10 * S)
    truth = host.utc_ns() + AHEAD
    assert keeper.accept(Observation(host.monotonic_ns(), truth, 1000, TimeSource.GROUND)) == AHEAD
    host.advance(HOUR)
    assert clock.utc_ns() == truth + HOUR
    return keeper


def test_a_new_node_shows_the_hosts_time():
    host = VirtualClock(monotonic_ns=7 * S)
    keeper, clock = keeper_on(host)
    assert (keeper.source, keeper.is_lost, keeper.error_ns(9)) == (TimeSource.HOST, False, None)
    assert clock.utc_ns() == EPOCH_UTC_NS
    host.advance(3)
    assert keeper.met_ns(host.monotonic_ns()) == 3
    assert keeper.monotonic_at(3) == host.monotonic_ns()


def test_while_the_host_runs_on_nothing_is_lost():
    host = VirtualClock()
    keeper = before(host)
    kept, met = keeper.state, keeper.met_ns(host.monotonic_ns())
    host.advance(5 * S)
    again, clock = keeper_on(host, kept)
    assert again.last == keeper.last
    assert again.met_ns(host.monotonic_ns()) == met + 5 * S
    assert clock.utc_ns() == host.utc_ns() + AHEAD


@pytest.mark.parametrize("keeps_time", [True, False])
@pytest.mark.requirement("FSW-TIM-005")
def test_a_board_that_was_off_knows_the_time_only_by_a_clock_that_ran_on(keeps_time):
    host = VirtualClock(monotonic_ns=100 * S)
    keeper = before(host)
    kept, met = keeper.state, keeper.met_ns(host.monotonic_ns())
    woken = VirtualClock(utc_ns=host.utc_ns() + 2 * HOUR, monotonic_ns=S)
    again, clock = keeper_on(woken, kept, keeps_time=keeps_time)
    if keeps_time:
        assert again.source is TimeSource.KEPT
        assert clock.utc_ns() == woken.utc_ns() + AHEAD
        assert again.met_ns(S) == met + 2 * HOUR
        assert keeper.error_ns(host.monotonic_ns()) + S < again.error_ns(S) < 3 * S
        assert not again.is_lost
    else:
        assert (again.source, again.is_lost) == (TimeSource.HOST, True)
        assert clock.utc_ns() == woken.utc_ns()
        assert again.met_ns(S) == met


@pytest.mark.parametrize("utc_ns", [0, EPOCH_UTC_NS - 1])
def test_a_clock_that_went_back_is_not_believed(utc_ns):
    host = VirtualClock(monotonic_ns=100 * S)
    keeper = before(host)
    met = keeper.met_ns(host.monotonic_ns())
    again, _ = keeper_on(VirtualClock(utc_ns=utc_ns, monotonic_ns=S), keeper.state, keeps_time=True)
    assert (again.is_lost, again.met_ns(S)) == (True, met)


@pytest.mark.parametrize("keeps_time", [True, False])
def test_a_clock_that_was_set_moves_nothing_while_the_host_runs_on(keeps_time):
    """An executive that restarts after somebody has set the host's clock knows UTC as the one before it did."""
    host = VirtualClock()
    keeper = before(host, boot="one")
    met, truth = keeper.met_ns(host.monotonic_ns()), host.utc_ns() + AHEAD
    later_ns = host.monotonic_ns() + 5 * S
    was_set = VirtualClock(utc_ns=host.utc_ns() + 3 * HOUR, monotonic_ns=later_ns)
    again, clock = keeper_on(was_set, keeper.state, keeps_time=keeps_time, boot="one")
    assert (again.last, again.met_ns(later_ns)) == (keeper.last, met + 5 * S)
    assert clock.utc_ns() == truth + 5 * S


def test_a_start_that_looks_like_the_one_before_is_another_one():
    """Each start of such a board begins in 1970, so that its clocks seem to have run on while it was off for hours."""
    kept = before(VirtualClock(utc_ns=0), boot="one").state
    later_ns = kept.host_monotonic_ns + 20 * S
    woken = VirtualClock(utc_ns=kept.host_utc_ns + 20 * S, monotonic_ns=later_ns)
    again, clock = keeper_on(woken, kept, boot="two")
    assert (again.source, again.is_lost) == (TimeSource.HOST, True)
    assert (clock.utc_ns(), again.met_ns(later_ns)) == (woken.utc_ns(), kept.met_ns)


def test_a_memory_that_was_never_stored_tells_nothing():
    keeper, _ = keeper_on(VirtualClock(monotonic_ns=3 * S), KeptTime(), keeps_time=True)
    assert keeper.met_ns(3 * S) == 0


def test_what_is_kept_fits():
    keeper, _ = keeper_on(VirtualClock(monotonic_ns=1 << 60), boot="x" * 64)
    keeper.accept(Observation(1 << 60, 1 << 61, 1 << 42, TimeSource.PULSE))
    assert len(msgspec.msgpack.encode(keeper.state)) <= KEPT_TIME_OCTETS_MAX
    kept = msgspec.msgpack.decode(msgspec.msgpack.encode(keeper.state), type=KeptTime)
    assert kept == keeper.state
