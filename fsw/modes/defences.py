"""The last lines of defence on one record: what they know survives every restart."""

from contextlib import suppress
from typing import NamedTuple, Protocol

import msgspec

from fsw.modes.boot_loop import BootLoop
from fsw.modes.brown_out import BrownOut
from fsw.modes.command_loss import CommandLoss, Remedy
from fsw.modes.life import STORED_EVERY_S, Life
from fsw.store.durable import Durable, RecordOrigin

_HOUR_S = 3600.0
_STARTS_MAX, _FALLS_MAX = 101, 32
DEFENCES_OCTETS_MAX = 64 + 9 * (_STARTS_MAX + _FALLS_MAX)


class KeptDefences(msgspec.Struct, frozen=True, array_like=True):
    """The node's age when it was stored, and what each defence remembers; times are ages in seconds."""

    lived_s: float = 0.0
    stored_utc_ns: int | None = None
    heard_s: float = 0.0
    measures: int = 0
    starts: tuple[float, ...] = ()
    falls: tuple[float, ...] = ()
    is_low: bool = False


class DefenceLimits(Protocol):
    """What a mission says of the defences (`[defences]` in its file)."""

    @property
    def silence_h(self) -> float:
        """Hours without a valid command frame before safe mode; 0: for ever."""
        ...

    @property
    def further_h(self) -> float:
        """Hours between the measures after that."""
        ...

    @property
    def quiet_s(self) -> float:
        """Seconds of the node's first life in which it transmits nothing."""
        ...

    @property
    def battery_low_percent(self) -> float:
        """Charge below which the battery is low; 0: never."""
        ...

    @property
    def battery_leave_percent(self) -> float:
        """Charge from which it is no longer low."""
        ...

    @property
    def battery_step_percent(self) -> float:
        """How much more for each fall in the window."""
        ...

    @property
    def battery_window_h(self) -> float:
        """How long a fall counts, in hours."""
        ...

    @property
    def starts_max(self) -> int:
        """Starts within the window that are no loop; 0: any number."""
        ...

    @property
    def starts_window_s(self) -> float:
        """How long a start counts, in seconds."""
        ...


class Findings(NamedTuple):
    """What was found since the last step: a `measure` to take, and whether the battery has become low or good again."""

    measure: Remedy | None
    battery_changed: bool


class Defences:
    """Begins a life on `record` at the given times. `is_looping`: this start is one of too many."""

    def __init__(self, record: Durable[KeptDefences], limits: DefenceLimits, now_ns: int, utc_ns: int) -> None:
        kept, is_new = record.value, record.origin is RecordOrigin.NEW
        self._record = record
        if not is_new and kept.stored_utc_ns is None:  # what was known is lost: old enough to transmit
            kept = msgspec.structs.replace(kept, lived_s=limits.quiet_s, heard_s=limits.quiet_s, stored_utc_ns=utc_ns)
        self._life = Life(kept.lived_s, kept.stored_utc_ns, now_ns, utc_ns)
        age_s = self._life.age_s(now_ns)
        self.quiet_until_ns = now_ns + round(max(0.0, limits.quiet_s - age_s) * 1e9)
        self.loss = CommandLoss(limits.silence_h * _HOUR_S, limits.further_h * _HOUR_S, kept.heard_s, kept.measures)
        self.brown_out = BrownOut(
            limits.battery_low_percent,
            limits.battery_leave_percent,
            limits.battery_step_percent,
            limits.battery_window_h * _HOUR_S,
            list(kept.falls),
            kept.is_low,
        )
        self.boot_loop = BootLoop(limits.starts_max, limits.starts_window_s, list(kept.starts))
        self.is_looping = self.boot_loop.begin(age_s)
        self._store(age_s, utc_ns)

    def age_s(self, now_ns: int) -> float:
        """The node's age in seconds."""
        return self._life.age_s(now_ns)

    def step(self, now_ns: int, utc_ns: int, charge: float | None, *, is_heard: bool) -> Findings:
        """Judge the last second: whether a command frame was accepted, and the battery's charge in per cent.

        What is found is stored before it is returned, so that a measure that ends this life is not taken again.
        """
        age_s, had_taken = self._life.age_s(now_ns), self.loss.taken
        if is_heard:
            self.loss.accept(age_s)
        measure = self.loss.step(age_s)
        changed = self.brown_out.accept(charge, age_s)
        if measure or changed or (is_heard and had_taken) or age_s >= self._record.value.lived_s + STORED_EVERY_S:
            self._store(age_s, utc_ns)
        return Findings(measure, changed)

    def _store(self, age_s: float, utc_ns: int) -> None:
        kept = KeptDefences(
            lived_s=age_s,
            stored_utc_ns=utc_ns,
            heard_s=self.loss.heard_s,
            measures=self.loss.taken,
            starts=tuple(self.boot_loop.starts),
            falls=tuple(self.brown_out.falls),
            is_low=self.brown_out.is_low,
        )
        with suppress(OSError):  # the record counts it
            self._record.store(kept)
