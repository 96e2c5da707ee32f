"""What a field is on the wire: its kind. Names follow Construct (Int16ub: 16 bits, unsigned, big-endian).

A kind is plain data, so that it goes into the dictionary's JSON and comes back equal; `codec.py` and `oracle.py` give
it its meaning. Values: int, float, bool, str, bytes; an enumeration's value is its label; a time is `utc_ns`, an int.
"""

from typing import Literal

import msgspec

Order = Literal["big", "little"]


class Kind(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="kind", tag=str.lower):
    """Root of all kinds."""


class Integer(Kind, frozen=True):
    """Two's complement or unsigned, of any width from 1 bit; little-endian ones take whole octets."""

    bits: int
    signed: bool = False
    order: Order = "big"

    def __post_init__(self) -> None:
        if self.bits < 1 or (self.order == "little" and self.bits % 8):
            raise ValueError(f"an integer of {self.bits} bits, {self.order}-endian")

    @property
    def bounds(self) -> tuple[int, int]:
        """Least and greatest raw value."""
        return (-1 << self.bits - 1, (1 << self.bits - 1) - 1) if self.signed else (0, (1 << self.bits) - 1)


class Real(Kind, frozen=True):
    """IEEE 754 binary floating point."""

    bits: Literal[16, 32, 64]
    order: Order = "big"


class Boolean(Kind, frozen=True):
    """False is 0, true is 1; whatever else is read counts as true."""

    bits: int = 8


class Enumeration(Kind, frozen=True):
    """An integer whose values have labels; a value without a label is legal on the wire and stands for itself."""

    labels: dict[str, int]
    bits: int = 8
    signed: bool = False
    order: Order = "big"


class Counted(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="size", tag="counted"):
    """A size that stands in front, as an unsigned integer of `bits`."""

    bits: int = 8
    maximum: int | None = None

    @property
    def greatest(self) -> int:
        """The largest size that may stand there."""
        widest = (1 << self.bits) - 1
        return widest if self.maximum is None else min(self.maximum, widest)


class Rest(msgspec.Struct, frozen=True, tag_field="size", tag="rest"):
    """Whatever octets are left."""


Size = int | Counted | Rest


class Text(Kind, frozen=True):
    """UTF-8 text; of a fixed size in octets it is padded with zeros."""

    size: Size


class Octets(Kind, frozen=True):
    """Octets as they are."""

    size: Size


class Time(Kind, frozen=True):
    """CUC time since 1958-01-01 TAI (CCSDS 301.0-B-4 §3.2) without P-field; the value is `utc_ns`."""

    coarse: int = 4
    fine: int = 3


AnyKind = Integer | Real | Boolean | Enumeration | Text | Octets | Time

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
    return None
