"""The app of event quotas: limits, by command or by the mission, how often an event goes down, and tells the rest."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated

import msgspec

from fsw.events.quotas import QUOTAS_MAX, Quota, Quotas
from fsw.executive.app import App, AppReport
from fsw.mission import QuotaSection
from fsw.store.durable import Durable
from fsw.store.records import Records
from kernels.usage import UsageError, did_you_mean
from link.dictionary import (
    Counted,
    Dictionary,
    Event,
    Float64b,
    Int8ub,
    Int16ub,
    Int32ub,
    Telemetry,
    Text,
    command,
    wire,
)
from link.pus.services.verification import FailureCode, RefusedError

_NAME_OCTETS = 100
_NAME = Text(Counted(8, _NAME_OCTETS))
_PERIOD = wire(Float64b, unit="s", range=(1, 86_400))
_OCTETS_MAX = 16 + QUOTAS_MAX * (_NAME_OCTETS + 24)


class QuotaStatus(Telemetry, id=0x38):
    """Quotas of events, every ten minutes where there are any, and when one is changed."""

    quotas: int = wire(Int8ub, text="events that have one")
    held: int = wire(Int32ub, text="events that were held back since the start of the node")


class EventsHeldBack(Event, id=0x06, severity="low"):
    """{held} more {event} within {period_s} s."""

    event: str = wire(_NAME)
    held: int = wire(Int32ub)
    period_s: float = wire(Float64b, unit="s")


class QuotasMisfit(Event, id=0x07, severity="low"):
    """{items} quotas that were set by command are of events that this node does not have, and were left out."""

    items: int = wire(Int16ub)


class QuotaTable(msgspec.Struct, frozen=True, array_like=True):
    """What was set by command, by the names of events; None: no quota, whatever the mission says."""

    quotas: dict[str, Quota | None] = {}


def check_quotas(quotas: Sequence[QuotaSection], dictionary: Dictionary) -> None:
    """Raises UsageError for a quota of an event that the node of `dictionary` does not have, or that has none."""
    known = [entry.name for entry in dictionary.events if entry.name != EventsHeldBack.__name__]
    for number, quota in enumerate(quotas):
        if quota.event not in known:
            near = did_you_mean(quota.event, known)
            raise UsageError(f"quota[{number}].event: no event {quota.event!r} that could have a quota{near}")


@dataclass
class EventQuotas(App, period_ms=600_000, budget_ms=10):
    """Keeps `quotas` of the events called `known`: those of the mission (`first`), and over them what was commanded."""

    quotas: Quotas
    known: Collection[str]
    first: Mapping[str, Quota]
    records: Records
    _is_changed: bool = False
    _status_ns: int = 0

    def __post_init__(self) -> None:
        self._record: Durable[QuotaTable] = self.records.open("event quotas", QuotaTable(), _OCTETS_MAX)
        kept = self._record.value.quotas
        self._misfits = len(kept.keys() - set(self.known))
        for event, quota in {**self.first, **kept}.items():
            if quota is not None and event in self.known:
                self.quotas.limit(event, quota)

    @command(opcode=0x44)
    def limit(
        self,
        event: Annotated[str, wire(_NAME)],
        count: Annotated[int, wire(Int16ub)],
        period_s: Annotated[float, _PERIOD],
    ) -> None:
        """Let at most `count` events of this name down in each period; how many more there were is told at its end."""
        self._check(event)
        changed = {**self._record.value.quotas, event: Quota(count, period_s)}
        if len(changed.keys() | self.first.keys()) > QUOTAS_MAX:
            raise RefusedError(FailureCode.NOT_NOW, f"{QUOTAS_MAX} events have quotas, which is the maximum")
        self.quotas.limit(event, Quota(count, period_s))
        self._keep(changed)

    @command(opcode=0x45)
    def unlimit(self, event: Annotated[str, wire(_NAME)]) -> None:
        """Let events of this name down as often as they happen."""
        self._check(event)
        self.quotas.unlimit(event)
        others = {name: quota for name, quota in self._record.value.quotas.items() if name != event}
        self._keep({**others, event: None} if event in self.first else others)

    @property
    def due_ns(self) -> int | None:
        """When a period ends in which something was held back, or now where a command has changed a quota."""
        return 0 if self._is_changed or self._misfits else self.quotas.due_ns

    def step(self, now_ns: int) -> Iterator[AppReport]:
        """Tell what was held back."""
        if self._misfits:
            yield QuotasMisfit(items=self._misfits)
            self._misfits = 0
        for event, held, period_s in self.quotas.drain(now_ns):
            yield EventsHeldBack(event=event, held=held, period_s=period_s)
        if self._is_changed or (self.quotas.quotas and now_ns >= self._status_ns):
            self._is_changed, self._status_ns = False, now_ns + self.period_ms * 1_000_000
            yield QuotaStatus(quotas=len(self.quotas.quotas), held=self.quotas.held % (1 << 32))

    def _check(self, event: str) -> None:
        if event not in self.known or event == EventsHeldBack.__name__:
            raise RefusedError(FailureCode.BAD_ARGUMENTS, f"no event {event!r} that could have a quota")

    def _keep(self, quotas: dict[str, Quota | None]) -> None:
        self._is_changed = True
        with suppress(OSError):  # the record counts it
            self._record.store(QuotaTable(quotas))
