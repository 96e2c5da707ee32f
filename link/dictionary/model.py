"""The dictionary's content as plain data: what goes into its JSON and all that the ground knows of a node.

A field is one value on the wire. Entries are the things with an identifier: reports (PUS 3), events (PUS 5), commands
(PUS 8) and parameters (PUS 20). Declarations (declare.py) make them; every codec, check and export starts from them.
"""

from typing import Literal

import msgspec

from link.dictionary.kinds import AnyKind

Value = int | float | bool | str | bytes
Severity = Literal["info", "low", "medium", "high"]
Bounds = tuple[float, float]


class Linear(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="curve", tag="linear"):
    """value = raw * scale + offset."""

    scale: float = 1.0
    offset: float = 0.0

    def value(self, raw: float) -> float:
        """The engineering value of a raw one."""
        return raw * self.scale + self.offset

    def raw(self, value: float) -> float:
        """The raw value, not yet rounded, of an engineering one."""
        return (value - self.offset) / self.scale


class Limits(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Bands that a value should stay in, from the widest to the narrowest concern; None is no band.

    A level is reported once `persistence` samples in a row lie outside its band.
    """

    watch: Bounds | None = None
    warning: Bounds | None = None
    distress: Bounds | None = None
    critical: Bounds | None = None
    persistence: int = 1


class Field(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One value: how it is written, and what it means. `skip_bits` spare zero bits stand before it.

    `range` holds what a command or parameter may be set to, inclusive; `default` is used where it is left out
    (a label for an enumeration, hexadecimal text for octets).
    """

    name: str
    kind: AnyKind
    unit: str = ""
    text: str = ""
    skip_bits: int = 0
    calibration: Linear | None = None
    limits: Limits | None = None
    range: Bounds | None = None
    default: int | float | bool | str | None = None


class Report(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A housekeeping structure: TM[3,25] with `id` as structure identifier."""

    id: int
    name: str
    fields: tuple[Field, ...]
    text: str = ""


class Event(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """An event: TM[5,1] to TM[5,4] by severity, `id` as event definition; {field} in `text` stands for its value."""

    id: int
    name: str
    severity: Severity
    fields: tuple[Field, ...] = ()
    text: str = ""


class Command(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A function: TC[8,1] with `id` as function identifier. A hazardous one asks for a second confirmation."""

    id: int
    name: str
    fields: tuple[Field, ...] = ()
    text: str = ""
    hazardous: bool = False


class Parameter(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A value on board that service 20 reads and sets."""

    id: int
    name: str
    field: Field
    text: str = ""
