"""All declared message types by service and subtype, and how to read the message in a packet.

The module of a service is imported when the service is first asked for: a node pays only for those that it offers.
"""

from functools import cache
from importlib import import_module
from typing import TypeVar

from link.errors import DecodeError
from link.pus.message import Report, Request
from link.pus.packets import TcPacket, TmPacket

_Form = TypeVar("_Form", Report, Request)
MessageType = tuple[int, int]
"""A message type: its service and its subtype."""
SERVICES: dict[int, str] = {
    1: "verification",
    3: "housekeeping",
    5: "events",
    6: "memory",
    8: "functions",
    9: "time",
    11: "scheduling",
    12: "monitoring",
    13: "large_packets",
    14: "forwarding",
    15: "storage",
    17: "test",
    19: "event_actions",
    20: "parameters",
    21: "sequencing",
    22: "position_scheduling",
    23: "files",
}
"""What each service is called, which is also its module in link/pus/services, but for those of `_ELSEWHERE`."""
_ELSEWHERE = {14: "storage", 21: "automation.sequencing", 22: "scheduling"}
"""The module in link/pus/services of a service that shares one; with a dot, one of a package in it."""


@cache
def reports_of(service: int) -> dict[int, type[Report]]:
    """The report types of a service by subtype; empty for an unknown service."""
    return _declared(service, Report)


@cache
def requests_of(service: int) -> dict[int, type[Request]]:
    """The request types of a service by subtype; empty for an unknown service."""
    return _declared(service, Request)


def _declared(service: int, base: type[_Form]) -> dict[int, type[_Form]]:
    if service not in SERVICES:
        return {}
    items = vars(import_module(f"link.pus.services.{_ELSEWHERE.get(service, SERVICES[service])}")).values()
    forms = [item for item in items if isinstance(item, type) and issubclass(item, base)]
    return {form.__subtype__: form for form in forms if form.__service__ == service}


def read_report(packet: TmPacket) -> Report:
    """The report in a telemetry packet. Raises DecodeError."""
    form = reports_of(packet.service).get(packet.subtype)
    if form is None:
        raise _unknown(packet.service, packet.subtype)
    return form.decode(packet.data)


def read_request(packet: TcPacket) -> Request:
    """The request in a telecommand packet. Raises DecodeError."""
    form = requests_of(packet.service).get(packet.subtype)
    if form is None:
        raise _unknown(packet.service, packet.subtype)
    return form.decode(packet.data)


def _unknown(service: int, subtype: int) -> DecodeError:
    return DecodeError(f"no message type {service},{subtype} is known")
