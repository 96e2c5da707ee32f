"""Kinds: the forms of a field on the wire. Names follow Construct (Int16ub: 16 bits, unsigned, big-endian).

Kinds and fields are plain data, so that they go into the dictionary's JSON and come back equal; `codec/` implements
them. Values: int, float, bool, str, bytes; an enumeration's value is its label, a time's is `utc_ns`, an array's a
list, a group's a dict.
"""

from collections.abc import Iterable
from typing import Literal

import msgspec

from link.dictionary.bounds import (
    DECLARED_OCTETS_MAX,
    FIELDS_MAX,
    KIND_DEPTH_MAX,
    LABELS_MAX,
    NESTED_MAX,
    PACKET_BITS_MAX,
    WIDE,
    check_name,
    check_number,
    short,
)
from link.dictionary.conditions import Condition
from link.dictionary.curves import Curve
from link.dictionary.limits import Bounds, Limits

_TAIL_MAX = 16
Encoding = Literal[
    "utf-8", "ascii", "latin-1", "cp1252", "utf-16", "utf-16-be", "utf-16-le", "utf-32", "utf-32-be", "utf-32-le"
]
"""Text encodings by Python's names. utf-16 and utf-32 have a byte order mark, or are big-endian."""
UTF_8: Encoding = "utf-8"
"""The default byte order, one object: msgspec leaves a default out of JSON only if it is the same object."""
ByteOrder = str
"""Byte order: "big", "little", or digits as "3412": for each octet on the wire, its place in the big-endian number."""
Value = int | float | bool | str | bytes | list["Value"] | dict[str, "Value"]


class Kind(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="kind", tag=str.lower):
    """Root of all kinds."""


class Integer(Kind, frozen=True):
    """Integer, two's complement or unsigned, of any width from 1 bit; whole octets if it is not big-endian."""

    bits: int
    signed: bool = False
    order: ByteOrder = "big"

    def __post_init__(self) -> None:
        check_number(self.bits, "bits", 1, PACKET_BITS_MAX)
        octets = "".join(str(number + 1) for number in range(self.bits // 8)) if len(self.order) < 10 else ""
        known = self.order == "big" or (
            self.bits % 8 == 0 and (self.order == "little" or "".join(sorted(self.order)) == octets)
        )
        if not known:
            raise ValueError(f"an integer of {self.bits} bits cannot have the byte order {self.order}")

    @property
    def bounds(self) -> tuple[int, int]:
        """Minimum and maximum raw value."""
        return (-1 << self.bits - 1, (1 << self.bits - 1) - 1) if self.signed else (0, (1 << self.bits) - 1)


class Real(Kind, frozen=True):
    """IEEE 754 binary floating point."""

    bits: Literal[16, 32, 64]
    order: Literal["big", "little"] = "big"


class Boolean(Kind, frozen=True):
    """Boolean: false is 0, true is 1; any other number that is read counts as true."""

    bits: int = 8

    def __post_init__(self) -> None:
        check_number(self.bits, "bits", 1, PACKET_BITS_MAX)


class Enumeration(Kind, frozen=True):
    """An integer whose values have labels; a value without a label is legal on the wire and is given as a number.

    `ranges` are further values of a label, each range from its first to its second number, inclusive.
    """

    labels: dict[str, int]
    bits: int = 8
    signed: bool = False
    order: ByteOrder = "big"
    ranges: tuple[tuple[int, int, str], ...] = ()

    def __post_init__(self) -> None:
        Integer(self.bits, self.signed, self.order)
        check_number(len(self.labels) + len(self.ranges), "labels", 0, LABELS_MAX)
        for label, value in self.labels.items():
            check_name(label, "label")
            check_number(value, label, -WIDE, 2 * WIDE)
        for low, high, label in self.ranges:
            if label not in self.labels:
                raise ValueError(f"a range of values for {short(label)}, which is no label")
            check_number(low, label, -WIDE, high)
            check_number(high, label, low, 2 * WIDE)

    def values_of(self, label: str) -> list[tuple[int, int]]:
        """All values of `label` as ranges from first to last; the first range is the value that is written."""
        alone = self.labels[label]
        return [(alone, alone), *((low, high) for low, high, said in self.ranges if said == label)]


class Counted(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="size", tag="counted"):
    """A size given by a count in front, an unsigned integer of `bits`."""

    bits: int = 8
    maximum: int | None = None

    def __post_init__(self) -> None:
        check_number(self.bits, "bits of a size", 1, 64)
        check_number(self.maximum or 0, "the largest size", 0, WIDE)

    @property
    def greatest(self) -> int:
        """The maximum size."""
        widest = (1 << self.bits) - 1
        return widest if self.maximum is None else min(self.maximum, widest)


class Rest(msgspec.Struct, frozen=True, tag_field="size", tag="rest"):
    """A size given by the end of the packet: all that is left before the fields of fixed size that follow."""


class Reference(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="size", tag="reference"):
    """A size that an earlier field gives: (its number on the wire * scale + offset) / divisor.

    If `calibrated`, the field's value is used in place of its number. A member of a group is `group.member`.
    """

    field: str
    scale: int = 1
    offset: int = 0
    divisor: int = 1
    calibrated: bool = False

    def __post_init__(self) -> None:
        check_number(self.scale, "scale of a size")
        check_number(self.offset, "offset of a size")
        check_number(self.divisor, "divisor of a size", 1)


class Lookup(msgspec.Struct, frozen=True, tag_field="size", tag="lookup"):
    """A size that depends on earlier fields: that of the first condition that holds."""

    cases: tuple[tuple[Condition, int], ...]

    def __post_init__(self) -> None:
        for _, size in self.cases:
            _check_size(size)


class Terminated(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="size", tag="terminated"):
    """A size given by a terminator behind the text: an octet of value `octet`, or `octets` in hexadecimal."""

    octet: int = 0
    octets: str = ""

    def __post_init__(self) -> None:
        check_number(self.octet, "octet at the end", 0, 255)
        check_number(len(self.tail), "octets at the end", 1, _TAIL_MAX)

    @property
    def tail(self) -> bytes:
        """The octets of the terminator."""
        return bytes.fromhex(self.octets) or bytes([self.octet])


def _check_size(size: object) -> None:
    if isinstance(size, int):
        check_number(size, "size", 0, DECLARED_OCTETS_MAX)


Size = int | Counted | Rest | Reference | Lookup | Terminated
"""Size of texts and octets in octets, of arrays in elements; an array is never `Terminated`."""


class Text(Kind, frozen=True):
    """Text, UTF-8 unless `encoding` says otherwise; padded with zeros where its size in octets is fixed.

    Within its size it ends at the first occurrence of `ends` (hexadecimal octets; "": it fills its size); by default, a
    text of fixed size ends at its first zero. Or a leading size of `leading_bits` gives the octets of the text.
    """

    size: Size
    encoding: Encoding = UTF_8
    ends: str | None = None
    leading_bits: int = 0

    def __post_init__(self) -> None:
        _check_size(self.size)
        if self.ends is not None:
            check_number(len(bytes.fromhex(self.ends)), "octets at the end", 0, _TAIL_MAX)
        if self.leading_bits not in (0, 8, 16, 24, 32):
            raise ValueError(f"a leading size of {self.leading_bits} bits in a text, expected 8, 16, 24 or 32")

    @property
    def tail(self) -> bytes:
        """The terminator within the size; b"" if there is none."""
        if self.ends is None:
            return bytes(self.unit) if isinstance(self.size, int) else b""
        return bytes.fromhex(self.ends)

    @property
    def unit(self) -> int:
        """Octets of a code unit of the encoding."""
        return {"utf-16": 2, "utf-32": 4}.get(self.encoding[:6], 1)


class Octets(Kind, frozen=True):
    """Octets without conversion."""

    size: Size

    def __post_init__(self) -> None:
        _check_size(self.size)


class Time(Kind, frozen=True):
    """CUC time since 1958-01-01 TAI (CCSDS 301.0-B-4 §3.2) without P-field; the value is `utc_ns`."""

    coarse: int = 4
    fine: int = 3

    def __post_init__(self) -> None:
        check_number(self.coarse, "octets of seconds", 1, 7)
        check_number(self.fine, "octets of fractions", 0, 10)


class Array(Kind, frozen=True):
    """`count` values of one kind, without gaps; the value is a list."""

    of: "AnyKind"
    count: Size

    def __post_init__(self) -> None:
        if isinstance(self.count, int):
            check_number(self.count, "elements of an array", 0, PACKET_BITS_MAX)
        _check_whole(self)


class Group(Kind, frozen=True):
    """Fields that belong together; the value is a dict by their names. Members of an `inline` group have the names of
    the structure around it; such a group is only there to be repeated, or absent, as a whole.
    """

    fields: tuple["Field", ...]
    inline: bool = False

    def __post_init__(self) -> None:
        check_number(len(self.fields), "fields of a group", 0, FIELDS_MAX)
        _check_whole(self)


AnyKind = Integer | Real | Boolean | Enumeration | Text | Octets | Time | Array | Group


class Field(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One value: its form on the wire and its meaning. `skip_bits` spare zero bits stand before it; a negative number
    makes it overlap the fields before, which then can be read but not written. The first of `contexts` whose condition
    on earlier fields holds is the calibration; if none does, it is `calibration`.

    `range` is what a command or parameter may be set to, inclusive; `default` is used where it is left out (a label for
    an enumeration, hexadecimal text for octets). The field is present only `when` a condition on earlier fields holds,
    and its value is valid only while `valid` holds. `epoch` makes it a time: the number of `unit` since then.
    """

    name: str
    kind: AnyKind
    unit: str = ""
    text: str = ""
    skip_bits: int = 0
    calibration: Curve | None = None
    contexts: tuple[tuple[Condition, Curve], ...] = ()
    limits: Limits | None = None
    range: Bounds | None = None
    default: int | float | bool | str | None = None
    when: Condition | None = None
    valid: Condition | None = None
    epoch: str = ""

    def __post_init__(self) -> None:
        if self.name:  # a type of XTCE is a field without a name
            check_name(self.name)
        check_number(self.skip_bits, "spare bits", -PACKET_BITS_MAX, PACKET_BITS_MAX)
        for bounds in (self.range, *((self.limits.watch, self.limits.warning) if self.limits else ())):
            for bound in bounds or ():
                check_number(bound, "a bound", float("-inf"), float("inf"))
        if isinstance(self.default, int | float):
            check_number(self.default, "default", -WIDE, 2 * WIDE)


Int8ub, Int16ub, Int24ub, Int32ub, Int64ub = (Integer(bits) for bits in (8, 16, 24, 32, 64))
Int8sb, Int16sb, Int24sb, Int32sb, Int64sb = (Integer(bits, signed=True) for bits in (8, 16, 24, 32, 64))
Int16ul, Int24ul, Int32ul, Int64ul = (Integer(bits, order="little") for bits in (16, 24, 32, 64))
Int16sl, Int24sl, Int32sl, Int64sl = (Integer(bits, signed=True, order="little") for bits in (16, 24, 32, 64))
Float16b, Float32b, Float64b = Real(16), Real(32), Real(64)
Float16l, Float32l, Float64l = Real(16, "little"), Real(32, "little"), Real(64, "little")
Flag = Boolean()


def fixed_bits(kind: AnyKind) -> int | None:
    """Bits that a value of this kind always takes; None where the size varies."""
    match kind:
        case Text(size=int(octets)) | Octets(size=int(octets)):
            return 8 * octets
        case Time(coarse=coarse, fine=fine):
            return 8 * (coarse + fine)
        case Integer() | Real() | Boolean() | Enumeration():
            return kind.bits
        case Array(of=of, count=int(count)):
            bits = fixed_bits(of)
            return None if bits is None else count * bits
        case Group(fields=fields):
            return sum_bits(fields)
    return None


def _check_whole(kind: AnyKind) -> None:
    """Raises ValueError for a structure that is nested too deep or longer than a packet."""
    check_nested((kind,))  # first, because the checks below visit every field
    if _depth(kind) > KIND_DEPTH_MAX:
        raise ValueError(f"arrays and groups nested more than {KIND_DEPTH_MAX} deep")
    check_number(fixed_bits(kind) or 0, "bits of a structure", -PACKET_BITS_MAX, PACKET_BITS_MAX)


def check_nested(kinds: Iterable[AnyKind]) -> None:
    """Raises ValueError for more than NESTED_MAX fields in arrays and groups. A structure that is defined once may
    occur in another many times, and that one again: its fields count each time, up to the bound.
    """
    nested, open_kinds = 0, list(kinds)
    while open_kinds and nested <= NESTED_MAX:
        match open_kinds.pop():
            case Array(of=of):
                open_kinds.append(of)
            case Group(fields=fields):
                nested += len(fields)
                open_kinds += (field.kind for field in fields)
    if nested > NESTED_MAX:
        raise ValueError(f"more than {NESTED_MAX} fields in arrays and groups")


def _depth(kind: AnyKind) -> int:
    match kind:
        case Array(of=of):
            return 1 + _depth(of)
        case Group(fields=fields):
            return 1 + max((_depth(field.kind) for field in fields), default=0)
    return 0


def sum_bits(fields: tuple[Field, ...]) -> int | None:
    """Bits that `fields` always take; None where that varies."""
    sizes = [None if field.when else fixed_bits(field.kind) for field in fields]
    if None in sizes:
        return None
    return sum(size + field.skip_bits for size, field in zip(sizes, fields, strict=True) if size is not None)


def odd_bits(fields: tuple[Field, ...]) -> int | None:
    """Bits that `fields` take beyond whole octets; None where that varies."""
    odd = 0
    for field in fields:
        bits = _odd_bits(field.kind)
        if bits is None or (field.when and (bits + field.skip_bits) % 8):
            return None
        odd += field.skip_bits + bits
    return odd % 8


def _odd_bits(kind: AnyKind) -> int | None:
    match kind:
        case Text() | Octets():
            return 0
        case Array(of=of) if fixed_bits(kind) is None:
            return 0 if _odd_bits(of) == 0 else None
        case Group(fields=fields):
            return odd_bits(fields)
    return fixed_bits(kind)
