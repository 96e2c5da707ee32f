"""Identifiers that nobody chose: made of the name of a declaration, so that they stay when others are added.

The name is that of the app and of what it declares, as "heater.HeaterStatus". Its hash chooses a number in a range that
is kept for this. Two names may fall on one number: then both are told, and one of them gets an explicit identifier.
"""

import hashlib
from collections.abc import Iterable
from typing import Literal, NamedTuple

Declarable = Literal["report", "event", "command", "parameter"]
RANGES: dict[Declarable, range] = {
    "report": range(0x80, 0xE0),
    "event": range(0x8000, 0x10000),
    "command": range(0x8000, 0x10000),
    "parameter": range(0xE000, 0x10000),
}
"""Field n of report s is parameter 256 s + n, so reports lie below 0xE0 and parameters above all of their fields."""
_FREE = (*range(0x70, 0x80), *range(1, 0x70))
_FIELDS_MAX = 256


class Declaration(NamedTuple):
    """A declaration: its identifier, its name in the dictionary, and where it is written."""

    kind: Declarable
    id: int
    name: str
    place: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


def assigned_id(kind: Declarable, name: str) -> int:
    """The identifier of what is called `name`: the first 64 bits of SHA-256, modulo the size of the range."""
    span = RANGES[kind]
    return span[int.from_bytes(hashlib.sha256(f"{kind} {name}".encode()).digest()[:8]) % len(span)]


def check_apart(declared: Iterable[Declaration]) -> None:
    """Raises ValueError that names the places where two declarations have one name or identifier, and what to do."""
    found = list(declared)
    named: dict[tuple[Declarable, str], Declaration] = {}
    numbered: dict[tuple[Declarable, int], Declaration] = {}
    for one in found:
        _check_fits(one, found)
        other = named.setdefault((one.kind, one.name), one)
        if other is not one:
            raise ValueError(f"{one} and {other} have the same name: {_places(one, other)}; rename one of them")
        other = numbered.setdefault((one.kind, one.id), one)
        if other is not one:
            raise ValueError(
                f"{one} and {other} have the same id, {one.id}: {_places(one, other)}; {_advice(one.kind, found)}"
            )
    for one in found:
        report = numbered.get(("report", one.id // _FIELDS_MAX))
        if one.kind == "parameter" and report:
            raise ValueError(
                f"{one} has the id {one.id}, which belongs to a field of {report}: {_places(one, report)}; "
                + _advice("parameter", found)
            )


def _check_fits(one: Declaration, found: Iterable[Declaration]) -> None:
    most = RANGES[one.kind].stop - 1 if one.kind != "report" else _FIELDS_MAX - 1
    if not 0 <= one.id <= most:
        raise ValueError(f"{one} has the id {one.id}, expected 0..{most}: {one.place}; {_advice(one.kind, found)}")


def _places(one: Declaration, other: Declaration) -> str:
    return f"{one.place} and {other.place}" if one.place != other.place else one.place


def _advice(kind: Declarable, found: Iterable[Declaration]) -> str:
    taken = {one.id for one in found if one.kind == kind}
    free = next((number for number in _FREE if number not in taken), None)
    word = "opcode" if kind == "command" else "id"
    return f"give one of them another {word}" + (f", as {word}={free:#04x}" if free is not None else "")
