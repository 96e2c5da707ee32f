"""The campaign: each kind of fault alone, some times; who noticed it, whether all was well again, and after how long.

What a fault shows is what differs from the same flight without it: events, counters of the node and of the ground.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from statistics import median

import msgspec
from msgspec.structs import replace

from ground.records import EventRecord
from rig.world.faults import KINDS
from rig.world.pair import NodePair
from rig.world.schedule import FaultSchedule, schedule_of
from rig.world.timeline import SECOND, BrokenError
from rig.world.world import World

_SECONDS, _NODES, _FAULTY_SHARE = 120.0, 2, 0.6  # of the time: what is left is for recovery
_SHOWN_MAX = 4
_NODE_COUNTERS = (
    "tc_frames_rejected", "tc_frames_discarded", "tc_octets_skipped", "reports_throttled", "reports_unsendable",
    "failures", "ticks_missed", "requests_repeated", "memory_failed", "memory_damaged", "reports_dropped", "boots",
)  # fmt: skip
_GROUND_COUNTERS = ("frames_lost", "frames_twice", "frames_uncorrectable", "octets_skipped", "duplicates", "strays")
_CORRECTED = "what the code corrects harms nothing, and is counted as such"
_IDLE = "only work that meets it shows it"
_UNSEEN = {
    "burst": _CORRECTED,
    "flips": _CORRECTED,
    "detour": "a late unit fills its gap, and nothing is lost",
    "clock drift": "no other clock is on board; the ground measures it: `timekeeping.correlate`, `TimeStatus.drift`",
    "disk strays": "found when it is read again, or at the next start",
    "disk lies": "all is as written until the power fails; then `DiskForgot`, if the order of what is left shows it",
    "disk rots": "found when it is read again: what is recorded within minutes, products when they are sent; most"
    " octets of the files are room that is not used",
    **dict.fromkeys(("camera blind", "camera stuck", "jobs die", "jobs bloat", "jobs hang", "inbox full"), _IDLE),
}
"""Of kinds that may stay unnoticed, why, or who would notice them."""
_INTRODUCTION = """\
# Faults

What can go wrong in [a world](../explanation/worlds.md), {kinds} kinds, and what became of it when each was alone:
{flights} flights a kind, of {nodes} nodes for {seconds} s, from seed to seed with other orders, times and amounts.

- *Detected*: in how many of them something was told that the same flight without the fault does not tell, and what.
  In brackets: why one may stay unnoticed, or who would notice it.
- *Recovered*: in how many every command ended, every product arrived and all was nominal again.
- *Seconds*: from the end of the last fault until links were up and nothing was open, median and most.

`make faults-page` makes this page: `skyrack world --campaign {flights} --to markdown`.

| kind | what happens | detected | told by | recovered | seconds |
|---|---|---|---|---|---|"""


class KindResult(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of fault in `flights`: `detected` and `recovered` in how many; `seconds` from its end until all is well.

    `shown`: what told of it, most frequent first. `broken`: what did not hold, one sentence a flight.
    """

    kind: str
    text: str
    flights: int
    detected: int
    recovered: int
    seconds_median: float
    seconds_most: float
    shown: tuple[str, ...]
    broken: tuple[str, ...]


def campaign(
    flights: int, kinds: Sequence[str] = (), *, seed: int = 1, report: Callable[[str], None] = lambda _: None
) -> list[KindResult]:
    """Fly each kind, or these ones, `flights` times with seeds from `seed` on; `report` gets a sentence for each."""
    calm = {
        number: _shown(_flown(FaultSchedule(seed=number, nodes=_NODES, seconds=_SECONDS)))
        for number in _seeds(seed, flights)
    }
    rows, names = list[KindResult](), [name for name in KINDS if not kinds or name in kinds]
    for name in names:
        rows.append(_row(name, calm))
        report(f"{len(rows)} of {len(names)} kinds flown: {name} recovered in {rows[-1].recovered} of {flights}")
    return rows


def page(rows: Sequence[KindResult], flights: int) -> str:
    """The table as a page of the documentation."""
    facts = {"kinds": len(rows), "flights": flights, "nodes": _NODES, "seconds": f"{_SECONDS:g}"}
    lines = [_INTRODUCTION.format_map(facts)]
    for row in rows:
        shown = _witnesses(row)
        lines.append(
            f"| {row.kind} | {row.text} | {row.detected}/{row.flights} | {shown} | {row.recovered}/{row.flights} "
            f"| {row.seconds_median:.1f}, {row.seconds_most:.1f} |"
        )
    return "\n".join(lines) + "\n"


def _witnesses(row: KindResult) -> str:
    """What told of a kind, and where not each flight did, why that may be."""
    shown = ", ".join(f"`{name}`" for name in row.shown) or "—"
    return f"{shown} ({_UNSEEN[row.kind]})" if row.detected < row.flights and row.kind in _UNSEEN else shown


class _Flight(World):
    """A world that remembers the names of events that its grounds heard."""

    def __init__(self, schedule: FaultSchedule) -> None:
        super().__init__(schedule)
        self.events = Counter[str]()
        for pair in self.pairs:
            pair.judge.listener = self._count

    def _count(self, record: object) -> None:
        if isinstance(record, EventRecord):
            self.events[record.name] += 1


def _schedule(seed: int, kind: str) -> FaultSchedule:
    return replace(schedule_of(seed, _FAULTY_SHARE * _SECONDS, _NODES, [kind]), seconds=_SECONDS)


def _seeds(seed: int, flights: int) -> range:
    return range(seed, seed + flights)


def _flown(schedule: FaultSchedule) -> _Flight:
    world = _Flight(schedule)
    world.timeline.run(schedule.seconds)
    return world


def _row(kind: str, calm: dict[int, Counter[str]]) -> KindResult:
    detected, shown, seconds, broken = 0, Counter[str](), list[float](), list[str]()
    for seed, without in calm.items():
        world = _Flight(_schedule(seed, kind))
        try:
            recovered_s = _recovery_s(world)
            told = {name for name, count in _shown(world).items() if count > without[name]}
            detected += bool(told)
            shown.update(told)
            _settle(world)
            seconds.append(recovered_s)
        except BrokenError as error:
            broken.append(f"seed {seed}: {error}")
    return KindResult(
        kind=kind,
        text=KINDS[kind].text,
        flights=len(calm),
        detected=detected,
        recovered=len(seconds),
        seconds_median=round(median(seconds), 1) if seconds else 0.0,
        seconds_most=round(max(seconds), 1) if seconds else 0.0,
        shown=tuple(name for name, _ in sorted(shown.items(), key=lambda one: (-one[1], one[0]))[:_SHOWN_MAX]),
        broken=tuple(broken),
    )


def _recovery_s(world: _Flight) -> float:
    """Fly the schedule; how long after its last fault the links were first up and nothing open."""
    since_s = max(fault.until_ns for fault in world.schedule.faults) / SECOND
    world.timeline.run(since_s)
    world.timeline.run(_SECONDS - since_s, lambda: all(pair.is_settled for pair in world.pairs))
    recovered_s = world.now_ns / SECOND - since_s
    world.timeline.run(_SECONDS - world.now_ns / SECOND)
    return recovered_s


def _settle(world: _Flight) -> None:
    """Raises BrokenError where all that must hold once it is calm does not."""
    for pair in world.pairs:
        pair.calm()
    world.timeline.run_all({pair.name: pair.settling() for pair in world.pairs})


def _shown(world: _Flight) -> Counter[str]:
    """What the grounds know: events by name, and counters."""
    found = Counter(world.events)
    for pair in world.pairs:
        found.update(_counters(pair))
    return found


def _counters(pair: NodePair) -> Counter[str]:
    status = pair.ground.station.status(pair.ground.now)
    found = Counter({f"ground: {name}": _number(getattr(status.link, name)) for name in _GROUND_COUNTERS})
    found["ground: archive waiting"] = status.archive.waiting
    found["ground: starts"] = pair.ground.starts
    for state in ("failed", "timeout"):
        found[f"commands: {state}"] = status.commands.get(state, 0)
    for sample in pair.ground.station.latest:
        if sample.report == "NodeStatus":
            found.update({name: int(str(sample.values[name])) for name in _NODE_COUNTERS})
    return found


def _number(value: object) -> int:
    return sum(value.values()) if isinstance(value, dict) else int(str(value))
