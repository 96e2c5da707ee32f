"""A message type is a class that names its service, its subtype and its fields, as a record of the dictionary does.

class SetTimeReportRate(Request, service=9, subtype=1):
    rate: int = wire(Int8ub)
"""

from typing import ClassVar

from link.dictionary.declare import Record


class Message(Record):
    """A message: the class holds its service and its subtype, an instance the values of its fields."""

    __service__: ClassVar[int]
    __subtype__: ClassVar[int]

    def __init_subclass__(cls, *, service: int = 0, subtype: int = 0) -> None:
        cls.__service__, cls.__subtype__ = service, subtype


class Request(Message):
    """The message in a telecommand packet; its fields are the application data."""


class Report(Message):
    """The message in a telemetry packet; its fields are the source data."""
