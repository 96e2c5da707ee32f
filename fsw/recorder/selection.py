"""Report types that are chosen by requests, of service 14 to be forwarded, of service 15 to be stored."""

from collections.abc import Collection, Iterator

from link.pus.services.storage import ProcessTypes, ServiceTypes
from link.pus.services.verification import FailureCode, RefusedError

Selector = tuple[int, int | None, int | None]
"""Report types: APID, service and subtype; None stands for all."""


def is_chosen(chosen: Collection[Selector], apid: int, service: int, subtype: int) -> bool:
    """Whether reports of this type are among the `chosen` ones."""
    return not {(apid, None, None), (apid, service, None), (apid, service, subtype)}.isdisjoint(chosen)


def with_types(
    chosen: frozenset[Selector], process: ProcessTypes, apids: Collection[int], most: int
) -> frozenset[Selector]:
    """The chosen types and those of `process`. Raises RefusedError for an APID that is none of `apids`, or too many."""
    if process.apid not in apids:
        raise RefusedError(FailureCode.ILLEGAL_APID, f"no application process {process.apid}")
    more = chosen.union(_selectors(process))
    if len(more) > most:
        raise RefusedError(FailureCode.NOT_NOW, f"{most} report types can be chosen, no more")
    return more


def without_types(chosen: frozenset[Selector], process: ProcessTypes) -> frozenset[Selector]:
    """The chosen types without those of `process`. Raises RefusedError where not all of them are chosen."""
    less = frozenset(_selectors(process))
    if less - chosen:
        raise RefusedError(FailureCode.BAD_ARGUMENTS, f"not all of these types of {process.apid} are chosen")
    return chosen - less


def chosen_types(chosen: Collection[Selector]) -> list[ProcessTypes]:
    """The chosen types as messages name them, in order."""
    return [_content(chosen, apid) for apid in sorted({apid for apid, _, _ in chosen})]


def _content(chosen: Collection[Selector], apid: int) -> ProcessTypes:
    own = sorted((service, subtype or 0) for one, service, subtype in chosen if one == apid and service is not None)
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
