"""Service 14 on board (ECSS-E-ST-70-41C §6.14): reports of chosen types go down as soon as they are made."""

from collections.abc import Iterator

import msgspec

from fsw.pus.instructions import execute_each, not_mine
from fsw.pus.paging import pages
from fsw.recorder.selection import Selector, chosen_types, is_chosen, with_types, without_types
from link.pus.message import Report, Request
from link.pus.services.storage import (
    AddReportTypes,
    DeleteReportTypes,
    ForwardingReport,
    ProcessTypes,
    ReportForwarding,
)


class Forwarded(msgspec.Struct, frozen=True, array_like=True):
    """The report types that were chosen, in ascending order; None, which stands for all, comes first."""

    chosen: tuple[Selector, ...] = ()


class ForwardControl:
    """Which reports of the processes `apids` are forwarded: none at first. At most `capacity` selectors."""

    STATE_OCTETS_MAX = 16 + 10 * 1024

    def __init__(self, apids: set[int], *, capacity: int = 1024) -> None:
        self._apids, self._chosen, self._capacity = frozenset(apids), frozenset[Selector](), capacity

    def allows(self, apid: int, service: int, subtype: int) -> bool:
        """Whether reports of this type are forwarded."""
        return is_chosen(self._chosen, apid, service, subtype)

    @property
    def state(self) -> Forwarded:
        """The report types that were chosen."""
        return Forwarded(tuple(sorted(self._chosen, key=lambda one: (one[0], one[1] or 0, one[2] or 0))))

    def restore(self, state: Forwarded) -> int:
        """Begin with `state`; returns how many of its types are of no process of this node."""
        self._chosen = frozenset(selector for selector in state.chosen if selector[0] in self._apids)
        return len(set(state.chosen)) - len(self._chosen)

    def handle(self, request: Request) -> Iterator[Report]:
        """Answer one request. Raises RefusedError."""
        match request:
            case AddReportTypes(processes=processes):
                execute_each(processes, self._add)
            case DeleteReportTypes(processes=[]):
                self._chosen = frozenset()
            case DeleteReportTypes(processes=processes):
                execute_each(processes, self._delete)
            case ReportForwarding():
                yield from pages(chosen_types(self._chosen), lambda processes: ForwardingReport(processes=processes))
            case _:
                raise not_mine(request)

    def _add(self, process: ProcessTypes) -> None:
        self._chosen = with_types(self._chosen, process, self._apids, self._capacity)

    def _delete(self, process: ProcessTypes) -> None:
        self._chosen = without_types(self._chosen, process)
