"""Event reporting, service 5 (ECSS-E-ST-70-41C §6.5, §8.5): one subtype for each severity; events can be silenced."""

from collections.abc import Iterable, Iterator

from link.dictionary.declare import Event
from link.dictionary.kinds import Counted, Int16ub, Octets, Rest
from link.dictionary.model import Severity
from link.dictionary.wires import wire
from link.pus.message import Report, Request
from link.pus.paging import pages
from link.pus.services.verification import FailureCode, RefusedError, execute_each, not_mine


class EventReport(Report):
    """Which event happened, and its auxiliary data."""

    event: int = wire(Int16ub)
    auxiliary: bytes = wire(Octets(Rest()))


class Information(EventReport, service=5, subtype=1):
    """Something worth knowing."""


class LowSeverity(EventReport, service=5, subtype=2):
    """An anomaly of low severity."""


class MediumSeverity(EventReport, service=5, subtype=3):
    """An anomaly of medium severity."""


class HighSeverity(EventReport, service=5, subtype=4):
    """An anomaly of high severity."""


class _Events(Request):
    events: list[int] = wire(Int16ub, count=Counted(8))


class EnableEvents(_Events, service=5, subtype=5):
    """Report these events again."""


class DisableEvents(_Events, service=5, subtype=6):
    """Report these events no longer."""


class ReportDisabled(Request, service=5, subtype=7):
    """Which events are disabled?"""


class DisabledEvents(Report, service=5, subtype=8):
    """The events that are disabled."""

    events: list[int] = wire(Int16ub, count=Counted(8))


_BY_SEVERITY: dict[Severity, type[EventReport]] = {
    "info": Information,
    "low": LowSeverity,
    "medium": MediumSeverity,
    "high": HighSeverity,
}


def form_of(severity: Severity) -> type[EventReport]:
    """The message type that reports events of `severity`."""
    return _BY_SEVERITY[severity]


def report_of(event: Event) -> EventReport:
    """The report of a declared event, of the subtype that its severity asks for."""
    return form_of(event.__severity__)(event=event.__id__, auxiliary=event.encode())


class EventControl:
    """Which of the events `known` are reported."""

    def __init__(self, known: Iterable[int]) -> None:
        self._known, self._disabled = frozenset(known), set[int]()

    def allows(self, event: int) -> bool:
        """Whether it is to be reported."""
        return event not in self._disabled

    def handle(self, request: Request) -> Iterator[Report]:
        """Answer one request. Raises RefusedError."""
        match request:
            case EnableEvents(events=events):
                execute_each(events, lambda event: self._disabled.discard(self._checked(event)))
            case DisableEvents(events=events):
                execute_each(events, lambda event: self._disabled.add(self._checked(event)))
            case ReportDisabled():
                yield from pages(sorted(self._disabled), lambda events: DisabledEvents(events=events))
            case _:
                raise not_mine(request)

    def _checked(self, event: int) -> int:
        if event not in self._known:
            raise RefusedError(FailureCode.BAD_ARGUMENTS, f"no event {event}")
        return event
