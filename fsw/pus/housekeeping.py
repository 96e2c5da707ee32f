"""Service 3 on board (ECSS-E-ST-70-41C §6.3): structures of parameters, reported periodically or on request.

The telemetry that apps declare are structures too. A command can enable, disable and time them, not change or delete
them: an app samples its own at its own pace, and an interval of 0 reports each sample.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from fsw.pus.instructions import execute_each, not_mine, report_each, report_together
from fsw.pus.paging import ITEM_OCTETS_MAX, ITEMS_MAX
from fsw.pus.parameters import Parameters
from link.dictionary.declare import Telemetry
from link.dictionary.model import ReportEntry
from link.pus.message import Report, Request
from link.pus.services.housekeeping import (
    AppendParameters,
    CreateStructure,
    DeleteStructures,
    DisablePeriodic,
    EnablePeriodic,
    HousekeepingReport,
    ModifyIntervals,
    PropertiesReport,
    ReportOnce,
    ReportProperties,
    ReportStructures,
    StructureInterval,
    StructureProperties,
    StructureReport,
    SuperCommutated,
    report_of,
)
from link.pus.services.parameters import fields_of
from link.pus.services.verification import FailureCode, RefusedError

_MS = 1_000_000


@dataclass(slots=True)
class _Kept:
    interval: int
    enabled: bool
    parameters: list[int]
    declared: bool = False
    due_ns: int = 0

    @property
    def is_as_declared(self) -> bool:
        """Whether an app declares the structure and no command has changed it."""
        return self.declared and self.enabled and not self.interval

    def is_due(self, now_ns: int, tick_ns: int) -> bool:
        """Whether a report is due at `now_ns`; the next one then is due at the next time of its grid of periods."""
        if not self.enabled or now_ns < self.due_ns:
            return False
        if self.interval:
            self.due_ns += ((now_ns - self.due_ns) // (self.interval * tick_ns) + 1) * self.interval * tick_ns
        return True


class KeptStructure(msgspec.Struct, frozen=True, array_like=True):
    """A structure as it was set by command; the parameters of one that is `declared` are in its app."""

    structure: int
    interval: int
    enabled: bool
    declared: bool
    parameters: tuple[int, ...]


class StructureTable(msgspec.Struct, frozen=True, array_like=True):
    """The structures that were created, and the declared ones that are not as their app declares them."""

    structures: tuple[KeptStructure, ...] = ()


class HousekeepingStructures:
    """The housekeeping structures of a node, at most `capacity`, without a clock.

    `step` gives the reports that are due. A structure that was created by command holds parameters of service 20. The
    sampling interval is `tick_ms`.
    """

    PARAMETERS_MAX = 4096
    """Of all created structures together."""
    STATE_OCTETS_MAX = 16 + 256 * 16 + 5 * PARAMETERS_MAX

    def __init__(self, parameters: Parameters, *, tick_ms: int = 100, capacity: int = 64) -> None:
        self._parameters, self._tick_ns, self._capacity = parameters, tick_ms * _MS, capacity
        self._kept: dict[int, _Kept] = {}
        self._created: dict[int, _Kept] = {}  # those of `_kept` that no app declares
        self._set_aside: list[tuple[int, str]] = []

    def declare(self, structure: ReportEntry) -> None:
        """Add a structure that an app declares; it is enabled and reports each sample."""
        assert structure.id not in self._kept, structure
        self._kept[structure.id] = _Kept(0, True, [field.id for field in fields_of(structure)], declared=True)

    @property
    def state(self) -> StructureTable:
        """What was set by command."""
        changed = [item for item in self._kept.items() if not item[1].is_as_declared]
        return StructureTable(tuple(_state_of(*item) for item in changed))

    def restore(self, state: StructureTable) -> int:
        """Begin with `state`, after all structures were declared; returns how many of it this software cannot report.

        Those are structures that no app declares any more, or that a new one took the number of, or parameters of which
        there are no more.
        """
        misfits = 0
        for one in state.structures:
            declared = self._kept.get(one.structure)
            if declared and one.declared:
                declared.interval, declared.enabled = one.interval, one.enabled
            elif not declared and not one.declared and self._parameters.table.entries.keys() >= set(one.parameters):
                self._add(one.structure, _Kept(one.interval, one.enabled, list(one.parameters)))
            else:
                misfits += 1
        return misfits

    def accept(self, telemetry: Telemetry, now_ns: int) -> HousekeepingReport | None:
        """Take the sample of an app; returns its report, if one is due."""
        report = report_of(telemetry)
        self._parameters.accept_sample(report.structure, report.values)
        return report if self._kept[report.structure].is_due(now_ns, self._tick_ns) else None

    @property
    def deadline_ns(self) -> int | None:
        """When the next report is due; None while none is periodic."""
        if not self._created:  # as nearly always: this is asked at each turn of the loop
            return None
        return min([kept.due_ns for kept in self._created.values() if kept.enabled], default=None)

    def step(self, now_ns: int) -> Iterator[HousekeepingReport]:
        """The reports of created structures that are due. A report that was missed is not made later.

        A structure whose parameters have no sample yet makes none. One with a parameter that cannot be reported is
        disabled: `drain_set_aside` says so once.
        """
        for structure, kept in self._created.items():
            if kept.is_due(now_ns, self._tick_ns):
                report = self._report_or_disable(structure, kept)
                if report:
                    yield report

    def drain_set_aside(self) -> list[tuple[int, str]]:
        """The structures that were disabled since the last call because they cannot be reported, each with why."""
        taken, self._set_aside = self._set_aside, []
        return taken

    def handle(self, request: Request, now_ns: int) -> Iterator[Report]:
        """Answer one request. Raises RefusedError."""
        match request:
            case CreateStructure():
                self._create(request)
            case AppendParameters():
                self._append(request)
            case ModifyIntervals(intervals=intervals):
                execute_each(intervals, lambda change: self._modify(change, now_ns))
            case DeleteStructures(structures=structures):
                execute_each(structures, self._delete)
            case EnablePeriodic(structures=structures):
                execute_each(structures, lambda structure: self._enable(structure, now_ns))
            case DisablePeriodic(structures=structures):
                execute_each(structures, self._disable)
            case ReportStructures(structures=structures):
                yield from report_each(structures, self._content)
            case ReportOnce(structures=structures):
                yield from report_each(structures, self._report)
            case ReportProperties(structures=structures):
                yield from report_together(structures, self._properties, _properties_report)
            case _:
                raise not_mine(request)

    def _create(self, request: CreateStructure) -> None:
        if request.structure in self._kept:
            raise RefusedError(FailureCode.BAD_ARGUMENTS, f"structure {request.structure} exists")
        if len(self._kept) >= self._capacity:
            raise RefusedError(FailureCode.NOT_NOW, f"{self._capacity} structures exist, no more fit")
        self._check(request.parameters, request.groups, request.parameters)
        _check_interval(request.interval)
        self._add(request.structure, _Kept(request.interval, False, list(request.parameters)))

    def _add(self, structure: int, created: _Kept) -> None:
        self._kept[structure] = self._created[structure] = created

    def _append(self, request: AppendParameters) -> None:
        kept = self._changeable(request.structure)
        self._check(request.parameters, request.groups, [*kept.parameters, *request.parameters])
        again = set(kept.parameters) & set(request.parameters)
        if again:
            raise RefusedError(FailureCode.BAD_ARGUMENTS, f"parameter {min(again)} is in it already")
        kept.parameters += request.parameters

    def _check(self, parameters: list[int], groups: list[SuperCommutated], together: list[int]) -> None:
        """Raise RefusedError unless `parameters` may be added to a structure, which then has those of `together`."""
        if groups:
            raise RefusedError(FailureCode.BAD_ARGUMENTS, "nothing is sampled more than once in a report here")
        if len(set(parameters)) < len(parameters):
            raise RefusedError(FailureCode.BAD_ARGUMENTS, "a parameter occurs twice")
        if len(together) > ITEMS_MAX:
            raise RefusedError(FailureCode.BAD_ARGUMENTS, f"{len(together)} parameters, a structure has {ITEMS_MAX}")
        if sum(len(kept.parameters) for kept in self._created.values()) + len(parameters) > self.PARAMETERS_MAX:
            raise RefusedError(FailureCode.NOT_NOW, f"created structures have {self.PARAMETERS_MAX} parameters at most")
        if sum(map(self._parameters.table.octets_max, together)) > ITEM_OCTETS_MAX:
            raise RefusedError(FailureCode.BAD_ARGUMENTS, "the values may be more than a packet holds")

    def _modify(self, change: StructureInterval, now_ns: int) -> None:
        kept = self._known(change.structure)
        if not kept.declared:
            _check_interval(change.interval)
        kept.interval, kept.due_ns = change.interval, now_ns

    def _delete(self, structure: int) -> None:
        self._changeable(structure)
        del self._kept[structure], self._created[structure]

    def _enable(self, structure: int, now_ns: int) -> None:
        kept = self._known(structure)
        if not kept.enabled:
            kept.enabled, kept.due_ns = True, now_ns

    def _disable(self, structure: int) -> None:
        self._known(structure).enabled = False

    def _content(self, structure: int) -> StructureReport:
        kept = self._known(structure)
        return StructureReport(
            structure=structure, enabled=kept.enabled, interval=kept.interval, parameters=kept.parameters, groups=[]
        )

    def _properties(self, structure: int) -> StructureProperties:
        kept = self._known(structure)
        return StructureProperties(structure=structure, enabled=kept.enabled, interval=kept.interval)

    def _report(self, structure: int) -> HousekeepingReport:
        kept = self._known(structure)
        values = self._parameters.sample(structure) if kept.declared else b"".join(map(self._value, kept.parameters))
        return HousekeepingReport(structure=structure, values=values)

    def _report_or_disable(self, structure: int, kept: _Kept) -> HousekeepingReport | None:
        try:
            return self._report(structure)
        except RefusedError as error:
            if error.code is not FailureCode.NOT_NOW:
                kept.enabled = False
                self._set_aside.append((structure, str(error)))
            return None

    def _value(self, number: int) -> bytes:
        return self._parameters.encoded(number)[2:]

    def _known(self, structure: int) -> _Kept:
        if structure not in self._kept:
            raise RefusedError(FailureCode.BAD_ARGUMENTS, f"no structure {structure}")
        return self._kept[structure]

    def _changeable(self, structure: int) -> _Kept:
        kept = self._known(structure)
        if kept.declared:
            raise RefusedError(FailureCode.BAD_ARGUMENTS, f"structure {structure} is declared by an app")
        if kept.enabled:
            raise RefusedError(FailureCode.NOT_NOW, f"structure {structure} is reported periodically")
        return kept


def _state_of(structure: int, kept: _Kept) -> KeptStructure:
    parameters = () if kept.declared else tuple(kept.parameters)
    return KeptStructure(structure, kept.interval, kept.enabled, kept.declared, parameters)


def _properties_report(properties: list[StructureProperties]) -> PropertiesReport:
    return PropertiesReport(properties=properties)


def _check_interval(interval: int) -> None:
    if interval == 0:
        raise RefusedError(FailureCode.BAD_ARGUMENTS, "an interval of 0")
