"""Service 14 on board (ECSS-E-ST-70-41C §6.14): reports of chosen types go down as soon as they are made."""

from collections.abc import Iterator

from fsw.pus.instructions import execute_each, not_mine
from fsw.pus.paging import pages
from link.pus.message import Report, Request
from link.pus.services.storage import (
    AddReportTypes,
    DeleteReportTypes,
    ForwardingReport,
    ProcessTypes,
    ReportForwarding,
    ServiceTypes,
)
from link.pus.services.verification import FailureCode, RefusedError

Selector = tuple[int, int | None, int | None]
"""The report types that are forwarded: APID, service and subtype; None stands for all."""


class ForwardControl:
    """Which reports of the processes `apids` are forwarded: none at first. At most `capacity` selectors."""

    def __init__(self, apids: set[int], *, capacity: int = 1024) -> None:
        self._apids, self._chosen, self._capacity = frozenset(apids), set[Selector](), capacity

    def allows(self, apid: int, service: int, subtype: int) -> bool:
        """Whether reports of this type are forwarded."""
        wanted = {(apid, None, None), (apid, service, None), (apid, service, subtype)}
        return not self._chosen.isdisjoint(wanted)

    def handle(self, request: Request) -> Iterator[Report]:
        """Answer one request. Raises RefusedError."""
        match request:
            case AddReportTypes(processes=processes):
                execute_each(processes, self._add)
            case DeleteReportTypes(processes=[]):
                self._chosen.clear()
            case DeleteReportTypes(processes=processes):
                execute_each(processes, self._delete)
            case ReportForwarding():
                contents = map(self._content, self._forwarded())
                yield from pages(contents, lambda processes: ForwardingReport(processes=processes))
            case _:
                raise not_mine(request)

    def _add(self, process: ProcessTypes) -> None:
        if process.apid not in self._apids:
            raise RefusedError(FailureCode.ILLEGAL_APID, f"no application process {process.apid}")
        chosen = self._chosen.union(_selectors(process))
        if len(chosen) > self._capacity:
            raise RefusedError(FailureCode.NOT_NOW, f"{self._capacity} report types can be chosen, no more")
        self._chosen = chosen

    def _delete(self, process: ProcessTypes) -> None:
        unknown = set(_selectors(process)) - self._chosen
        if unknown:
            raise RefusedError(FailureCode.BAD_ARGUMENTS, f"{process.apid} does not forward all of these")
        self._chosen.difference_update(_selectors(process))

    def _forwarded(self) -> list[int]:
        return sorted({apid for apid, _, _ in self._chosen})

    def _content(self, apid: int) -> ProcessTypes:
        own = sorted((service, subtype or 0) for one, service, subtype in self._chosen if one == apid and service)
        services = []
        for service in sorted({service for service, _ in own}):
            subtypes = [subtype for one, subtype in own if one == service and subtype]
            services.append(ServiceTypes(service=service, subtypes=subtypes))
        return ProcessTypes(apid=apid, services=services)


def _selectors(process: ProcessTypes) -> Iterator[Selector]:
    if not process.services:
        yield process.apid, None, None
    for types in process.services:
        if not types.subtypes:
            yield process.apid, types.service, None
        for subtype in types.subtypes:
            yield process.apid, types.service, subtype
