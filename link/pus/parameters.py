"""Parameter management, service 20 (ECSS-E-ST-70-41C §6.20, §8.20): values on board, read and set by identifier.

A value is written as its parameter's kind says, so a message can only be cut up by whoever knows the parameters:
`ParameterTable`, on board and on the ground alike.
"""

from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from typing import Any

from link.dictionary.codec import Codec
from link.dictionary.cursor import Reader
from link.dictionary.domain import check_range
from link.dictionary.kinds import Counted, Enumeration, Int8ub, Int16ub, Octets, Rest
from link.dictionary.model import Parameter
from link.dictionary.wires import wire
from link.errors import DecodeError
from link.pus.message import Report, Request
from link.pus.verification import FailureCode, RefusedError, execute_each, not_mine

_ID_OCTETS = 2


class ReportValues(Request, service=20, subtype=1):
    """Report the values of these parameters."""

    parameters: list[int] = wire(Int16ub, count=Counted(8))


class ParameterValues(Report, service=20, subtype=2):
    """`count` times a parameter's identifier and its value."""

    count: int = wire(Int8ub)
    values: bytes = wire(Octets(Rest()))


class SetValues(Request, service=20, subtype=3):
    """`count` times a parameter's identifier and the value it is to have."""

    count: int = wire(Int8ub)
    values: bytes = wire(Octets(Rest()))


class ParameterTable:
    """The parameters of a dictionary: their entries and codecs by identifier."""

    def __init__(self, entries: Iterable[Parameter]) -> None:
        self.entries = {entry.id: entry for entry in entries}
        self._codecs = {entry.id: Codec((entry.field,)) for entry in self.entries.values()}

    def entry(self, number: int) -> Parameter:
        """The entry of parameter `number`. Raises RefusedError if there is none."""
        if number not in self.entries:
            raise RefusedError(FailureCode.BAD_ARGUMENTS, f"no parameter {number}")
        return self.entries[number]

    def encode(self, number: int, value: Any) -> bytes:
        """Identifier and value. Raises ValueError for a value that the parameter cannot have."""
        field = self.entry(number).field
        check_range(field, value)
        return number.to_bytes(_ID_OCTETS) + self._codecs[number].encode([value])

    def decode(self, count: int, octets: bytes) -> Iterator[tuple[int, Any]]:
        """`count` identifiers and values. Raises DecodeError, also for a parameter that is not known."""
        reader = Reader(octets)
        for _ in range(count):
            number = int.from_bytes(reader.take(8 * _ID_OCTETS))
            if number not in self._codecs:
                raise DecodeError(f"no parameter {number}; what follows it cannot be read")
            (value,) = self._codecs[number].read(reader, ())
            reader.skip(-reader.at % 8)
            yield number, value
        if reader.left:
            raise DecodeError(f"{reader.left // 8} octets more than expected")

    def set_values(self, values: Mapping[int, Any]) -> SetValues:
        """The request that sets these values. Raises ValueError for one that cannot be."""
        return SetValues(count=len(values), values=b"".join(self.encode(*pair) for pair in values.items()))


class Parameters:
    """Service 20 on board. `owners` are the apps by name: parameter "thermal.gain" is attribute `gain` of "thermal"."""

    def __init__(self, table: ParameterTable, owners: Mapping[str, Any]) -> None:
        self.table, self._owners = table, dict(owners)

    def read(self, number: int) -> Any:
        """The value of parameter `number`. Raises RefusedError."""
        owner, attribute = self._place(number)
        return getattr(owner, attribute)

    def write(self, number: int, value: Any) -> None:
        """Set parameter `number`, if it is in its range. Raises RefusedError."""
        field = self.table.entry(number).field
        try:
            check_range(field, value)
        except ValueError as error:
            raise RefusedError(FailureCode.BAD_ARGUMENTS, str(error)) from None
        owner, attribute = self._place(number)
        before = getattr(owner, attribute)
        if isinstance(before, Enum) and isinstance(field.kind, Enumeration):
            value = _member(type(before), field.kind.labels.get(value, value))
        setattr(owner, attribute, value)

    def handle(self, request: Request) -> Iterator[Report]:
        """Answer one request. Raises RefusedError."""
        match request:
            case ReportValues(parameters=numbers):
                values = [self.table.encode(number, self.read(number)) for number in numbers]
                yield ParameterValues(count=len(values), values=b"".join(values))
            case SetValues(count=count, values=octets):
                try:
                    pairs = list(self.table.decode(count, octets))
                except DecodeError as error:
                    raise RefusedError(FailureCode.BAD_ARGUMENTS, str(error)) from None
                execute_each(pairs, lambda pair: self.write(*pair))
            case _:
                raise not_mine(request)

    def _place(self, number: int) -> tuple[Any, str]:
        app, _, attribute = self.table.entry(number).name.rpartition(".")
        return self._owners[app], attribute


def _member(members: type[Enum], value: Any) -> Enum:
    try:
        return members(value)
    except ValueError as error:
        raise RefusedError(FailureCode.BAD_ARGUMENTS, str(error)) from None
