"""The memory app: reports when a record that survives restarts cannot be kept, and tries to keep it again.

It also reads what was stored, some records at a time: a disk may lose a write that it confirmed, write it elsewhere, or
let octets rot.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

from fsw.comms.request_memory import RequestMemory, Taken
from fsw.executive.app import App, AppReport
from fsw.store.durable import Durable
from link.dictionary import Event, Int8ub, wire

_FAILED, _DAMAGED = attrgetter("failed"), attrgetter("damaged")
_REASON_CHARACTERS_MAX = 60
_CHECKED_MAX = 2  # records, in a step
_PERIODS_OF_REPETITION = 4  # of this app: in this time every report is sent, and sent again (fsw/comms/repeats.py)
_UNITS_OF_REPORTS = 4  # after so many a waiting answer is sent: it was in the one at the port or the two ahead


class MemoryDamaged(Event, id=0x51, severity="medium"):
    """{slots} of the two copies of the {record} were damaged at the start."""

    record: str = wire()
    slots: int = wire(Int8ub)


class MemoryFailing(Event, id=0x52, severity="high"):
    """The {record} cannot be kept and would be lost at a restart: {reason}."""

    record: str = wire()
    reason: str = wire()


class MemoryRestored(Event, id=0x53, severity="info"):
    """The {record} can be kept again."""

    record: str = wire()


class MemoryChanged(Event, id=0x54, severity="medium"):
    """A copy of the {record} is not as it was stored: {reason}; it was stored again."""

    record: str = wire()
    reason: str = wire()


@dataclass
class Memory(App, period_ms=10_000, budget_ms=100):
    """Watches the records that survive a restart; the keys of the mapping are the names used in reports.

    `units_sent` counts the units that the port took: while it takes none, no report counts as sent.
    """

    records: Mapping[str, Durable[Any]]
    requests: RequestMemory
    units_sent: Callable[[], int]
    _reported: dict[str, str] | None = None
    _checked: int = 0
    _ended: list[list[Taken]] = field(default_factory=list)
    _units_before: int = 0

    @property
    def failed(self) -> int:
        """How many values the medium did not take."""
        return sum(map(_FAILED, self.records.values()))

    @property
    def damaged(self) -> int:
        """How many copies were damaged, at the start or later."""
        return sum(map(_DAMAGED, self.records.values()))

    def step(self, now_ns: int) -> Iterator[AppReport]:  # noqa: ARG002
        """Report damaged copies once, and a record that fails or works again when that changes; check the next ones."""
        if self._reported is None:
            self._reported = {}
            for name, record in self.records.items():
                if record.damaged:
                    yield MemoryDamaged(record=name, slots=record.damaged)
        self._mark_told()
        for name, record in self.records.items():
            if record.fault:
                with suppress(OSError):  # the record counts it
                    record.store(record.value)
            yield from self._report(name, record.fault[:_REASON_CHARACTERS_MAX], self._reported)
        yield from self._check()

    def _check(self) -> Iterator[AppReport]:
        """Read some records, and store one again that is not as it was stored."""
        names = list(self.records)
        for name in (names[(self._checked + at) % len(names)] for at in range(_CHECKED_MAX)):
            record = self.records[name]
            reason = "" if record.fault else record.check()
            if reason:
                yield MemoryChanged(record=name, reason=reason[:_REASON_CHARACTERS_MAX])
                with suppress(OSError):  # the record counts it
                    record.renew()
        self._checked += _CHECKED_MAX

    def _mark_told(self) -> None:
        """Mark the requests that ended some periods ago: by now their reports were sent, and sent again, often enough.

        Where the node restarts before, it reports the ends of these requests again itself.
        """
        units = self.units_sent()
        if units - self._units_before >= _UNITS_OF_REPORTS:
            self._ended.append([one for one in self.requests.untold if one.is_over])
            if len(self._ended) > _PERIODS_OF_REPETITION:
                self.requests.mark_told(self._ended.pop(0))
            self._units_before = units

    @staticmethod
    def _report(name: str, fault: str, reported: dict[str, str]) -> Iterator[AppReport]:
        before = reported.get(name, "")
        reported[name] = fault
        if fault and fault != before:
            yield MemoryFailing(record=name, reason=fault)
        elif before and not fault:
            yield MemoryRestored(record=name)
