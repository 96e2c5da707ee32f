"""Schedules that Hypothesis draws: it goes on from those that left the least margin, until one fails."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from rig.world.faults import KINDS, WAYS, Fault
from rig.world.schedule import FaultSchedule
from rig.world.timeline import SECOND, BrokenError
from rig.world.world import World

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

_TOLD_EVERY = 10  # flights


def search(
    flights: int, *, nodes: int, seconds: float, seed: int, report: Callable[[str], None] = lambda _: None
) -> tuple[FaultSchedule, str] | None:
    """A schedule that fails, and how; None where none of about `flights` does. It is left to others to shrink it:
    leaving out faults takes tens of flights, and Hypothesis, which tries smaller numbers too, hundreds.

    `report` gets a sentence every few flights. Raises UsageError without Hypothesis.
    """
    try:
        from hypothesis import HealthCheck, Phase, given, settings, target
        from hypothesis import seed as seeded
    except ImportError:
        from kernels.usage import UsageError

        raise UsageError("--search needs Hypothesis: pip install 'skyrack[dev]'") from None

    found: list[tuple[FaultSchedule, str]] = []
    flown = 0
    plans = _schedules(nodes, seconds)

    @seeded(seed)
    @settings(
        max_examples=flights,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate, Phase.target),
        report_multiple_bugs=False,
        print_blob=False,
    )
    @given(plans)
    def flies(schedule: FaultSchedule) -> None:
        nonlocal flown
        flown += 1
        if flown % _TOLD_EVERY == 0:
            report(f"schedule {flown} of about {flights}")
        world = World(schedule)
        try:
            world.fly()
        except BrokenError as error:
            found.append((schedule, str(error)))
            raise
        for name, value in margins(world).items():
            target(value, label=name)

    try:
        flies()
    except BrokenError:
        return found[-1]
    return None


def _schedules(nodes: int, seconds: float) -> "SearchStrategy[FaultSchedule]":
    """Schedules of up to eight faults a node, of any kinds, at any times."""
    from hypothesis import strategies as st

    whole_ns = int(seconds * SECOND)

    @st.composite
    def faults(draw: st.DrawFn) -> Fault:
        kind = KINDS[draw(st.sampled_from(sorted(KINDS)))]
        at_ns = draw(st.integers(0, whole_ns - 1))
        lasts_ns = int(draw(st.floats(*kind.lasts_s)) * SECOND)
        return Fault(
            at_ns=at_ns,
            until_ns=min(whole_ns, at_ns + lasts_ns),
            kind=kind.name,
            node=draw(st.integers(0, nodes - 1)),
            way=draw(st.sampled_from(WAYS)) if kind.has_way else "",
            amount=kind.amount(draw(st.randoms(use_true_random=False))),
        )

    return st.builds(
        lambda number, found: FaultSchedule(seed=number, nodes=nodes, seconds=seconds, faults=tuple(sorted(found))),
        st.integers(0, 1 << 16),
        st.lists(faults(), max_size=8 * nodes),
    )


def margins(world: World) -> dict[str, float]:
    """How near a world came to what it must not do; the greater, the nearer."""
    summary = world.summary()
    return {
        "seconds until all was settled": summary.settled_s,
        "requests that came again": float(sum(pair.node.node.dispatcher.memory.repeated for pair in world.pairs)),
        "starts of nodes": float(summary.node_starts),
        "reports dropped": float(sum(pair.node.node.reporter.dropped for pair in world.pairs)),
    }
