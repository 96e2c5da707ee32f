"""Watches over the names of a dictionary, without a clock: each trips when its condition was seen often or long enough.

A watch that tripped rests for its cooldown and then begins anew, so that it trips again while the fault lasts; after
`times_max` trips it is spent, until a command enables it. Count and rest survive restarts: an action that restarts the
node is not repeated for ever.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import msgspec

from fsw.mission import WatchSection
from hal.clock import Moment
from kernels.usage import UsageError
from link.dictionary import Dictionary
from link.dictionary.conditions import Comparison, Condition, comparisons_of
from link.dictionary.naming import condition_on, nameable
from link.pus.services.verification import FailureCode, RefusedError

_S = 1_000_000_000
_LOOK_NS = _S  # between two looks at a parameter, of whose changes nobody tells


class KeptWatch(msgspec.Struct, frozen=True, array_like=True):
    """What is remembered of a watch: whether it `is_enabled`, how often it tripped, and until when it rests (UTC)."""

    is_enabled: bool
    times: int
    rests_utc_ns: int


class WatchTable(msgspec.Struct, frozen=True, array_like=True):
    """All watches, by name."""

    watches: dict[str, KeptWatch] = {}


class Trip(NamedTuple):
    """A watch that tripped, for the last time if it `is_last`."""

    watch: WatchSection
    times: int
    is_last: bool


def check_watches(watches: Sequence[WatchSection], dictionary: Dictionary, modes: Iterable[str] = ()) -> None:
    """Raises UsageError for a condition that the node of `dictionary` cannot judge, or a mode that it does not have."""
    known, names = nameable(dictionary), list(modes)
    for number, watch in enumerate(watches):
        try:
            condition_on(watch.when, known)
        except ValueError as error:
            raise UsageError(f"fdir[{number}].when: {error}") from None
        if watch.mode and watch.mode not in names:
            expected = f"one of {', '.join(names)}" if names else "none: the node has no modes"
            raise UsageError(f"fdir[{number}].mode: {watch.mode!r}, expected {expected}")


@dataclass(slots=True)
class _Watch:
    """`since_ns`: from when on the condition has held; `rests_ns`: when it may trip again. `recent`: what was seen."""

    section: WatchSection
    condition: Condition
    names: frozenset[str]
    is_enabled: bool
    times: int = 0
    rests: Moment = field(default_factory=lambda: Moment(0, 0))
    since_ns: int | None = None
    looked_ns: int = 0
    recent: list[bool] = field(default_factory=list)

    @property
    def is_spent(self) -> bool:
        return self.times >= self.section.times_max

    @property
    def is_active(self) -> bool:
        return self.is_enabled and not self.is_spent

    @property
    def ripe_ns(self) -> int | None:
        """When the watch trips if nothing changes, in monotonic time; None while its condition does not hold enough."""
        if self.section.held_s:
            return (
                None if self.since_ns is None else max(self.since_ns + round(self.section.held_s * _S), self.rests_ns)
            )
        return self.rests_ns if sum(self.recent) >= self.section.hits else None

    @property
    def rests_ns(self) -> int:
        return self.rests.monotonic_ns

    def see(self, now_ns: int, *, holds: bool) -> None:
        """Note whether the condition holds now."""
        self.looked_ns = now_ns
        self.recent = [*self.recent, holds][-self.section.of :]
        if not holds:
            self.since_ns = None
        elif self.since_ns is None:
            self.since_ns = now_ns

    def begin(self) -> None:
        """Forget what was seen."""
        self.since_ns, self.recent = None, []


class Watches:
    """The watches of a mission. `parameters` are names that no sample tells of; they are looked at once a second."""

    OCTETS_EACH = 72
    """Of a watch in the state, as MessagePack."""

    def __init__(
        self,
        sections: Iterable[WatchSection],
        dictionary: Dictionary,
        look_up: Callable[[Comparison], Any],
    ) -> None:
        known = nameable(dictionary)
        self._look_up = look_up
        self._parameters = {entry.name for entry in dictionary.parameters}
        self._watches: dict[str, _Watch] = {}
        self.trips = 0
        for one in sections:
            condition = condition_on(one.when, known)
            names = frozenset(named.field for named in comparisons_of(condition))
            self._watches[one.name] = _Watch(one, condition, names, one.enabled)

    @property
    def state(self) -> WatchTable:
        """What was counted and set by command."""
        return WatchTable(
            {name: KeptWatch(one.is_enabled, one.times, one.rests.utc_ns) for name, one in self._watches.items()}
        )

    def restore(self, state: WatchTable, now: Moment) -> int:
        """Begin with `state`; returns how many of its watches the mission does not have any more."""
        for name, kept in state.watches.items():
            if name in self._watches:
                one = self._watches[name]
                one.is_enabled, one.times = kept.is_enabled, kept.times
                left_ns = min(max(kept.rests_utc_ns - now.utc_ns, 0), round(one.section.cooldown_s * _S))
                one.rests = Moment(now.monotonic_ns + left_ns, kept.rests_utc_ns)
        return len(state.watches.keys() - self._watches.keys())

    @property
    def standings(self) -> Mapping[str, tuple[bool, bool, int]]:
        """Of each watch by name: whether it is enabled, whether it is spent, and how often it has tripped."""
        return {name: (one.is_enabled, one.is_spent, one.times) for name, one in self._watches.items()}

    def switch(self, name: str, *, is_enabled: bool) -> None:
        """Enable a watch, from now on and with its count at 0, or disable it. Raises RefusedError."""
        if name not in self._watches:
            raise RefusedError(FailureCode.BAD_ARGUMENTS, f"no watch is called {name!r}")
        one = self._watches[name]
        one.is_enabled, one.times, one.rests = is_enabled, 0, Moment(0, 0)
        one.begin()

    def accept(self, report: str, now: Moment) -> None:
        """Look at the conditions that name `report`, of which a sample has arrived."""
        for one in self._watches.values():
            if one.is_active and any(name.startswith(f"{report}.") for name in one.names):
                one.see(now.monotonic_ns, holds=one.condition.holds(self._look_up))

    def due_ns(self) -> int | None:
        """When a watch trips or a parameter is to be looked at, in monotonic time; None while nothing is due."""
        times = []
        for one in self._watches.values():
            if one.is_active:
                times += [] if one.ripe_ns is None else [one.ripe_ns]
                times += [one.looked_ns + _LOOK_NS] if one.names & self._parameters else []
        return min(times, default=None)

    def step(self, now: Moment) -> list[Trip]:
        """Look at the parameters that are due; the watches that trip, in the mission's order, each counted."""
        trips = []
        for one in self._watches.values():
            if not one.is_active:
                continue
            if one.names & self._parameters and now.monotonic_ns >= one.looked_ns + _LOOK_NS:
                one.see(now.monotonic_ns, holds=one.condition.holds(self._look_up))
            if one.ripe_ns is not None and now.monotonic_ns >= one.ripe_ns:
                trips.append(self._trip(one, now))
        return trips

    def _trip(self, one: _Watch, now: Moment) -> Trip:
        one.times += 1
        self.trips += 1
        cooldown_ns = round(one.section.cooldown_s * _S)
        one.rests = Moment(now.monotonic_ns + cooldown_ns, now.utc_ns + cooldown_ns)
        one.begin()
        return Trip(one.section, one.times, one.is_spent)
