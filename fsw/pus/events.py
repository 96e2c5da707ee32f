"""Service 5 on board (ECSS-E-ST-70-41C §6.5): events are reported unless they are disabled."""

from collections.abc import Iterable, Iterator

import msgspec

from fsw.pus.instructions import execute_each, not_mine
from fsw.pus.paging import pages
from link.pus.message import Report, Request
from link.pus.services.events import DisabledEvents, DisableEvents, EnableEvents, ReportDisabled
from link.pus.services.verification import FailureCode, RefusedError


class EventSwitches(msgspec.Struct, frozen=True, array_like=True):
    """The events whose reports are disabled, in ascending order."""

    disabled: tuple[int, ...] = ()


class EventControl:
    """Which of the events `known` are reported: all at first."""

    STATE_OCTETS_MAX = 16 + 3 * 4096

    def __init__(self, known: Iterable[int]) -> None:
        self._known, self._disabled = frozenset(known), set[int]()

    @property
    def state(self) -> EventSwitches:
        """The events that were disabled by command."""
        return EventSwitches(tuple(sorted(self._disabled)))

    def restore(self, state: EventSwitches) -> int:
        """Begin with `state`; returns how many of its events this software does not have."""
        self._disabled = {event for event in state.disabled if event in self._known}
        return len(state.disabled) - len(self._disabled)

    def allows(self, event: int) -> bool:
        """Whether `event` is to be reported."""
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
