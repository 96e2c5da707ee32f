"""Print tables.c: GF(256) with x^8 + x^4 + x^3 + x^2 + 1 and the generator x, as logarithms and as matrices.

Usage: python make_tables.py > tables.c
"""

POLYNOMIAL = 0x11D


def doubled(value: int) -> int:
    """The product of x and an element."""
    return value << 1 ^ (POLYNOMIAL if value & 0x80 else 0)


def product(a: int, b: int) -> int:
    """The product of two elements, by shift and add."""
    total = 0
    while b:
        total, a, b = total ^ (a if b & 1 else 0), doubled(a), b >> 1
    return total


def matrix(factor: int) -> int:
    """`factor` times as GF2P8AFFINEQB takes it: the row of result bit i in octet 7 - i, bit b for input bit b."""
    columns = [product(factor, 1 << bit) for bit in range(8)]
    rows = [sum((column >> i & 1) << bit for bit, column in enumerate(columns)) for i in range(8)]
    return sum(row << 8 * (7 - i) for i, row in enumerate(rows))


def lines(values: list[str], each: int) -> str:
    """The body of a C initialiser, `each` values on a line."""
    return ",\n".join("    " + ", ".join(values[at : at + each]) for at in range(0, len(values), each))


def main() -> None:
    """Print the file."""
    powers = [1]
    while len(powers) < 255:
        powers.append(doubled(powers[-1]))
    logarithms = [powers.index(value) if value else 0 for value in range(256)]
    tables = {
        "const uint8_t erasure_power[510]": lines([str(value) for value in powers * 2], 24),
        "const uint8_t erasure_log[256]": lines([str(value) for value in logarithms], 24),
        "const uint64_t erasure_matrix[256]": lines([f"0x{matrix(value):016X}" for value in range(256)], 5),
    }
    print('/* Written by make_tables.py. */\n#include "erasure/ops.h"')
    for name, body in tables.items():
        print(f"\n{name} = {{\n{body}}};")


if __name__ == "__main__":
    main()
