"""Event reporting, service 5 (ECSS-E-ST-70-41C §8.5): one subtype for each severity."""

from link.dictionary.declare import Event
from link.dictionary.kinds import Int16ub, Octets, Rest
from link.dictionary.model import Severity
from link.dictionary.wires import wire
from link.pus.message import Report


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
