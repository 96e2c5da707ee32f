"""Event-action, service 19 (ECSS-E-ST-70-41C §6.19, §8.19): an event that is reported releases a request."""

from link.dictionary.declare import Record
from link.dictionary.kinds import Counted, Flag, Int16ub, Octets, Rest
from link.dictionary.wires import wire
from link.pus.message import Report, Request


class EventReference(Record):
    """An event of an application process."""

    apid: int = wire(Int16ub)
    event: int = wire(Int16ub)


class _Events(Request):
    events: list[EventReference] = wire(count=Counted(8))


class AddAction(Request, service=19, subtype=1):
    """Release `request`, a packet, whenever an event is reported. Disabled at first; replaces what is disabled."""

    apid: int = wire(Int16ub)
    event: int = wire(Int16ub)
    request: bytes = wire(Octets(Rest()))


class DeleteActions(_Events, service=19, subtype=2):
    """Forget the actions of these events, which must be disabled."""


class DeleteAllActions(Request, service=19, subtype=3):
    """Forget all actions and disable the function."""


class EnableActions(_Events, service=19, subtype=4):
    """Act on these events; on all that have an action, if none is named."""


class DisableActions(_Events, service=19, subtype=5):
    """Do not act on these events; on none, if none is named."""


class ReportActionStatuses(Request, service=19, subtype=6):
    """Which actions are enabled?"""


class ActionStatus(Record):
    """Whether an event's action is enabled."""

    event: EventReference = wire()
    enabled: bool = wire(Flag)


class ActionStatusReport(Report, service=19, subtype=7):
    """Which actions are enabled."""

    statuses: list[ActionStatus] = wire(count=Counted(8))


class EnableActing(Request, service=19, subtype=8):
    """Act on events."""


class DisableActing(Request, service=19, subtype=9):
    """Act on no event."""


class ReportActions(_Events, service=19, subtype=10):
    """What is released on these events?"""


class ActionReport(Report, service=19, subtype=11):
    """What is released on an event."""

    apid: int = wire(Int16ub)
    event: int = wire(Int16ub)
    enabled: bool = wire(Flag)
    request: bytes = wire(Octets(Rest()))
