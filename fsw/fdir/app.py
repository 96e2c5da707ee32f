"""The app that watches for faults and acts: it starts a sequence, asks for a mode, or only tells, and remembers it all.

A limit of service 12 is a watch, too: its event can release `sequencing.activate_sequence` by service 19.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated

from fsw.comms.latest import LatestValues
from fsw.executive.app import App, AppReport
from fsw.fdir.watches import Trip, Watches, WatchTable
from fsw.mission import WatchSection
from fsw.store.durable import Durable
from fsw.store.records import Records
from hal.clock import Clock, Moment
from link.dictionary import Counted, Dictionary, Event, Int8ub, Int16ub, Int32ub, Telemetry, Text, command, wire
from link.pus.services.verification import RefusedError

WATCHES_MAX = 64
_NAME = Text(Counted(8, 40))
_CHARACTERS_MAX = 80
_OCTETS_MAX = 16 + WATCHES_MAX * Watches.OCTETS_EACH


class FdirStatus(Telemetry, id=0x30):
    """Watches for faults, every ten seconds."""

    watches: int = wire(Int8ub)
    enabled: int = wire(Int8ub)
    spent: int = wire(Int8ub, text="that tripped as often as they may, and wait to be enabled")
    trips: int = wire(Int32ub, text="since the start of the node")


class WatchTripped(Event, id=0xA8, severity="medium"):
    """Watch {watch} has tripped, time {times}, as {when}: {action}."""

    watch: str = wire(_NAME)
    times: int = wire(Int16ub)
    when: str = wire()
    action: str = wire()


class WatchSpent(Event, id=0xA9, severity="high"):
    """Watch {watch} has tripped {times} times and trips no more until it is enabled."""

    watch: str = wire(_NAME)
    times: int = wire(Int16ub)


class WatchesMisfit(Event, id=0xAA, severity="low"):
    """{items} watches that were set by command are not in this mission and were left out."""

    items: int = wire(Int16ub)


@dataclass
class Fdir(App, period_ms=10_000, budget_ms=20, order=11):
    """Acts on the `watches` of a mission: `start_sequence` by number, `request_mode` by name and cause.

    Both may raise RefusedError, which the event tells of. What is counted is stored before anything is done.
    """

    dictionary: Dictionary
    clock: Clock
    records: Records
    latest: LatestValues
    watches: Sequence[WatchSection]
    start_sequence: Callable[[int], None]
    request_mode: Callable[[str, str], None]
    _status_ns: int = 0

    def __post_init__(self) -> None:
        self._watches = Watches(self.watches, self.dictionary, self.latest.look_up)
        self._record: Durable[WatchTable] = self.records.open("watches", WatchTable(), _OCTETS_MAX)
        self._misfits = self._watches.restore(self._record.value, self._now)
        if self.watches:
            self.latest.watchers.append(lambda report: self._watches.accept(report, self._now))

    @command(opcode=0xA8)
    def enable_watch(self, watch: Annotated[str, wire(_NAME)]) -> None:
        """Let a watch trip, from now on and as often as its mission says; what it has seen is forgotten."""
        self._switch(watch, is_enabled=True)

    @command(opcode=0xA9)
    def disable_watch(self, watch: Annotated[str, wire(_NAME)]) -> None:
        """Let a watch trip no more, until it is enabled."""
        self._switch(watch, is_enabled=False)

    @property
    def due_ns(self) -> int | None:
        """When a watch trips, if nothing changes, or a parameter is to be looked at; None while nothing is due."""
        return self._watches.due_ns()

    def step(self, now_ns: int) -> Iterator[AppReport]:
        """Act on the watches that trip, and tell of it."""
        if self._misfits:
            yield WatchesMisfit(items=self._misfits)
            self._misfits = 0
        trips = self._watches.step(self._now)
        if trips:
            self._keep()
        for trip in trips:
            yield from self._act(trip)
        if now_ns >= self._status_ns:
            self._status_ns = now_ns + self.period_ms * 1_000_000
            yield self._status()

    def _act(self, trip: Trip) -> Iterator[AppReport]:
        watch = trip.watch
        action = self._done(watch)[:_CHARACTERS_MAX]
        yield WatchTripped(watch=watch.name, times=trip.times, when=watch.when[:_CHARACTERS_MAX], action=action)
        if trip.is_last:
            yield WatchSpent(watch=watch.name, times=trip.times)

    def _done(self, watch: WatchSection) -> str:
        """Do what the watch asks for; what was done, in words."""
        try:
            if watch.sequence:
                self.start_sequence(watch.sequence)
                return f"sequence {watch.sequence} started"
            if watch.mode:
                self.request_mode(watch.mode, f"watch {watch.name}")
                return f"mode {watch.mode} requested"
        except RefusedError as error:
            return f"refused: {error}"
        return "told only"

    def _switch(self, name: str, *, is_enabled: bool) -> None:
        self._watches.switch(name, is_enabled=is_enabled)
        self._keep()

    def _keep(self) -> None:
        if self._watches.state != self._record.value:
            with suppress(OSError):  # the record counts it
                self._record.store(self._watches.state)

    def _status(self) -> FdirStatus:
        standings = self._watches.standings.values()
        return FdirStatus(
            watches=len(standings),
            enabled=sum(is_enabled for is_enabled, _, _ in standings),
            spent=sum(is_spent for _, is_spent, _ in standings),
            trips=self._watches.trips,
        )

    @property
    def _now(self) -> Moment:
        return Moment.of(self.clock)
