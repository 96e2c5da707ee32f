"""Service 12 on board (ECSS-E-ST-70-41C §6.12): parameters are checked, and what is not as it should be is reported.

A definition checks one parameter of service 20: against an expected value, against limits, or its change from sample to
sample against thresholds. A definition takes a new status once `repetitions` checks in a row have found it; then the
transition is reported, and the event that the definition names is raised.
"""

from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from math import isnan, nan

import msgspec

from fsw.pus.instructions import execute_each, not_mine, report_together
from fsw.pus.paging import pages
from link.errors import DecodeError
from link.pus.message import Report, Request
from link.pus.services.monitoring import (
    AddDefinitions,
    CheckStatus,
    CheckTransitions,
    CheckType,
    DefinitionReport,
    DefinitionStatus,
    DeleteAllDefinitions,
    DeleteDefinitions,
    DisableDefinitions,
    DisableMonitoring,
    EnableDefinitions,
    EnableMonitoring,
    ModifyDefinitions,
    MonitoringDefinition,
    OutOfLimits,
    ReportDefinitions,
    ReportOutOfLimits,
    ReportStatuses,
    StatusReport,
    Transition,
)
from link.pus.services.verification import FailureCode, RefusedError

_MS = 1_000_000


@dataclass(slots=True)
class _Watch:
    definition: MonitoringDefinition
    enabled: bool = False
    status: CheckStatus = CheckStatus.UNCHECKED
    seen: CheckStatus = CheckStatus.UNCHECKED
    times: int = 0
    due_ns: int = 0
    samples: list[float] = field(default_factory=list)
    last: Transition | None = None

    def restart(self, *, enabled: bool, now_ns: int) -> None:
        """Forget all samples and begin anew, enabled or not."""
        self.enabled, self.due_ns, self.samples, self.last = enabled, now_ns, [], None
        self.status = self.seen = CheckStatus.UNCHECKED
        self.times = 0


class CheckTable(msgspec.Struct, frozen=True, array_like=True):
    """Monitoring: whether it is `enabled`, and each definition as encoded, with whether it is checked."""

    enabled: bool = True
    definitions: tuple[tuple[bytes, bool], ...] = ()


class Monitor:
    """The monitoring definitions of a node, at most `capacity`, without a clock.

    `read` gives the value of a parameter; the sampling interval is `tick_ms`. Definitions may name `events`, no others.
    `unreadable` counts the checks whose parameter could not be read.
    """

    STATE_OCTETS_MAX = 16 + 64 * 96

    def __init__(
        self, read: Callable[[int], float], events: Collection[int], *, tick_ms: int = 100, capacity: int = 64
    ) -> None:
        self._read, self._events = read, frozenset(events)
        self._tick_ns, self._capacity = tick_ms * _MS, capacity
        self.enabled, self.unreadable = True, 0
        self._watches: dict[int, _Watch] = {}

    @property
    def state(self) -> CheckTable:
        """The definitions as they were set by command; what the checks have seen is not part of it."""
        watches = self._watches.values()
        return CheckTable(self.enabled, tuple((watch.definition.encode(), watch.enabled) for watch in watches))

    def restore(self, state: CheckTable) -> int:
        """Begin with `state`, all checks anew; returns how many definitions cannot be read, or raise unknown events."""
        self.enabled, self._watches = state.enabled, {}
        for octets, enabled in state.definitions:
            with suppress(DecodeError):
                definition = MonitoringDefinition.decode(octets)
                if self._events.issuperset(_named_events(definition)):
                    self._watches[definition.number] = _Watch(definition, enabled)
        return len(state.definitions) - len(self._watches)

    @property
    def deadline_ns(self) -> int | None:
        """When the next check is due; None while there is none."""
        if not self.enabled or not self._watches:
            return None
        return min([watch.due_ns for watch in self._watches.values() if watch.enabled], default=None)

    def step(self, now_ns: int, utc_ns: int) -> tuple[list[tuple[int, Transition]], list[Report]]:
        """Make the checks that are due: the events to raise, each with its transition, and reports of all transitions.

        `now_ns` is monotonic time and says which checks are due; `utc_ns` stamps the transitions.
        """
        events, transitions = [], []
        for watch in self._watches.values():
            if self.enabled and watch.enabled and watch.due_ns <= now_ns:
                watch.due_ns = now_ns + watch.definition.interval * self._tick_ns
                transition = self._check(watch, utc_ns)
                if transition:
                    transitions.append(transition)
                    event = _event(watch.definition, transition.now)
                    events += [(event, transition)] if event else []
        return events, list(pages(transitions, _transitions_report)) if transitions else []

    def handle(self, request: Request, now_ns: int) -> Iterator[Report]:
        """Answer one request. Raises RefusedError."""
        match request:
            case EnableDefinitions(definitions=numbers):
                execute_each(numbers, lambda number: self._known(number).restart(enabled=True, now_ns=now_ns))
            case DisableDefinitions(definitions=numbers):
                execute_each(numbers, lambda number: self._known(number).restart(enabled=False, now_ns=now_ns))
            case DeleteAllDefinitions():
                self._delete_all()
            case AddDefinitions(definitions=definitions):
                execute_each(definitions, self._add)
            case ModifyDefinitions(definitions=definitions):
                execute_each(definitions, lambda definition: self._modify(definition, now_ns))
            case DeleteDefinitions(definitions=numbers):
                execute_each(numbers, self._delete)
            case EnableMonitoring() | DisableMonitoring():
                self.enabled = isinstance(request, EnableMonitoring)
            case _:
                yield from self._reports(request)

    def _reports(self, request: Request) -> Iterator[Report]:
        match request:
            case ReportDefinitions(definitions=numbers):
                yield from report_together(numbers or self._watches, self._definition, _definition_report)
            case ReportOutOfLimits():
                last = [
                    watch.last
                    for watch in self._watches.values()
                    if watch.status in (CheckStatus.LOW, CheckStatus.HIGH)
                ]
                yield from pages((one for one in last if one), lambda page: OutOfLimits(transitions=page))
            case ReportStatuses():
                found = [DefinitionStatus(number=number, status=one.status) for number, one in self._watches.items()]
                yield from pages(found, lambda page: StatusReport(statuses=page))
            case _:
                raise not_mine(request)

    def _check(self, watch: _Watch, utc_ns: int) -> Transition | None:
        """Check once; the transition, if the status was found often enough to be taken."""
        value, seen = self._look(watch)
        watch.times = watch.times + 1 if seen is watch.seen else 1
        watch.seen = seen
        if seen is watch.status or watch.times < watch.definition.repetitions:
            return None
        watch.last = Transition(
            number=watch.definition.number,
            parameter=watch.definition.parameter,
            check=watch.definition.check,
            value=value,
            crossed=_crossed(watch.definition, seen),
            before=watch.status,
            now=seen,
            time=utc_ns,
        )
        watch.status = seen
        return watch.last

    def _look(self, watch: _Watch) -> tuple[float, CheckStatus]:
        """The value and the status that it means: UNCHECKED, and counted, if the parameter cannot be read."""
        try:
            return self._judge(watch)
        except (RefusedError, ArithmeticError, ValueError):
            self.unreadable += 1
            watch.samples = []
            return nan, CheckStatus.UNCHECKED

    def _judge(self, watch: _Watch) -> tuple[float, CheckStatus]:
        definition = watch.definition
        value = self._value(definition.parameter)
        valid = int(self._value(definition.validity_parameter)) if definition.validity_parameter else 0
        if definition.validity_parameter and valid & definition.validity_mask != definition.valid_value:
            watch.samples = []
            return value, CheckStatus.INVALID
        if isnan(value):
            return value, CheckStatus.INVALID
        if definition.check is CheckType.EXPECTED_VALUE:
            return value, CheckStatus.GOOD if int(value) & (
                definition.mask or 0
            ) == definition.expected else CheckStatus.LOW
        if definition.check is CheckType.LIMITS:
            return value, _against(definition, value)
        return self._change(watch, value)

    def _value(self, number: int) -> float:
        """The value of a parameter. Whatever its owner raises becomes a RefusedError: it may be a user's own app."""
        try:
            return self._read(number)
        except RefusedError:
            raise
        except Exception as error:
            sentence = f"parameter {number} cannot be read: {type(error).__name__}"
            raise RefusedError(FailureCode.EXECUTION_FAILED, sentence) from error

    def _change(self, watch: _Watch, value: float) -> tuple[float, CheckStatus]:
        """The mean change over the last samples and its status: UNCHECKED while there are too few samples."""
        wanted = (watch.definition.consecutive or 1) + 1
        watch.samples = [*watch.samples, value][-wanted:]
        if len(watch.samples) < wanted:
            return value, CheckStatus.UNCHECKED
        mean = (watch.samples[-1] - watch.samples[0]) / (wanted - 1)
        return mean, _against(watch.definition, mean)

    def _add(self, definition: MonitoringDefinition) -> None:
        if definition.number in self._watches:
            raise RefusedError(FailureCode.BAD_ARGUMENTS, f"definition {definition.number} exists")
        if len(self._watches) >= self._capacity:
            raise RefusedError(FailureCode.NOT_NOW, f"{self._capacity} definitions exist, no more fit")
        self._check_sense(definition)
        self._watches[definition.number] = _Watch(definition)

    def _modify(self, definition: MonitoringDefinition, now_ns: int) -> None:
        watch = self._known(definition.number)
        self._check_sense(definition)
        watch.definition = definition
        watch.restart(enabled=watch.enabled, now_ns=now_ns)

    def _check_sense(self, definition: MonitoringDefinition) -> None:
        for event in _named_events(definition):
            if event not in self._events:
                raise RefusedError(FailureCode.BAD_ARGUMENTS, f"event {event} is not one that checks raise")
        for number in filter(None, (definition.parameter, definition.validity_parameter)):
            self._value(number)
        if definition.interval == 0 or definition.repetitions == 0:
            raise RefusedError(FailureCode.BAD_ARGUMENTS, "an interval or number of repetitions of 0")
        if definition.low is not None and definition.high is not None and not definition.low < definition.high:
            raise RefusedError(FailureCode.BAD_ARGUMENTS, f"limits {definition.low:g}..{definition.high:g}")

    def _delete(self, number: int) -> None:
        if self._known(number).enabled:
            raise RefusedError(FailureCode.NOT_NOW, f"definition {number} is enabled")
        del self._watches[number]

    def _delete_all(self) -> None:
        if self.enabled:
            raise RefusedError(FailureCode.NOT_NOW, "monitoring is enabled")
        self._watches = {}

    def _definition(self, number: int) -> MonitoringDefinition:
        return self._known(number).definition

    def _known(self, number: int) -> _Watch:
        if number not in self._watches:
            raise RefusedError(FailureCode.BAD_ARGUMENTS, f"no definition {number}")
        return self._watches[number]


def _named_events(definition: MonitoringDefinition) -> list[int]:
    named = (definition.unexpected_event, definition.low_event, definition.high_event)
    return [event for event in named if event]


def _transitions_report(transitions: list[Transition]) -> CheckTransitions:
    return CheckTransitions(transitions=transitions)


def _definition_report(definitions: list[MonitoringDefinition]) -> DefinitionReport:
    return DefinitionReport(definitions=definitions)


def _against(definition: MonitoringDefinition, value: float) -> CheckStatus:
    assert definition.low is not None
    assert definition.high is not None
    if value < definition.low:
        return CheckStatus.LOW
    return CheckStatus.HIGH if value > definition.high else CheckStatus.GOOD


def _event(definition: MonitoringDefinition, status: CheckStatus) -> int:
    """The event to raise on the transition to `status`; 0 for none."""
    low = definition.unexpected_event if definition.check is CheckType.EXPECTED_VALUE else definition.low_event
    events = {CheckStatus.LOW: low, CheckStatus.HIGH: definition.high_event}
    return events.get(status) or 0


def _crossed(definition: MonitoringDefinition, status: CheckStatus) -> float:
    """The limit that the value is beyond, or the expected value that it differs from."""
    if definition.check is CheckType.EXPECTED_VALUE:
        return float(definition.expected or 0)
    return float((definition.high if status is CheckStatus.HIGH else definition.low) or 0)
