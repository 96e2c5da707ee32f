"""Service 20 on board (ECSS-E-ST-70-41C §6.20): the values of parameters, read and set by identifier.

A parameter is an attribute of an app, or a field of a housekeeping structure, which can be read and not set.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from enum import Enum
from typing import Any, NamedTuple

import msgspec

from fsw.pus.instructions import execute_each, not_mine, report_together
from fsw.pus.paging import ITEM_OCTETS_MAX
from fsw.store.forms import kept_form
from link.dictionary.codec.lazy import LazyCodecs
from link.dictionary.domain import check_range
from link.dictionary.kinds import Enumeration
from link.dictionary.model import ReportEntry
from link.errors import DecodeError
from link.pus.message import Report, Request
from link.pus.services.parameters import (
    FIELDS_OF_STRUCTURE_MAX,
    ID_OCTETS,
    ParameterTable,
    ParameterValues,
    ReportValues,
    SetValues,
)
from link.pus.services.verification import FailureCode, RefusedError


class ParameterSettings(msgspec.Struct, frozen=True, array_like=True):
    """The values that were set by command: by the parameter's name, identifier and value as encoded for service 20.

    `forms` says what the octets of a value mean (fsw/store/forms.py).
    """

    values: dict[str, bytes] = {}
    forms: dict[str, int] = {}


class _Assignment(NamedTuple):
    """A value that parameter `number` is to have, as the attribute of its owner."""

    number: int
    owner: Any
    attribute: str
    value: Any

    def apply(self) -> None:
        """Set the attribute. Raises RefusedError: an app may refuse a value in its own way."""
        try:
            setattr(self.owner, self.attribute, self.value)
        except Exception as error:
            reason = f"parameter {self.number}: {type(error).__name__}"
            raise RefusedError(FailureCode.EXECUTION_FAILED, reason) from error


class Parameters:
    """The parameters of a node. `owners` are the apps by name: "thermal.gain" is attribute `gain` of the app "thermal".

    `accept_sample` takes the latest sample of each of `structures`, whose fields are parameters too. A request sets all
    its values or none, whichever apps they belong to.
    """

    OCTETS_MAX = 16_384
    """Of the names and values that were set, together."""
    STATE_OCTETS_MAX = 64 + 3 * OCTETS_MAX

    def __init__(
        self, table: ParameterTable, owners: Mapping[str, Any], structures: Iterable[ReportEntry] = ()
    ) -> None:
        self.table = table
        self._owners: dict[str, Any] = {}
        self._numbers = {entry.name: number for number, entry in table.entries.items()}
        self._structures = {one.id: one.fields for one in structures}
        self._codecs = LazyCodecs(self._structures)
        self._samples: dict[int, bytes] = {}
        self._defaults: dict[int, Any] = {}
        self._settings: dict[str, bytes] = {}
        for name, owner in owners.items():
            self.add(name, owner)

    def add(self, name: str, owner: Any) -> None:
        """Add an app, `owner`, called `name`; what was set of it before a restart is set again."""
        self._owners[name] = owner
        for number in self.table.owned.get(name, ()):
            full_name = self.table.entries[number].name
            self._defaults[number] = getattr(owner, full_name.rpartition(".")[2], None)
            if full_name in self._settings:
                with suppress(RefusedError):  # by the app: its default stays
                    self._assignment(*self._setting(full_name)).apply()

    @property
    def state(self) -> ParameterSettings:
        """The values that were set by command."""
        return ParameterSettings(dict(self._settings), {name: self._form(name) for name in self._settings})

    def restore(self, state: ParameterSettings) -> int:
        """Set these values as soon as their apps are added; returns how many are of no parameter, or none of its."""
        self._settings = dict(state.values)
        misfits = [name for name in state.values if not self._is_fit(name, state.forms.get(name))]
        for name in misfits:
            del self._settings[name]
        return len(misfits)

    def restore_defaults(self) -> None:
        """Give all parameters the values with which their apps began. Raises RefusedError, and then none is changed."""
        numbers = [self._numbers[name] for name in self._settings]
        self._commit([_Assignment(number, *self._place(number), self._defaults[number]) for number in numbers])
        self._settings = {}

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
            return self._codecs[structure].decode(self.sample(structure))[position]
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

    def image(self) -> bytes:
        """Identifier and value of each parameter that can be set, by identifier. Raises RefusedError as `encoded`."""
        numbers = (one for one in sorted(self.table.entries) if one // FIELDS_OF_STRUCTURE_MAX not in self._structures)
        return b"".join(map(self.encoded, numbers))

    def number(self, number: int) -> float:
        """The value of a parameter as a number: of a label, what it stands for. Raises RefusedError if it has none."""
        value, kind = self.read(number), self.table.entry(number).field.kind
        if isinstance(kind, Enumeration) and isinstance(value, str):
            return kind.labels[value]
        if not isinstance(value, int | float):
            raise RefusedError(FailureCode.BAD_ARGUMENTS, f"parameter {number} is no number")
        return value

    def write(self, values: Iterable[tuple[int, Any]]) -> None:
        """Set parameters, by number, to values in their ranges: all, or none where one is refused (RefusedError)."""
        pairs, assignments = list(values), list[_Assignment]()
        execute_each(pairs, lambda pair: assignments.append(self._assignment(*pair)))
        settings = {self.table.entry(number).name: self.table.encode(number, value) for number, value in pairs}
        settings = self._settings | settings
        if sum(len(name.encode()) + len(octets) for name, octets in settings.items()) > self.OCTETS_MAX:
            raise RefusedError(FailureCode.NOT_NOW, f"more than {self.OCTETS_MAX} octets of values would be set")
        self._commit(assignments)
        self._settings = settings

    def _commit(self, assignments: list[_Assignment]) -> None:
        """Apply all assignments; undo those before one that an app refuses (RefusedError)."""
        before = [one._replace(value=getattr(one.owner, one.attribute)) for one in assignments]
        for done, one in enumerate(assignments):
            try:
                one.apply()
            except RefusedError:
                for undone in reversed(before[:done]):
                    undone.apply()
                raise

    def _assignment(self, number: int, value: Any) -> _Assignment:
        """What sets parameter `number` to `value`. Raises RefusedError for a value that it cannot have."""
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
        return _Assignment(number, owner, attribute, value)

    def _setting(self, name: str) -> tuple[int, Any]:
        """Number and value of a parameter that was set. Raises LookupError, DecodeError and ValueError."""
        number, octets = self._numbers[name], self._settings[name]
        ((_, value),) = self.table.decode(1, number.to_bytes(ID_OCTETS) + octets[ID_OCTETS:])
        return number, value

    def _form(self, name: str) -> int:
        """What the octets of a parameter mean."""
        return kept_form([self.table.entry(self._numbers[name]).field])

    def _is_fit(self, name: str, form: int | None) -> bool:
        """Whether what was set of a parameter is a value of it; `form` is None where an earlier software noted none."""
        try:
            number, value = self._setting(name)
            if form not in (None, self._form(name)):
                return False
            check_range(self.table.entry(number).field, value)
        except (LookupError, DecodeError, ValueError):
            return False
        return True

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
                self.write(pairs)
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
