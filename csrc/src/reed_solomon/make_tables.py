"""Write tables.c, the constants of the Reed-Solomon kernels (CCSDS 131.0-B §4.3).

Usage: make_tables.py > tables.c

A linear map of octets (multiplication by a constant, change of basis) comes in the form that a level applies fastest:
columns  the images of bits 0..7, an octet each
nibbles  the images of 0x00..0x0f, then of 0x00, 0x10 .. 0xf0
matrix   eight rows as `gf2p8affineqb` wants them: octet 7 - i makes bit i

Decoders work in the field of 256 elements that their multiplication likes best. All such fields are one and the same,
but for a change of basis, which is merged with that of the channel.
"""

import sys
import textwrap
from collections.abc import Callable, Iterable, Sequence
from functools import partial

Octets = list[int]
Tree = str | Sequence["Tree"]


def product_modulo(polynomial: int, degree: int, a: int, b: int) -> int:
    """The product of two elements of the field of polynomials over GF(2) modulo one of that degree."""
    product = 0
    while b:
        product ^= a * (b & 1)
        a, b = a << 1, b >> 1
        a ^= polynomial * (a >> degree)
    return product


def tower_product(a: int, b: int) -> int:
    """The product of a1 y + a0 and b1 y + b0 over GF(16), where y^2 = y + NU; a1 and b1 are the high halves."""
    a1, a0, b1, b0 = a >> 4, a & 15, b >> 4, b & 15
    low, high, cross = product_16(a0, b0), product_16(a1, b1), product_16(a1 ^ a0, b1 ^ b0)
    return (cross ^ low) << 4 | low ^ product_16(NU, high)


class Field:
    """A field of 256 elements, with `alpha` where x stands in the CCSDS field: a root of x^8 + x^7 + x^2 + x + 1."""

    def __init__(self, multiply: Callable[[int, int], int]) -> None:
        self.multiply = multiply
        self.alpha = next(h for h in range(2, 256) if self._sum_of_powers(h, 0x187) == 0)

    def _sum_of_powers(self, h: int, exponents: int) -> int:
        total, power = 0, 1
        while exponents:
            total ^= power * (exponents & 1)
            exponents, power = exponents >> 1, self.multiply(power, h)
        return total

    def powers(self) -> Octets:
        """The powers alpha^0 .. alpha^254."""
        powers = [1]
        while len(powers) < 255:
            powers.append(self.multiply(powers[-1], self.alpha))
        return powers

    def times(self, constant: int) -> Octets:
        """Multiplication by `constant`, as a table."""
        return linear(self.multiply(constant, 1 << bit) for bit in range(8))


def linear(images: Iterable[int]) -> Octets:
    """The table of the linear map that takes bit i to the i-th image."""
    table = [0]
    for image in images:
        table += [value ^ image for value in table]
    return table


def inverse(table: Octets) -> Octets:
    """The table of the inverse map."""
    return [table.index(value) for value in range(256)]


def after(outer: Octets, inner: Octets) -> Octets:
    """The table of the map that applies `inner`, then `outer`."""
    return [outer[value] for value in inner]


CCSDS, AES = Field(partial(product_modulo, 0x187, 8)), Field(partial(product_modulo, 0x11B, 8))
product_16 = partial(product_modulo, 0b10011, 4)
NU = next(v for v in range(16) if all(product_16(y, y) ^ y != v for y in range(16)))  # so y^2 + y + NU has no root
TOWER = Field(tower_product)
POWERS = CCSDS.powers()
# §4.3.9: the images of alpha^0 .. alpha^7 in the dual basis.
TO_DUAL = linear([0x7B, 0xAF, 0x99, 0xFA, 0x86, 0xEC, 0xEF, 0x8D])
BASES = (list(range(256)), TO_DUAL)


def gamma(exponent: int) -> int:
    """Gamma^exponent, where gamma = alpha^11 numbers the roots of the generators."""
    return POWERS[11 * exponent % 255]


def generator(parity: int) -> Octets:
    """The generator polynomial, highest coefficient (1) first."""
    g = [1]
    for j in range(128 - parity // 2, 128 + parity // 2):
        g = [a ^ CCSDS.multiply(gamma(j), b) for a, b in zip([*g, 0], [0, *g], strict=True)]
    return g


def words(octets: Octets) -> Tree:
    """Octets as little-endian 64-bit words."""
    groups = [bytes(octets[i : i + 8]) for i in range(0, len(octets), 8)]
    return [f"0x{int.from_bytes(group, 'little'):016x}" for group in groups]


FORMS: dict[str, Callable[[Octets], Tree]] = {
    "columns": lambda table: [words([table[1 << bit] for bit in range(8)])],
    "nibbles": lambda table: [[words(table[:16])], [words(table[::16])]],
    "matrix": lambda table: [
        words([sum((table[1 << i] >> row & 1) << i for i in range(8)) for row in range(7, -1, -1)])
    ],
}


def initialiser(tree: Tree) -> str:
    """The text of a C initialiser."""
    return tree if isinstance(tree, str) else "{" + ", ".join(map(initialiser, tree)) + "}"


def define(declaration: str, tree: Tree) -> str:
    """The definition of one constant."""
    return "\n".join(textwrap.wrap(f"const {declaration} = {initialiser(tree)};", 120, subsequent_indent="    ")) + "\n"


def times_in(basis: Octets, constant: int) -> Octets:
    """Multiplication by `constant` of symbols in the basis."""
    return after(basis, after(CCSDS.times(constant), inverse(basis)))


def slice_places(parity: int) -> list[Octets]:
    """At [k], x^(parity + 3 - k) modulo the generator; k = 0..3."""
    low = generator(parity)[1:]
    places = [low]
    for _ in range(3):
        first, *rest = places[0]
        places.insert(0, [a ^ CCSDS.multiply(first, b) for a, b in zip([*rest, 0], low, strict=True)])
    return places


def slices(parity: int) -> Tree:
    """The values of rs_slices_32 or rs_slices_16: [basis][k][half][n]."""

    def halves(basis: Octets, place: Octets) -> Tree:
        maps = [times_in(basis, coefficient) for coefficient in place]
        return [[words([table[n << shift] for table in maps]) for n in range(16)] for shift in (0, 4)]

    return [[halves(basis, place) for place in slice_places(parity)] for basis in BASES]


def generator_maps(parity: int, form: str) -> Tree:
    """The values of an rs_generator_... table: [basis][i]."""
    half = generator(parity)[1 : parity // 2 + 1]
    return [[FORMS[form](times_in(basis, c)) for c in half] for basis in BASES]


def field_maps(field: Field, form: str) -> Tree:
    """The values of a struct rs_field_...: its members in their order."""
    into = linear(field.powers()[:8])
    z = [gamma(136 * 6 * k) for k in range(5)]
    roots, cosets = [gamma(112 + j) for j in range(32)], [gamma(120 * k) for k in range(17)]
    constants = [roots, cosets, [gamma(136 * 10)], [z[1] ^ z[4], z[3], z[1] ^ z[3], z[3] ^ z[4]]]
    members = [[after(into, inverse(basis)) for basis in BASES], [after(basis, inverse(into)) for basis in BASES]]
    members += [[field.times(into[constant]) for constant in group] for group in constants]
    return [[FORMS[form](table) for table in member] for member in members]


def tower_tables() -> Tree:
    """The values of struct rs_tower: its members in order. A logarithm of 0x80 or more stands for that of zero."""
    exp = [1]
    while len(exp) < 15:
        exp.append(product_16(exp[-1], 2))
    log = [0xE0, *(exp.index(value) for value in range(1, 16))]
    factors = ([value * 0x11 for value in exp], [product_16(NU, value) for value in exp], [value << 4 for value in exp])
    return [[words(log)], *([words([*factor, 0])] for factor in factors)]


def main() -> None:
    """Write the whole file."""
    write = sys.stdout.write
    write('/* Written by make_tables.py. */\n#include "reed_solomon/tables.h"\n')
    for parity in (32, 16):
        write("\n" + define(f"uint64_t rs_slices_{parity}[2][4][2][16][{parity // 8}]", slices(parity)))
        for form in ("nibbles", "matrix"):
            maps = generator_maps(parity, form)
            write("\n" + define(f"rs_{form} rs_generator_{form}_{parity}[2][{parity // 2}]", maps))
    for form, field in (("columns", CCSDS), ("nibbles", TOWER), ("matrix", AES)):
        write("\n" + define(f"struct rs_field_{form} rs_field_{form}", field_maps(field, form)))
    write("\n" + define("struct rs_tower rs_tower", tower_tables()))


if __name__ == "__main__":
    main()
