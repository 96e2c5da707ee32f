"""Event reporting, service 5 (ECSS-E-ST-70-41C §6.5, §8.5): one subtype for each severity; events can be silenced."""

from link.dictionary.declare import Event
from link.dictionary.kinds import Counted, Int16ub, Octets, Rest
from link.dictionary.model import Severity
from link.dictionary.wires import wire
from link.pus.message import Report, Request


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
