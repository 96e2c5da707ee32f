"""The dictionary's entries as plain data: what its JSON holds and all that the ground knows of a node.

A field is one value on the wire. Entries are the things with an identifier: reports (PUS 3), events (PUS 5), commands
(PUS 8) and parameters (PUS 20). Declarations (declare.py) make them; every codec, check and export starts from them.
"""

from functools import cached_property
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from link.dictionary.bounds import FIELDS_MAX, NAME_MAX, check_name, check_number
from link.dictionary.conditions import Condition
from link.dictionary.kinds import Field as Field  # part of the content
from link.dictionary.kinds import Time
from link.dictionary.limits import Bounds as Bounds  # part of the content

Id = Annotated[int, Meta(ge=0, le=2**32 - 1)]
Name = Annotated[str, Meta(min_length=1, max_length=NAME_MAX)]
Severity = Literal["info", "low", "medium", "high"]


class ReportEntry(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True, dict=True):
    """A housekeeping structure: TM[3,25] with `id` as structure identifier."""

    id: Id
    name: Name
    fields: tuple[Field, ...]
    text: str = ""

    @cached_property
    def limited(self) -> tuple[Field, ...]:
        """The fields that have limits."""
        return tuple(field for field in self.fields if field.limits)

    @cached_property
    def times(self) -> tuple[str, ...]:
        """The names of the fields that hold a time."""
        return tuple(field.name for field in self.fields if isinstance(field.kind, Time))

    @cached_property
    def units(self) -> dict[str, str]:
        """The unit of every field that has one."""
        return {field.name: field.unit for field in self.fields if field.unit}


class EventEntry(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """An event: TM[5,1] to TM[5,4] by severity, `id` as event definition; {field} in `text` stands for its value."""

    id: Id
    name: Name
    severity: Severity
    fields: tuple[Field, ...] = ()
    text: str = ""


class CommandEntry(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A function: TC[8,1] with `id` as function identifier. A hazardous one asks for a second confirmation.

    `armed_by`: the command that must be executed shortly before a hazardous one; its argument is this one's `id`.
    `constraint`: condition on the node's last reports, with fields as `Report.field`, for the ground to send it.
    """

    id: Id
    name: Name
    fields: tuple[Field, ...] = ()
    text: str = ""
    hazardous: bool = False
    constraint: Condition | None = None
    armed_by: str = ""


class Container(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A whole packet, or its beginning: the fields of `base`, if any, then its own.

    A packet of `base` is one of this container if `criteria` hold; an abstract container is never a whole packet. A
    `hazardous` request asks for a second confirmation; `constraint` is the condition on telemetry for it to be sent,
    with `Packet.field` in our own definitions, parameters in foreign ones.
    """

    name: str
    fields: tuple[Field, ...]
    base: str = ""
    criteria: Condition | None = None
    abstract: bool = False
    text: str = ""
    hazardous: bool = False
    constraint: Condition | None = None

    def __post_init__(self) -> None:
        check_name(self.name)
        check_number(len(self.fields), "fields of a packet", 0, FIELDS_MAX)


class ParameterEntry(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A value on board that service 20 reads and sets."""

    id: Id
    name: Name
    field: Field
    text: str = ""
