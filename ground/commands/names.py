"""Names for the numbers in messages: structures, events and parameters of a node's dictionary."""

from collections.abc import Mapping
from typing import Any

from link.dictionary.codec.record import Codec
from link.dictionary.dictionary import Dictionary
from link.dictionary.kinds import Array, Enumeration, Field, Group
from link.pus.message import Report
from link.pus.packets import RequestId
from link.pus.services.parameters import ParameterTable, ParameterValues

_EVENTS = ("event", "events", "unexpected_event", "low_event", "high_event")
_PARAMETERS = ("parameter", "parameters", "validity_parameter")
_STRUCTURES = ("structure", "structures")


class Names:
    """Translates names to numbers and back, for the fields of messages that hold the number of something named."""

    def __init__(self, dictionary: Dictionary) -> None:
        self.table = ParameterTable.of(dictionary)
        events = {entry.name: entry.id for entry in dictionary.events}
        parameters = {entry.name: entry.id for entry in self.table.entries.values()}
        structures = {entry.name: entry.id for entry in dictionary.reports}
        kinds = ((_EVENTS, events), (_PARAMETERS, parameters), (_STRUCTURES, structures))
        self._numbers = {field: numbers for fields, numbers in kinds for field in fields}

    def number(self, field: str, value: Any) -> Any:
        """The value to encode for `value`: the number of a name, else the value itself."""
        return self._numbers.get(field, {}).get(value, value) if isinstance(value, str) else value

    def shown(self, field: Field, value: Any) -> str:
        """A decoded value in words."""
        match field.kind, value:
            case Array(of=of), list():
                one = Field(name=field.name, kind=of, unit=field.unit)
                return ", ".join(self.shown(one, each) for each in value) or "none"
            case Group(fields=fields), dict():
                return f"({self.listed(fields, value)})"
            case Enumeration(), _:
                return str(value)
        if field.name == "request" and isinstance(value, int):
            return str(RequestId.of(value))
        for name, number in self._numbers.get(field.name, {}).items():
            if number == value:
                return name
        text = value.hex() if isinstance(value, bytes) else str(value)
        return f"{text} {field.unit}" if field.unit else text

    def listed(self, fields: tuple[Field, ...], values: Mapping[str, Any]) -> str:
        """All values that are there, each with its name."""
        there = ((one, values[one.name]) for one in fields if values[one.name] is not None)
        return " ".join(f"{one.name}={self.shown(one, value)}" for one, value in there)

    def words(self, report: Report) -> str:
        """The content of a service's report in one line. Raises DecodeError for unknown parameters."""
        if isinstance(report, ParameterValues):
            pairs = self.table.decode(report.count, report.values)
            entries = ((self.table.entries[number], value) for number, value in pairs)
            return " ".join(f"{entry.name}={self.shown(entry.field, value)}" for entry, value in entries)
        fields = report.__fields__
        values = Codec(fields).decode(report.encode())
        return self.listed(fields, {field.name: value for field, value in zip(fields, values, strict=True)})
