"""References of conditions and sizes to earlier fields: the place in a frame where a field's number is found.

A frame holds the numbers on the wire read so far: one list for each structure, the outermost first. An inner structure
is a list of its members' numbers, an array a list of its elements'. `field.member` and `field[2]` refer into them.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from link.dictionary.codec.convert import Converter, converter
from link.dictionary.conditions import Comparison, Condition, comparisons_of
from link.dictionary.kinds import Array, Enumeration, Field, Group, Octets
from link.errors import DecodeError

ScopeValues = tuple[list[Any], ...]
Scopes = tuple[tuple[Field, ...], ...]
"""Fields that may be referred to: those of the outer structures, then the earlier ones of this structure."""
_Step = tuple[int, str]
"""Step into a structure: the number of a field or element, and the field's name."""
Test = Callable[[ScopeValues], bool]
_LAST = (-1, "")
_ELEMENT = re.compile(r"\[(\d{1,9})\]")


@dataclass(slots=True)
class _Spot:
    """One of the fields that a name may refer to."""

    structure: int
    steps: tuple[_Step, ...]
    field: Field
    pair: Converter | None
    always: bool

    def raw(self, frame: ScopeValues) -> Any:
        """The field's number on the wire; None if the field is absent."""
        found: Any = frame[self.structure]
        is_value = False  # when writing, members of a structure are not converted to numbers yet
        for number, name in self.steps:
            if isinstance(found, Mapping):
                found, is_value = found.get(name), True
            else:
                found = found[number] if found is not None and -len(found) <= number < len(found) else None
        return self.pair[1](found) if is_value and self.pair and found is not None else found


@dataclass(slots=True)
class Place:
    """Place of the field called `name`; of several, the last one that is present."""

    name: str
    spots: tuple[_Spot, ...]

    @property
    def field(self) -> Field:
        """The field at this place."""
        return self.spots[0].field

    def raw(self, frame: ScopeValues) -> Any:
        """The field's number on the wire; None if the field is absent."""
        return next((raw for spot in self.spots if (raw := spot.raw(frame)) is not None), None)

    def value(self, frame: ScopeValues) -> Any:
        """The field's value. Raises DecodeError."""
        raw, pair = self.raw(frame), self.spots[0].pair
        return raw if raw is None or pair is None else pair[0](raw)

    def compared(self, frame: ScopeValues, comparison: Comparison) -> Any:
        """What a comparison compares: the raw number, the calibrated value or the label; None for an invalid value."""
        kind = self.field.kind
        if isinstance(kind, Octets):
            raw = self.raw(frame)
            return None if raw is None else raw.hex()
        if comparison.raw or (isinstance(kind, Enumeration) and not isinstance(comparison.value, str)):
            return self.raw(frame)
        try:
            return self.value(frame)
        except DecodeError:
            return None


def place_of(name: str, scopes: Scopes) -> Place:
    """The nearest earlier field called `name`. Raises ValueError if there is none, or if it depends on others."""
    spots: list[_Spot] = []
    for structure in range(len(scopes) - 1, -1, -1):
        for steps, field, always in _located(name, scopes[structure]):
            spots.append(_Spot(structure, steps, field, converter(field), always))
            if always:
                return Place(name, tuple(spots))
    if not spots:
        raise ValueError(f"no field called {name} comes before")
    return Place(name, tuple(spots))


def _located(name: str, fields: tuple[Field, ...]) -> Iterator[tuple[tuple[_Step, ...], Field, bool]]:
    """The fields that a name may refer to, the last first: the steps to each, and whether it is always present."""
    for number in range(len(fields) - 1, -1, -1):
        field = fields[number]
        for steps, found, always in _inside(name, field):
            yield ((number, field.name), *steps), found, always and field.when is None


def _inside(name: str, field: Field) -> Iterator[tuple[tuple[_Step, ...], Field, bool]]:
    group = field.kind.of if isinstance(field.kind, Array) else field.kind
    if isinstance(group, Group) and group.inline:
        repeated = (_LAST,) if isinstance(field.kind, Array) else ()
        for steps, found, always in _located(name, group.fields):
            yield (*repeated, *steps), found, always and not repeated
    elif field.name == name:
        yield (), field, True
    elif name.startswith((f"{field.name}.", f"{field.name}[")):
        yield from _part(name.removeprefix(field.name), field)


def _part(rest: str, field: Field) -> Iterator[tuple[tuple[_Step, ...], Field, bool]]:
    """The parts of a field that a path such as `.member` or `[2]` may refer to."""
    kind = field.kind
    element = _ELEMENT.match(rest)
    if not rest:
        yield (), field, True
    elif element and isinstance(kind, Array):
        of = msgspec.structs.replace(field, kind=kind.of)
        for steps, found, always in _part(rest[element.end() :], of):
            yield ((int(element[1]), ""), *steps), found, always and isinstance(kind.count, int)
    elif rest.startswith(".") and isinstance(kind, Group):
        yield from _located(rest[1:], kind.fields)


def part_of(field: Field, rest: str) -> Field | None:
    """The member or element of `field` at a path such as `.member[2]`; None if there is none."""
    return next((found for _, found, _ in _part(rest, field)), None)


def test_of(condition: Condition, scopes: Scopes) -> Test:
    """Test whether `condition` holds in a frame. Raises ValueError if it compares a field that does not come before."""
    places = {comparison: place_of(comparison.field, scopes) for comparison in comparisons_of(condition)}
    for comparison, place in places.items():
        if place.field.contexts and not comparison.raw:
            raise ValueError(f"{comparison.field} has a calibration by other fields, so its value cannot be compared")
    return lambda frame: condition.holds(lambda comparison: places[comparison].compared(frame, comparison))
