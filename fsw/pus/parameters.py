"""Service 20 on board (ECSS-E-ST-70-41C §6.20): the values of parameters, read and set by identifier.

A parameter is an attribute of an app, or a field of a housekeeping structure, which can be read and not set.
"""

from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from typing import Any

from fsw.pus.instructions import execute_each, not_mine, report_together
from fsw.pus.paging import ITEM_OCTETS_MAX
from link.dictionary.codec.record import Codec
from link.dictionary.domain import check_range
from link.dictionary.kinds import Enumeration
from link.dictionary.model import ReportEntry as Structure
from link.errors import DecodeError
from link.pus.message import Report, Request
from link.pus.services.parameters import (
    FIELDS_OF_STRUCTURE_MAX,
    ParameterTable,
    ParameterValues,
    ReportValues,
    SetValues,
)
from link.pus.services.verification import FailureCode, RefusedError


class Parameters:
    """The parameters of a node. `owners` are the apps by name: "thermal.gain" is attribute `gain` of the app "thermal".

    `accept_sample` takes the latest sample of each of `structures`, whose fields are parameters too.
    """

    def __init__(self, table: ParameterTable, owners: Mapping[str, Any], structures: Iterable[Structure] = ()) -> None:
        self.table, self._owners = table, dict(owners)
        self._structures = {one.id: Codec(one.fields) for one in structures}
        self._samples: dict[int, bytes] = {}

    def add(self, name: str, owner: Any) -> None:
        """Add an app, `owner`, called `name`."""
        self._owners[name] = owner

    def accept_sample(self, structure: int, octets: bytes) -> None:
        """Take the latest sample of a structure."""
        self._samples[structure] = octets

    def sample(self, structure: int) -> bytes:
        """The octets of the latest sample of a structure. Raises RefusedError before the first."""
        if structure not in self._samples:
            raise RefusedError(FailureCode.NOT_NOW, f"structure {structure} was not sampled yet")
        return self._samples[structure]

    def read(self, number: int) -> Any:
        """The value of parameter `number`. Raises RefusedError."""
        self.table.entry(number)
        structure, position = divmod(number, FIELDS_OF_STRUCTURE_MAX)
        if structure in self._structures:
            return self._structures[structure].decode(self.sample(structure))[position]
        owner, attribute = self._place(number)
        return getattr(owner, attribute)

    def encoded(self, number: int) -> bytes:
        """The octets of identifier and value of a parameter. Raises RefusedError, also for a value out of its range."""
        try:
            octets = self.table.encode(number, self.read(number))
        except RefusedError:
            raise
        except Exception as error:  # the attribute of a user's own app may hold anything
            reason = str(error) if isinstance(error, ValueError) else type(error).__name__
            raise RefusedError(FailureCode.EXECUTION_FAILED, f"parameter {number}: {reason}") from error
        if len(octets) > ITEM_OCTETS_MAX:
            raise RefusedError(FailureCode.EXECUTION_FAILED, f"parameter {number}: {len(octets)} octets are too many")
        return octets

    def number(self, number: int) -> float:
        """The value of a parameter as a number: of a label, what it stands for. Raises RefusedError if it has none."""
        value, kind = self.read(number), self.table.entry(number).field.kind
        if isinstance(kind, Enumeration) and isinstance(value, str):
            return kind.labels[value]
        if not isinstance(value, int | float):
            raise RefusedError(FailureCode.BAD_ARGUMENTS, f"parameter {number} is no number")
        return value

    def write(self, number: int, value: Any) -> None:
        """Set parameter `number` to a value in its range. Raises RefusedError."""
        field = self.table.entry(number).field
        if number // FIELDS_OF_STRUCTURE_MAX in self._structures:
            raise RefusedError(FailureCode.BAD_ARGUMENTS, f"parameter {number} is measured, it cannot be set")
        try:
            check_range(field, value)
        except ValueError as error:
            raise RefusedError(FailureCode.BAD_ARGUMENTS, str(error)) from None
        owner, attribute = self._place(number)
        before = getattr(owner, attribute)
        if isinstance(before, Enum) and isinstance(field.kind, Enumeration):
            value = _member(type(before), field.kind.labels.get(value, value))
        try:
            setattr(owner, attribute, value)
        except Exception as error:  # an app may refuse a value in its own way
            raise RefusedError(FailureCode.EXECUTION_FAILED, f"parameter {number}: {type(error).__name__}") from error

    def handle(self, request: Request) -> Iterator[Report]:
        """Answer one request. Raises RefusedError."""
        match request:
            case ReportValues(parameters=numbers):
                yield from report_together(numbers, self.encoded, _values_report)
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


def _values_report(values: list[bytes]) -> ParameterValues:
    return ParameterValues(count=len(values), values=b"".join(values))


def _member(members: type[Enum], value: Any) -> Enum:
    try:
        return members(value)
    except ValueError as error:
        raise RefusedError(FailureCode.BAD_ARGUMENTS, str(error)) from None
