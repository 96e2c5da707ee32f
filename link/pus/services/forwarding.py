"""Real-time forwarding control, service 14 (ECSS-E-ST-70-41C §6.14, §8.14): which reports go down as they are made."""

from collections.abc import Iterator

from link.dictionary.declare import Record
from link.dictionary.kinds import Counted, Int8ub, Int16ub
from link.dictionary.wires import wire
from link.pus.message import Report, Request
from link.pus.paging import pages
from link.pus.services.verification import FailureCode, RefusedError, execute_each, not_mine


class ServiceTypes(Record):
    """Report types of a service; all of them, if none is named."""

    service: int = wire(Int8ub)
    subtypes: list[int] = wire(Int8ub, count=Counted(8))


class ProcessTypes(Record):
    """Report types of an application process; all of them, if no service is named."""

    apid: int = wire(Int16ub)
    services: list[ServiceTypes] = wire(count=Counted(8))


class AddReportTypes(Request, service=14, subtype=1):
    """Forward these from now on."""

    processes: list[ProcessTypes] = wire(count=Counted(8))


class DeleteReportTypes(Request, service=14, subtype=2):
    """Forward these no longer; nothing at all, if none is named."""

    processes: list[ProcessTypes] = wire(count=Counted(8))


class ReportForwarding(Request, service=14, subtype=3):
    """What is forwarded?"""


class ForwardingReport(Report, service=14, subtype=4):
    """What is forwarded."""

    processes: list[ProcessTypes] = wire(count=Counted(8))


Selector = tuple[int, int | None, int | None]
"""APID, service and subtype; None stands for any."""


class ForwardControl:
    """Service 14 on board, at first forwarding nothing of the processes `apids`. At most `capacity` selectors."""

    def __init__(self, apids: set[int], *, capacity: int = 1024) -> None:
        self._apids, self._chosen, self._capacity = frozenset(apids), set[Selector](), capacity

    def allows(self, apid: int, service: int, subtype: int) -> bool:
        """Whether a report of this type goes down now."""
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
