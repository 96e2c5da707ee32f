"""Lowering of a definition to features that other ground systems support: no groups, no counts in texts, few arrays.

XTCE is large, and each client supports another part of it. Lowering leaves what all of them read (`portable`: Yamcs,
space_packet_parser, COSMOS) or what Yamcs reads (`yamcs`: booleans, times, arrays). Names become unique in one space
system: those that belong to one packet get the packet's name in front.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

import msgspec

from link.dictionary.conditions import All, Comparison, Condition, Either
from link.dictionary.curves import Curve, Linear, Polynomial, Powers, Rounded
from link.dictionary.definition import Definition
from link.dictionary.kinds import (
    AnyKind,
    Array,
    Boolean,
    Counted,
    Enumeration,
    Field,
    Group,
    Integer,
    Lookup,
    Octets,
    Real,
    Reference,
    Rest,
    Size,
    Terminated,
    Text,
    Time,
    odd_bits,
    sum_bits,
)
from link.dictionary.model import Container

Dialect = Literal["portable", "yamcs"]
_READERS = {"portable": "not all other ground systems read", "yamcs": "Yamcs does not read"}
_BITS_MAX = 64
_EPOCH = "1958-01-01T00:00:00Z"


def lowered(definition: Definition, dialect: Dialect = "portable") -> Definition:
    """A definition of the same packets on the wire. Raises ValueError naming a field that `dialect` cannot express."""
    packets = _lowered(definition.packets, definition.size, dialect)
    requests = _lowered(definition.requests, definition.size, dialect, packets)
    return msgspec.structs.replace(
        definition,
        name=xtce_name(definition.name),
        packets=tuple(one.container for one in packets.values()),
        requests=tuple(one.container for one in requests.values()),
        size=definition.size,
    )


def xtce_name(name: str) -> str:
    """A name without the characters that have a meaning in XTCE."""
    return "".join("_" if character in "./:[] " else character for character in name)


@dataclass(slots=True)
class _Lowered:
    container: Container
    original: tuple[Field, ...]
    """The original fields, with those of all bases."""
    names: dict[str, str]
    """New names of the fields, by the original ones."""
    odd_bits: int | None
    """Bits beyond whole octets that the container takes, with all bases; None where that varies."""


def _lowered(
    containers: tuple[Container, ...],
    size: Reference | None,
    dialect: Dialect,
    packets: Mapping[str, _Lowered] | None = None,
) -> dict[str, _Lowered]:
    """Lowered containers by their original names. `packets`: those that the constraints of requests refer to; None if
    the containers are packets themselves.
    """
    bare = Counter(field.name for container in containers if container.abstract for field in container.fields)
    shared = frozenset(name for name, times in bare.items() if times == 1)
    done: dict[str, _Lowered] = {}
    for container in containers:  # a definition lists bases before the containers built on them
        base = done.get(container.base)
        done[container.name] = _Lowering(container, base, size, dialect, packets, shared).run()
    return done


@dataclass(slots=True)
class _Lowering:
    container: Container
    base: _Lowered | None
    size: Reference | None
    dialect: Dialect
    packets: Mapping[str, _Lowered] | None
    shared: frozenset[str]
    """Field names that occur in one abstract container only, which may keep them."""
    names: dict[str, str] = field(default_factory=dict)
    original: tuple[Field, ...] = ()

    @property
    def requests(self) -> bool:
        """Whether the container is a request (telecommand), not a packet of telemetry."""
        return self.packets is not None

    def run(self) -> _Lowered:
        container = self.container
        self.names = dict(self.base.names) if self.base else {}
        own = tuple(_spread(container.fields))
        self.original = (*(self.base.original if self.base else ()), *own)
        criteria = self._condition(container.criteria) if container.criteria else None
        if self.requests and criteria:
            _check_fixed(container.name, criteria)
        fields = [one for field in own for one in self._named(field)]
        made = msgspec.structs.replace(
            container,
            name=xtce_name(container.name),
            base=xtce_name(container.base),
            criteria=criteria,
            constraint=_renamed(container.constraint, self._constrained) if container.constraint else None,
            fields=tuple(fields),
        )
        return _Lowered(made, self.original, self.names, self._check_aligned(fields))

    def _check_aligned(self, fields: list[Field]) -> int | None:
        """Bits beyond whole octets at the container's end. Yamcs reads texts and octets from whole octets on only."""
        odd = self.base.odd_bits if self.base else 0
        for one in fields:
            if odd != 0 and (isinstance(one.kind, Text | Octets) or getattr(one.kind, "order", "big") != "big"):
                raise ValueError(
                    f"{self.container.name}: {one.name} must begin on a whole octet for other ground systems"
                )
            own = odd_bits((one,))
            odd = None if odd is None or own is None else (odd + own) % 8
        return odd

    def _named(self, field: Field) -> Iterator[Field]:
        own = self.requests or (self.container.abstract and field.name in self.shared)
        name = xtce_name(field.name if own else f"{self.container.name}_{field.name}")
        self.names[field.name] = name
        try:
            yield from self._field(field, name)
        except ValueError as error:
            raise ValueError(f"{self.container.name}.{field.name}: {error}") from None

    def _field(self, field: Field, name: str) -> Iterator[Field]:
        if field.when and (self.requests or self.dialect == "portable"):
            kind = "argument" if self.requests else "entry"
            raise ValueError(f"{_READERS[self.dialect]} an {kind} that is not always there")
        if field.skip_bits < 0:
            raise ValueError("other ground systems do not read fields that overlap")
        if field.contexts:
            raise ValueError("other ground systems do not read a calibration that depends on other values")
        if isinstance(field.calibration, Powers | Rounded):
            raise ValueError(  # noqa: TRY004  # it is the definition that is wrong
                "other ground systems do not read a calibration by powers, or to whole numbers"
            )
        when = self._condition(field.when) if field.when else None
        for number, bits in enumerate(_pieces(field.skip_bits)):
            spare = Field(name=f"{name}_spare{number or ''}", kind=Integer(bits), when=when, default=0)
            yield self._of_direction(spare)
        is_kept = field.valid is not None and self.dialect == "yamcs"
        valid = self._condition(field.valid) if field.valid and is_kept else None
        text = field.text if is_kept or not field.valid else f"{field.text} (valid while {field.valid})".lstrip()
        calibration = _plain_curve(field.calibration)
        here = msgspec.structs.replace(
            field, name=name, skip_bits=0, when=when, valid=valid, text=text, calibration=calibration
        )
        yield from map(self._of_direction, self._kind(here))

    def _of_direction(self, field: Field) -> Field:
        """The field without properties that have a meaning only in the other direction (up or down)."""
        epoch = field.epoch if self.dialect == "yamcs" else ""
        if self.requests:
            return msgspec.structs.replace(field, limits=None, valid=None, epoch=epoch)
        return msgspec.structs.replace(field, default=None, range=None, epoch=epoch)

    def _kind(self, field: Field) -> Iterator[Field]:
        match field.kind:
            case Integer() | Enumeration() as kind:
                if kind.bits > _BITS_MAX or kind.order not in ("big", "little"):
                    raise ValueError(
                        f"other ground systems do not read {kind.bits} bits in the byte order {kind.order}"
                    )
                yield field
            case Real(bits=16):
                raise ValueError("other ground systems do not read a float of 16 bits")
            case Real():
                yield field
            case Boolean(bits=bits):
                labelled = Enumeration({"False": 0, "True": 1}, bits)
                default = None if field.default is None else str(field.default)
                here = msgspec.structs.replace(field, kind=labelled, default=default)
                yield field if self.dialect == "yamcs" else here
            case Text() as kind:
                here = msgspec.structs.replace(field, kind=self._plain_text(kind))
                yield from self._sized(here, kind.size)
            case Octets(size=size):
                yield from self._sized(field, size)
            case Time() as kind:
                yield from self._time(field, kind)
            case Array() as kind:
                yield from self._array(field, kind)
            case Group(fields=fields):  # pragma: no branch  # nothing else is left
                for member in fields:
                    for one in self._field(member, f"{field.name}_{xtce_name(member.name)}"):
                        yield msgspec.structs.replace(one, when=_both(field.when, one.when))

    def _plain_text(self, kind: Text) -> Text:
        """A text of an encoding that all can read. Only in Yamcs's dialect does a fixed text end at its first zero."""
        if kind.encoding not in ("utf-8", "ascii"):
            raise ValueError(f"other ground systems do not read a text in {kind.encoding}")
        if kind.leading_bits:
            raise ValueError("other ground systems do not read a text with a leading size")
        if kind.ends or (kind.ends == "" and not isinstance(kind.size, int)):
            raise ValueError(
                f"other ground systems do not read a text that ends at {kind.ends or 'nothing'} within its size"
            )
        fixed = isinstance(kind.size, int)
        return Text(kind.size, ends="" if fixed and (self.dialect == "portable" or kind.ends == "") else None)

    def _sized(self, field: Field, size: Size) -> Iterator[Field]:
        kind = type(field.kind)
        assert kind is Text or kind is Octets
        match size:
            case Terminated() if kind is Octets or self.dialect == "portable":
                raise ValueError(f"{_READERS[self.dialect]} a size given by a terminator")
            case Counted(bits=bits) if kind is Octets or not self.requests or self.dialect == "portable":
                yield Field(name=f"{field.name}_size", kind=Integer(bits), unit="octets", when=field.when)
                yield msgspec.structs.replace(field, kind=kind(Reference(f"{field.name}_size")))
            case Reference():
                yield msgspec.structs.replace(field, kind=kind(self._reference(size)))
            case Lookup():
                raise ValueError("other ground systems do not read a size from a table of conditions")
            case Rest():
                yield msgspec.structs.replace(field, kind=kind(self._rest(field)))
            case _:
                yield field

    def _known(self, name: str) -> str:
        """The new name of a field. Raises ValueError for a part of a field, which clients cannot refer to."""
        if name not in self.names:
            raise ValueError(f"other ground systems do not read a reference to {name}, a part of a field")
        return self.names[name]

    def _reference(self, size: Reference) -> Reference:
        if size.calibrated:
            raise ValueError(f"other ground systems do not read a size given by the calibrated value of {size.field}")
        if 8 * size.scale % size.divisor or 8 * size.offset % size.divisor:
            raise ValueError(f"other ground systems do not read a size in fractions of 1/{size.divisor}")
        return msgspec.structs.replace(size, field=self._known(size.field))

    def _rest(self, field: Field) -> Reference:
        """The size of a field that takes the rest of the packet, all other fields being of fixed size."""
        others = sum_bits(tuple(one for one in self.original if self.names.get(one.name, "") != field.name))
        if self.size is None or others is None or others % 8:
            raise ValueError("other ground systems do not read the rest of a packet whose other fields vary")
        size = self._reference(self.size)
        return msgspec.structs.replace(size, offset=size.offset - size.divisor * others // 8)

    def _time(self, field: Field, kind: Time) -> Iterator[Field]:
        """A time as two numbers, seconds and fraction; for Yamcs as one time, if 64 bits hold it.

        Yamcs calibrates in doubles and keeps milliseconds: a 56-bit time of today loses its last 240 ns.
        """
        bits = 8 * (kind.coarse + kind.fine)
        curve = Linear(2.0 ** (-8 * kind.fine)) if kind.fine else None
        if self.dialect == "yamcs" and bits <= _BITS_MAX:
            yield msgspec.structs.replace(field, kind=Integer(bits), unit="s", calibration=curve, epoch=_EPOCH)
            return
        coarse = msgspec.structs.replace(
            field, name=f"{field.name}_s", kind=Integer(8 * kind.coarse), unit="s", epoch=_EPOCH
        )
        yield coarse
        if kind.fine:
            name = f"{field.name}_fraction"
            yield msgspec.structs.replace(field, name=name, kind=Integer(8 * kind.fine), unit="s", calibration=curve)

    def _array(self, field: Field, kind: Array) -> Iterator[Field]:
        if isinstance(kind.count, int):
            for number in range(kind.count):
                one = msgspec.structs.replace(field, name=f"{field.name}_{number}", kind=kind.of)
                yield from self._kind(one)
            return
        if self.dialect == "portable" or not isinstance(kind.of, Integer | Real | Enumeration):
            raise ValueError(f"{_READERS[self.dialect]} an array whose size varies")
        match kind.count:
            case Counted(bits=bits):
                yield Field(name=f"{field.name}_size", kind=Integer(bits), when=field.when)
                yield msgspec.structs.replace(field, kind=Array(kind.of, Reference(f"{field.name}_size")))
            case Reference() as size:
                yield msgspec.structs.replace(field, kind=Array(kind.of, self._reference(size)))
            case _:
                raise ValueError("other ground systems do not read an array of such a size")

    def _condition(self, condition: Condition) -> Condition:
        return _renamed(condition, lambda name: (self._known(name), _kind_of(self.original, name)))

    def _constrained(self, name: str) -> tuple[str, AnyKind]:
        """New name and kind of a field that a constraint names as `Packet.field`."""
        packet, _, field = name.partition(".")
        found = (self.packets or {}).get(packet)
        if found is None or field not in found.names:
            raise ValueError(f"{self.container.name}: its constraint asks for {name}, which no packet has")
        return found.names[field], _kind_of(found.original, field)


def _spread(fields: tuple[Field, ...]) -> Iterator[Field]:
    """Fields with conditional inline groups replaced by their members, each conditional; all-spare groups stay."""
    for group in fields:
        if not isinstance(group.kind, Group) or not group.kind.inline or not group.kind.fields:
            yield group
            continue
        skip_bits = group.skip_bits
        for one in _spread(group.kind.fields):
            yield msgspec.structs.replace(one, when=_both(group.when, one.when), skip_bits=one.skip_bits + skip_bits)
            skip_bits = 0


def _kind_of(fields: tuple[Field, ...], name: str) -> AnyKind:
    return next(one.kind for one in reversed(fields) if one.name == name)


def _renamed(condition: Condition, resolve: Callable[[str], tuple[str, AnyKind]]) -> Condition:
    """A condition with new names of fields; labels and booleans become the numbers on the wire."""
    if isinstance(condition, Either):
        return Either(tuple(_renamed(one, resolve) for one in condition.of))
    if isinstance(condition, All):
        return _flat(tuple(_renamed(one, resolve) for one in condition.of))
    name, kind = resolve(condition.field)
    if isinstance(kind, Enumeration) and isinstance(condition.value, str):
        if kind.ranges:
            raise ValueError(f"{condition}: a label of several values can be compared by no other ground system")
        number = kind.labels[condition.value]
        return Comparison(name, number, condition.op, raw=True)
    raw = condition.raw or isinstance(kind, Enumeration | Boolean)
    return Comparison(name, condition.value, condition.op, raw)


def _check_fixed(name: str, criteria: Condition) -> None:
    """Raises ValueError unless a request's criteria are comparisons for equality, which give its fixed values."""
    parts = criteria.of if isinstance(criteria, All) else (criteria,)
    if not all(isinstance(one, Comparison) and one.op == "==" for one in parts):
        raise ValueError(f"{name}: a request fixes fields to values, it cannot ask for {criteria}")


def _pieces(bits: int) -> Iterator[int]:
    while bits > 0:
        yield min(bits, _BITS_MAX)
        bits -= _BITS_MAX


def _both(one: Condition | None, other: Condition | None) -> Condition | None:
    return _flat((one, other)) if one and other else one or other


def _flat(parts: tuple[Condition, ...]) -> Condition:
    """All of `parts`, without one such list inside another."""
    flat = tuple(one for part in parts for one in (part.of if isinstance(part, All) else (part,)))
    return flat[0] if len(flat) == 1 else All(flat)


def _plain_curve(curve: Curve | None) -> Curve | None:
    """The curve, with a polynomial of the first degree as Linear."""
    if isinstance(curve, Polynomial) and len(curve.coefficients) == 2:
        return Linear(curve.coefficients[1], curve.coefficients[0])
    return curve
