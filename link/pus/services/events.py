"""Event reporting, service 5 (ECSS-E-ST-70-41C §6.5, §8.5): one subtype for each severity; events can be
disabled one by one.
"""

from link.dictionary.declare import Event
from link.dictionary.kinds import Counted, Int16ub, Octets, Rest
from link.dictionary.model import Severity
from link.dictionary.wires import wire
from link.pus.message import Report, Request


class EventReport(Report):
    """The fields of an event report: the number of the event in the dictionary, and its auxiliary data."""

    event: int = wire(Int16ub)
    auxiliary: bytes = wire(Octets(Rest()))


class Information(EventReport, service=5, subtype=1):
    """A report of an event that is no anomaly."""


class LowSeverity(EventReport, service=5, subtype=2):
    """A report of an anomaly of low severity."""


class MediumSeverity(EventReport, service=5, subtype=3):
    """A report of an anomaly of medium severity."""


class HighSeverity(EventReport, service=5, subtype=4):
    """A report of an anomaly of high severity."""


class _Events(Request):
    events: list[int] = wire(Int16ub, count=Counted(8))


class EnableEvents(_Events, service=5, subtype=5):
    """Report the events of these numbers whenever they happen."""


class DisableEvents(_Events, service=5, subtype=6):
    """Report the events of these numbers no longer."""


class ReportDisabled(Request, service=5, subtype=7):
    """Report which events are disabled."""


class DisabledEvents(Report, service=5, subtype=8):
    """The numbers of the events that are disabled: the answer to ReportDisabled."""

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


def event_report(event: Event) -> EventReport:
    """The report of a declared event, of the subtype that its severity asks for."""
    return form_of(event.__severity__)(event=event.__id__, auxiliary=event.encode())
