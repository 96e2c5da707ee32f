"""Every message type that is declared, by service and subtype."""

from collections.abc import Iterator
from types import ModuleType
from typing import TypeVar

from link.errors import DecodeError
from link.pus import events, functions, housekeeping, test, verification
from link.pus.message import Report, Request
from link.pus.packets import TcPacket, TmPacket

_Form = TypeVar("_Form", Report, Request)
_SERVICES: tuple[ModuleType, ...] = (verification, housekeeping, events, functions, test)


def _declared(base: type[_Form]) -> Iterator[tuple[tuple[int, int], type[_Form]]]:
    for module in _SERVICES:
        for item in vars(module).values():
            if isinstance(item, type) and issubclass(item, base) and item.__subtype__:
                yield (item.__service__, item.__subtype__), item


REPORTS: dict[tuple[int, int], type[Report]] = dict(_declared(Report))
REQUESTS: dict[tuple[int, int], type[Request]] = dict(_declared(Request))


def read_report(packet: TmPacket) -> Report:
    """The report in a telemetry packet. Raises DecodeError."""
    return _form(REPORTS, packet.service, packet.subtype).decode(packet.data)


def read_request(packet: TcPacket) -> Request:
    """The request in a telecommand packet. Raises DecodeError."""
    return _form(REQUESTS, packet.service, packet.subtype).decode(packet.data)


def _form(table: dict[tuple[int, int], type[_Form]], service: int, subtype: int) -> type[_Form]:
    try:
        return table[service, subtype]
    except KeyError:
        raise DecodeError(f"no message type {service},{subtype} is known") from None
