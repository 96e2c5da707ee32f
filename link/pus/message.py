"""Message types are declared as the dictionary's records are: a class says service, subtype and fields.

class Ping(Request, service=17, subtype=1): ...
"""

from typing import ClassVar

from link.dictionary.declare import Record


class Message(Record):
    """One message type: its service, its subtype, its fields."""

    __service__: ClassVar[int]
    __subtype__: ClassVar[int]

    def __init_subclass__(cls, *, service: int = 0, subtype: int = 0) -> None:
        cls.__service__, cls.__subtype__ = service, subtype


class Request(Message):
    """What a telecommand packet holds: its fields are the application data."""


class Report(Message):
    """What a telemetry packet holds: its fields are the source data."""
