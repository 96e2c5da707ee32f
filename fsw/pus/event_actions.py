"""Service 19 on board (ECSS-E-ST-70-41C §6.19): when an event is reported, the request of its action is released."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass

import msgspec

from fsw.pus.instructions import execute_each, not_mine, report_each
from fsw.pus.paging import ITEM_OCTETS_MAX, pages
from link.errors import DecodeError
from link.pus.message import Report, Request
from link.pus.packets import TcPacket
from link.pus.services.event_actions import (
    ActionReport,
    ActionStatus,
    ActionStatusReport,
    AddAction,
    DeleteActions,
    DeleteAllActions,
    DisableActing,
    DisableActions,
    EnableActing,
    EnableActions,
    EventReference,
    ReportActions,
    ReportActionStatuses,
)
from link.pus.services.verification import FailureCode, RefusedError


@dataclass(slots=True)
class _Action:
    packet: bytes
    form: int
    enabled: bool = False


class KeptAction(msgspec.Struct, frozen=True, array_like=True):
    """The action of `event` of `apid`: whether it is `enabled`, the `packet` that it releases, and what that means.

    The latter is its `form` (fsw/store/forms.py).
    """

    apid: int
    event: int
    enabled: bool
    packet: bytes
    form: int = 0


class ActionTable(msgspec.Struct, frozen=True, array_like=True):
    """All actions, and whether any is released."""

    enabled: bool = False
    actions: tuple[KeptAction, ...] = ()


class EventActions:
    """The actions of events, at most `capacity`. `packet_for` gives the packet that an event releases.

    `form` gives that of a request.
    """

    OCTETS_MAX = 131_072
    """Of the packets of all actions together."""
    STATE_OCTETS_MAX = 64 + OCTETS_MAX + 64 * 24

    def __init__(self, *, capacity: int = 64, form: Callable[[TcPacket], int] = lambda _: 0) -> None:
        self._capacity, self._form = capacity, form
        self.enabled = False
        self._actions: dict[tuple[int, int], _Action] = {}

    @property
    def state(self) -> ActionTable:
        """All actions as they were set by command."""
        items = self._actions.items()
        return ActionTable(
            self.enabled, tuple(KeptAction(*key, one.enabled, one.packet, one.form) for key, one in items)
        )

    def restore(self, state: ActionTable) -> int:
        """Begin with `state`; returns how many actions release what this software cannot read, or reads otherwise."""
        self.enabled, self._actions = state.enabled, {}
        for one in state.actions:
            with suppress(DecodeError):
                form = self._form(TcPacket.decode(one.packet))
                if one.form in (0, form):
                    self._actions[one.apid, one.event] = _Action(one.packet, form, one.enabled)
        return len(state.actions) - len(self._actions)

    def packet_for(self, apid: int, event: int) -> bytes | None:
        """The packet that is released because `event` of `apid` happened; None if there is none."""
        action = self._actions.get((apid, event))
        return action.packet if action and action.enabled and self.enabled else None

    def handle(self, request: Request) -> Iterator[Report]:
        """Answer one request. Raises RefusedError."""
        match request:
            case AddAction():
                self._add(request)
            case DeleteActions(events=events):
                execute_each(events, self._delete)
            case DeleteAllActions():
                self.enabled, self._actions = False, {}
            case EnableActions(events=events):
                self._switch(events, enabled=True)
            case DisableActions(events=events):
                self._switch(events, enabled=False)
            case EnableActing() | DisableActing():
                self.enabled = isinstance(request, EnableActing)
            case ReportActionStatuses():
                statuses = [ActionStatus(event=_named(key), enabled=one.enabled) for key, one in self._actions.items()]
                yield from pages(statuses, lambda page: ActionStatusReport(statuses=page))
            case ReportActions(events=events):
                yield from report_each(events, self._report)
            case _:
                raise not_mine(request)

    def _add(self, request: AddAction) -> None:
        key = (request.apid, request.event)
        if key in self._actions and self._actions[key].enabled:
            raise RefusedError(FailureCode.NOT_NOW, f"the action of event {request.event} is enabled")
        if key not in self._actions and len(self._actions) >= self._capacity:
            raise RefusedError(FailureCode.NOT_NOW, f"{self._capacity} actions exist, no more fit")
        if len(request.request) > ITEM_OCTETS_MAX:
            raise RefusedError(FailureCode.BAD_ARGUMENTS, f"a request of {len(request.request)} octets is too long")
        others = sum(len(one.packet) for known, one in self._actions.items() if known != key)
        if others + len(request.request) > self.OCTETS_MAX:
            raise RefusedError(FailureCode.NOT_NOW, f"{others} octets of requests are kept, this one does not fit")
        try:
            form = self._form(TcPacket.decode(request.request))
        except DecodeError as error:
            raise RefusedError(FailureCode.BAD_ARGUMENTS, str(error)) from None
        self._actions[key] = _Action(request.request, form)

    def _delete(self, event: EventReference) -> None:
        if self._known(event).enabled:
            raise RefusedError(FailureCode.NOT_NOW, f"the action of event {event.event} is enabled")
        del self._actions[event.apid, event.event]

    def _switch(self, events: list[EventReference], *, enabled: bool) -> None:
        def switch(event: EventReference) -> None:
            self._known(event).enabled = enabled

        execute_each(events or [_named(key) for key in self._actions], switch)

    def _report(self, event: EventReference) -> ActionReport:
        action = self._known(event)
        return ActionReport(apid=event.apid, event=event.event, enabled=action.enabled, request=action.packet)

    def _known(self, event: EventReference) -> _Action:
        if (event.apid, event.event) not in self._actions:
            raise RefusedError(FailureCode.BAD_ARGUMENTS, f"no action for event {event.event} of {event.apid}")
        return self._actions[event.apid, event.event]


def _named(key: tuple[int, int]) -> EventReference:
    return EventReference(apid=key[0], event=key[1])
