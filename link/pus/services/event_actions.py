"""Event-action, service 19 (ECSS-E-ST-70-41C §6.19, §8.19): an event that happens releases a request."""

from link.dictionary.declare import Record
from link.dictionary.kinds import Counted, Flag, Int16ub, Octets, Rest
from link.dictionary.wires import wire
from link.pus.message import Report, Request


class EventReference(Record):
    """An event: the application process that reports it, and its number there."""

    apid: int = wire(Int16ub)
    event: int = wire(Int16ub)


class _Events(Request):
    events: list[EventReference] = wire(count=Counted(8))


class AddAction(Request, service=19, subtype=1):
    """Release `request`, a packet, whenever an event is reported. Disabled at first; replaces a disabled action."""

    apid: int = wire(Int16ub)
    event: int = wire(Int16ub)
    request: bytes = wire(Octets(Rest()))


class DeleteActions(_Events, service=19, subtype=2):
    """Delete the actions of these events, which must be disabled."""


class DeleteAllActions(Request, service=19, subtype=3):
    """Delete all actions, enabled or not, and act on no event."""


class EnableActions(_Events, service=19, subtype=4):
    """Enable the actions of these events; all actions, if no event is named."""


class DisableActions(_Events, service=19, subtype=5):
    """Disable the actions of these events; all actions, if no event is named."""


class ReportActionStatuses(Request, service=19, subtype=6):
    """Report which actions are enabled."""


class ActionStatus(Record):
    """Whether the action of an event is enabled."""

    event: EventReference = wire()
    enabled: bool = wire(Flag)


class ActionStatusReport(Report, service=19, subtype=7):
    """Whether the action of each event is enabled: the answer to ReportActionStatuses."""

    statuses: list[ActionStatus] = wire(count=Counted(8))


class EnableActing(Request, service=19, subtype=8):
    """Release the requests of enabled actions when their events are reported."""


class DisableActing(Request, service=19, subtype=9):
    """Release no request on any event, whatever action is enabled."""


class ReportActions(_Events, service=19, subtype=10):
    """Report what the actions of these events are."""


class ActionReport(Report, service=19, subtype=11):
    """The action of an event: the packet that it releases, and whether it is enabled."""

    apid: int = wire(Int16ub)
    event: int = wire(Int16ub)
    enabled: bool = wire(Flag)
    request: bytes = wire(Octets(Rest()))
