"""The processes app: reports how often the node's processes were started, why, and what they lack."""

import signal
from collections.abc import Iterator
from dataclasses import dataclass, field

from fsw.executive.app import App, AppReport
from fsw.store.durable import Durable
from fsw.supervisor.causes import COMMANDED, EXCEPTION, HANG, POWER_ON, RESET_ASKED, SUPERVISOR, WATCHDOG
from fsw.supervisor.messages import Start
from fsw.supervisor.resets import Resets
from link.dictionary import Event, Int8ub, Int16ub, Telemetry, wire

_MAX = (1 << 16) - 1
_NAMED = (POWER_ON, SUPERVISOR, WATCHDOG, HANG, EXCEPTION, COMMANDED, RESET_ASKED)


class ProcessStatus(Telemetry, id=0x08):
    """Starts of the flight loop by what ended the one before, since the state folder was made; every 10 s."""

    incarnation: int = wire(Int16ub, text="starts since the supervisor's own")
    power_ons: int = wire(Int16ub, text="starts of the board")
    watchdog_resets: int = wire(Int16ub, text="resets of the board by its hardware watchdog")
    supervisors: int = wire(Int16ub, text="starts of the supervisor on a board that ran on")
    hangs: int = wire(Int16ub, text="loops that were silent for too long, and were ended")
    crashes: int = wire(Int16ub, text="ended by a signal, as SIGSEGV")
    exceptions: int = wire(Int16ub, text="ended by an exception outside of all apps and duties")
    commanded: int = wire(Int16ub)
    resets_asked: int = wire(Int16ub, text="ended as the node asked for a reset of the board")
    others: int = wire(Int16ub, text="ended by themselves, or could not be started")
    unstable: int = wire(Int16ub, limits=(0, 4), text="starts since a flight last lasted for a minute")
    board_resets: int = wire(Int8ub, limits=(0, 0), text="resets of the board asked for since then")
    is_safe: int = wire(Int8ub, limits=(0, 0), text="1: safe mode was asked for, as too many flights failed")
    is_degraded: int = wire(Int8ub, text="1: without the rights or devices that it was to have; its event says which")
    priority: int = wire(Int8ub, text="real-time priority of the flight loop; 0: none")
    is_locked: int = wire(Int8ub, text="1: the memory of the flight loop stays in memory")


class ExecutiveStarted(Event, id=0x60, severity="low"):
    """Flight loop {incarnation} begins, as the one before ended: {cause}."""

    incarnation: int = wire(Int16ub)
    cause: str = wire()


class Degraded(Event, id=0x61, severity="low"):
    """The node flies with {lacks}."""

    lacks: str = wire()


class LastResort(Event, id=0x62, severity="high"):
    """No flight loop lives on this node: {failures} failed, the last one by {cause}."""

    failures: int = wire(Int16ub)
    cause: str = wire()


@dataclass
class Processes(App, period_ms=10_000, budget_ms=10):
    """`lacks`: what this node was to have and does not, as "no real-time priority (...)"; the others: what it has."""

    start: Start
    resets: Durable[Resets]
    lacks: str = ""
    priority: int = 0
    is_locked: bool = False
    _is_told: bool = field(default=False, init=False)

    def step(self, now_ns: int) -> Iterator[AppReport]:  # noqa: ARG002
        """Report the counts; at the first step also why there is a new flight loop, and what it lacks."""
        if not self._is_told:
            self._is_told = True
            if self.start.cause:
                yield ExecutiveStarted(incarnation=min(self.start.incarnation, _MAX), cause=self.start.cause)
            if self.lacks:
                yield Degraded(lacks=self.lacks)
        yield self._status()

    def _status(self) -> ProcessStatus:
        resets = self.resets.value
        signals = signal.Signals.__members__
        crashes = {cause for cause in resets.counts if cause in signals or cause.startswith("signal ")}
        named, others = dict.fromkeys(_NAMED, 0), 0
        for cause, count in resets.counts.items():
            if cause in named:
                named[cause] = min(count, _MAX)
            elif cause not in crashes:
                others += count
        return ProcessStatus(
            incarnation=min(self.start.incarnation, _MAX),
            power_ons=named[POWER_ON],
            watchdog_resets=named[WATCHDOG],
            supervisors=named[SUPERVISOR],
            hangs=named[HANG],
            crashes=min(sum(resets.counts[cause] for cause in crashes), _MAX),
            exceptions=named[EXCEPTION],
            commanded=named[COMMANDED],
            resets_asked=named[RESET_ASKED],
            others=min(others, _MAX),
            unstable=min(resets.unstable, _MAX),
            board_resets=min(resets.board_resets, 255),
            is_safe=int(self.start.is_safe),
            is_degraded=int(bool(self.lacks)),
            priority=self.priority,
            is_locked=int(self.is_locked),
        )
