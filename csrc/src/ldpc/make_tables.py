"""Print tables.c: the LDPC codes of CCSDS 131.0-B-5 §7 (C2, AR4JA) and 231.0-B-4 §4 (telecommand) as circulants.

A circulant is a polynomial over GF(2) modulo x^size + 1, kept as an integer: bit i is the coefficient of x^i, and the
row of bit 0 has ones where the coefficients are. The generator's circulants follow from those of the checks by algebra
in that ring.

Usage: python make_tables.py > tables.c
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

Checks = list[list[tuple[int, int]]]
"""For each row of circulants, (column, shift) of each one: row i of it has its one in column (i + shift) % size."""
Matrix = list[list[int]]

# 231.0-B-4 figures 4-2 and 4-3: shifts of the circulants, row by row and column by column.
TC_128: list[list[tuple[int, ...]]] = [
    [(0, 7), (2,), (14,), (6,), (), (0,), (13,), (0,)],
    [(6,), (0, 15), (0,), (1,), (0,), (), (0,), (7,)],
    [(4,), (1,), (0, 15), (14,), (11,), (0,), (), (3,)],
    [(0,), (1,), (9,), (0, 13), (14,), (1,), (0,), ()],
]
TC_512: list[list[tuple[int, ...]]] = [
    [(0, 63), (30,), (50,), (25,), (), (43,), (62,), (0,)],
    [(56,), (0, 61), (50,), (23,), (0,), (), (37,), (26,)],
    [(16,), (0,), (0, 55), (27,), (56,), (0,), (), (43,)],
    [(35,), (56,), (62,), (0, 11), (58,), (3,), (0,), ()],
]
# 131.0-B-5 table 7-1.
C2: list[list[tuple[int, ...]]] = [
    [(0, 176), (12, 239), (0, 352), (24, 431), (0, 392), (151, 409), (0, 351), (9, 359),
     (0, 307), (53, 329), (0, 207), (18, 281), (0, 399), (202, 457), (0, 247), (36, 261)],
    [(99, 471), (130, 473), (198, 435), (260, 478), (215, 420), (282, 481), (48, 396), (193, 445),
     (273, 430), (302, 451), (96, 379), (191, 386), (244, 467), (364, 470), (51, 382), (192, 414)],
]  # fmt: skip
# 131.0-B-5 tables 7-3 and 7-4: theta_k for k = 1..26, and phi_k(j, M) for M = 128, 256, ..., 8192, rows j = 0..3.
THETA = [3, 0, 1, 2, 2, 3, 0, 1, 0, 1, 2, 0, 2, 3, 0, 1, 2, 0, 1, 2, 0, 1, 2, 1, 2, 3]
PHI = {
    128: [
        [1, 22, 0, 26, 0, 10, 5, 18, 3, 22, 3, 8, 25, 25, 2, 27, 7, 7, 15, 10, 4, 19, 7, 9, 26, 17],
        [0, 27, 30, 28, 7, 1, 8, 20, 26, 24, 4, 12, 23, 15, 15, 22, 31, 3, 29, 21, 2, 5, 11, 26, 9, 17],
        [0, 12, 30, 18, 10, 16, 13, 9, 7, 15, 16, 18, 4, 23, 5, 3, 29, 11, 4, 8, 2, 11, 11, 3, 15, 13],
        [0, 13, 19, 14, 15, 20, 17, 4, 4, 11, 17, 20, 8, 22, 19, 15, 5, 21, 17, 9, 20, 18, 31, 13, 2, 18],
    ],
    256: [
        [59, 18, 52, 23, 11, 7, 22, 25, 27, 30, 43, 14, 46, 62, 44, 12, 38, 47, 1, 52, 61, 10, 55, 7, 12, 2],
        [0, 32, 21, 36, 30, 29, 44, 29, 39, 14, 22, 15, 48, 55, 39, 11, 1, 50, 40, 62, 27, 38, 40, 15, 11, 18],
        [0, 46, 45, 27, 48, 37, 41, 13, 9, 49, 36, 10, 11, 18, 54, 40, 27, 35, 25, 46, 24, 33, 18, 37, 35, 21],
        [0, 44, 51, 12, 15, 12, 4, 7, 2, 30, 53, 23, 29, 37, 42, 48, 4, 10, 18, 56, 9, 11, 23, 8, 7, 24],
    ],
    512: [
        [16, 103, 105, 0, 50, 29, 115, 30, 92, 78, 70, 66, 39,
         84, 79, 70, 29, 32, 45, 113, 86, 1, 42, 118, 33, 126],
        [0, 53, 74, 45, 47, 0, 59, 102, 25, 3, 88, 65, 62, 68, 91, 70, 115, 31, 121, 45, 56, 54, 108, 14, 30, 116],
        [0, 8, 119, 89, 31, 122, 1, 69, 92, 47, 11, 31, 19, 66, 49, 81, 96, 38, 83, 42, 58, 24, 25, 92, 38, 120],
        [0, 35, 97, 112, 64, 93, 99, 94, 103, 91, 3, 6, 39, 113, 92, 119, 74, 73, 116, 31, 127, 98, 23, 38, 18, 62],
    ],
    1024: [
        [160, 241, 185, 251, 209, 103, 90, 184, 248, 12, 111, 66, 173,
         42, 157, 174, 104, 144, 43, 181, 250, 202, 68, 177, 170, 89],
        [0, 182, 249, 65, 70, 141, 237, 77, 55, 12, 227, 42, 52,
         243, 179, 250, 247, 164, 17, 31, 149, 105, 183, 153, 177, 19],
        [0, 35, 167, 214, 84, 206, 122, 67, 147, 54, 23, 93, 20,
         197, 46, 162, 101, 76, 78, 253, 124, 143, 63, 41, 214, 70],
        [0, 162, 7, 31, 164, 11, 237, 125, 133, 99, 105, 17, 97,
         91, 211, 128, 82, 115, 248, 62, 26, 140, 121, 12, 41, 249],
    ],
    2048: [
        [108, 126, 238, 481, 96, 28, 59, 225, 323, 28, 386, 305, 34,
         510, 147, 199, 347, 391, 165, 414, 97, 158, 86, 168, 506, 489],
        [0, 375, 436, 350, 260, 84, 318, 382, 169, 213, 67, 313, 242,
         188, 1, 306, 397, 80, 33, 7, 447, 336, 424, 134, 152, 492],
        [0, 219, 16, 263, 415, 403, 184, 279, 198, 307, 432, 240, 454,
         294, 479, 289, 373, 104, 141, 270, 439, 333, 399, 14, 277, 412],
        [0, 312, 503, 388, 48, 7, 185, 328, 254, 202, 285, 11, 168,
         127, 8, 437, 475, 85, 419, 459, 468, 209, 311, 211, 510, 320],
    ],
    4096: [
        [226, 618, 404, 32, 912, 950, 534, 63, 971, 304, 409, 708, 719,
         176, 743, 759, 674, 958, 984, 11, 413, 925, 687, 752, 867, 323],
        [0, 767, 227, 247, 284, 370, 482, 273, 886, 634, 762, 184, 696,
         413, 854, 544, 864, 82, 1009, 437, 36, 562, 816, 452, 290, 778],
        [0, 254, 790, 642, 248, 899, 328, 518, 477, 404, 698, 160, 497,
         100, 518, 92, 464, 592, 198, 856, 235, 134, 542, 545, 777, 483],
        [0, 285, 554, 809, 185, 49, 101, 82, 898, 627, 154, 65, 81,
         823, 50, 413, 462, 175, 715, 537, 722, 37, 488, 179, 430, 264],
    ],
    8192: [
        [1148, 2032, 249, 1807, 485, 1044, 717, 873, 364, 1926, 1241, 1769, 532,
         768, 1138, 965, 141, 1527, 505, 1312, 1840, 709, 1427, 989, 1925, 270],
        [0, 1822, 203, 882, 1989, 957, 1705, 1083, 1072, 354, 1942, 446, 1456,
         1940, 1660, 1661, 587, 708, 1466, 433, 1345, 867, 1551, 2041, 1383, 1790],
        [0, 318, 494, 1467, 757, 1085, 1630, 64, 689, 1300, 148, 777, 1431,
         659, 352, 1177, 836, 1572, 348, 1040, 779, 476, 191, 1393, 1752, 1627],
        [0, 1189, 458, 460, 1039, 1000, 1265, 1223, 874, 1292, 1491, 631, 464,
         461, 844, 392, 922, 256, 1986, 19, 266, 471, 1166, 1300, 1033, 1606],
    ],
}  # fmt: skip
# 131.0-B-5 §7.4.2: rows of the parity check matrix in blocks of M; 0 is the identity, k is the permutation pi_k.
# Rate 2/3 has two columns more on the left, rate 4/5 another four.
HALF: list[list[tuple[int, ...]]] = [
    [(), (), (0,), (), (0, 1)],
    [(0,), (0,), (), (0,), (2, 3, 4)],
    [(0,), (5, 6), (), (7, 8), (0,)],
]
TWO_THIRDS: list[list[tuple[int, ...]]] = [[(), ()], [(9, 10, 11), (0,)], [(0,), (12, 13, 14)]]
FOUR_FIFTHS: list[list[tuple[int, ...]]] = [
    [(), (), (), ()],
    [(21, 22, 23), (0,), (15, 16, 17), (0,)],
    [(0,), (24, 25, 26), (0,), (18, 19, 20)],
]


def of_shifts(blocks: list[list[tuple[int, ...]]]) -> Checks:
    """The checks of a code whose circulants are given by their shifts."""
    return [[(column, shift) for column, shifts in enumerate(row) for shift in shifts] for row in blocks]


def ar4ja(m: int, blocks: list[list[tuple[int, ...]]]) -> Checks:
    """The same in circulants of M / 4: quarter j of pi_k's rows has its ones in quarter (theta_k + j) % 4."""
    checks: Checks = []
    for row in blocks:
        for j in range(4):
            places = [(4 * column, k) for column, permutations in enumerate(row) for k in permutations]
            checks.append(
                sorted((c + (j if k == 0 else (THETA[k - 1] + j) % 4), PHI[m][j][k - 1] if k else 0) for c, k in places)
            )
    return checks


def ones(value: int) -> Iterable[int]:
    """The numbers of the bits that are set."""
    while value:
        low = value & -value
        yield low.bit_length() - 1
        value ^= low


def times(a: int, b: int, size: int) -> int:
    """The product of two polynomials modulo x^size + 1."""
    total = 0
    for i in ones(a):
        total ^= b << i
    return total & (1 << size) - 1 ^ total >> size


def matrix(checks: Checks, columns: range, size: int) -> Matrix:
    """The circulants of some columns. A row's one in column i + shift is the generator's in column i - shift."""
    rows = [[0] * len(columns) for _ in checks]
    for row, edges in zip(rows, checks, strict=True):
        for column, shift in edges:
            if column in columns:
                row[column - columns.start] ^= 1 << -shift % size
    return rows


def product(a: Matrix, b: Matrix, size: int) -> Matrix:
    """The product of two matrices of polynomials."""
    result = [[0] * len(b[0]) for _ in a]
    for i, row in enumerate(a):
        for j in range(len(b[0])):
            for k, value in enumerate(row):
                result[i][j] ^= times(value, b[k][j], size)
    return result


def unit_inverse(a: int, size: int) -> int:
    """The inverse of a polynomial of odd weight, where size is 2^m.

    As a^size = a(1) = 1, it is a^(1 + 2 + 4 + ... + size / 2).
    """
    total, power = 1, a
    for _ in range(size.bit_length() - 1):
        total, power = times(total, power, size), times(power, power, size)
    return total


def inverse(a: Matrix, size: int) -> Matrix:
    """The inverse of a matrix by Gauss and Jordan, with pivots of odd weight: they have inverses where size is 2^m."""
    count = len(a)
    rows = [[*row, *(int(i == j) for j in range(count))] for i, row in enumerate(a)]
    for i in range(count):
        pivot = next(r for r in range(i, count) if rows[r][i].bit_count() % 2)
        rows[i], rows[pivot] = rows[pivot], rows[i]
        scale = unit_inverse(rows[i][i], size)
        rows[i] = [times(scale, value, size) for value in rows[i]]
        for r in range(count):
            factor = rows[r][i]
            if r != i and factor:
                rows[r] = [value ^ times(factor, p, size) for value, p in zip(rows[r], rows[i], strict=True)]
    return [row[count:] for row in rows]


def divided(a: int, b: int) -> tuple[int, int]:
    """The quotient and the remainder of two polynomials."""
    quotient = 0
    while (excess := a.bit_length() - b.bit_length()) >= 0:
        quotient, a = quotient | 1 << excess, a ^ b << excess
    return quotient, a


def inverse_modulo(a: int, modulus: int) -> int:
    """The inverse modulo a polynomial, by Euclid's extended algorithm."""
    r, s, t, u = modulus, a, 0, 1
    while s != 1:
        assert s, "no inverse"
        quotient, remainder = divided(r, s)
        step = 0
        for i in ones(quotient):
            step ^= u << i
        r, s, t, u = s, remainder, u, divided(t ^ step, modulus)[1]
    return u


def transposed(a: Matrix) -> Matrix:
    """The matrix with rows and columns exchanged."""
    return [list(column) for column in zip(*a, strict=True)]


def dense_square(checks: Checks, size: int) -> Matrix:
    """Telecommand: parity = P^-1 Q data, of 231.0-B-4 §4.3, by column of data."""
    data, parity = matrix(checks, range(4), size), matrix(checks, range(4, 8), size)
    return transposed(product(inverse(parity, size), data, size))


def dense_c2(checks: Checks, size: int) -> Matrix:
    """C2: P is regular modulo (x^511 + 1) / (x + 1) only, and the generator is the one that is reduced by it.

    So its circulants have a 0 in the upper right corner, and the two dimensions more that the checks would allow, a
    block of parity complemented, are left unused (131.0-B-5 §7.3.4).
    """
    reduce_by = (1 << size) - 1
    data, ((a, b), (c, d)) = matrix(checks, range(14), size), matrix(checks, range(14, 16), size)
    scale = inverse_modulo(divided(times(a, d, size) ^ times(b, c, size), reduce_by)[1], reduce_by)
    adjugate = [[times(scale, value, size) for value in row] for row in ((d, b), (c, a))]
    return transposed([[divided(value, reduce_by)[1] for value in row] for row in product(adjugate, data, size)])


def dense_ar4ja(m: int) -> Matrix:
    """AR4JA: the inverse of I + r2b r1c, where rows r0, r1, r2 of blocks meet columns a, b, c of parity.

    For rows r1 and r2 give (I + r2b r1c) c = r2 data + r2b r1 data, then r1 gives b and r0 gives a. It is the same for
    all rates, which differ in the columns of data alone.
    """
    size, checks = m // 4, ar4ja(m, HALF)
    r1c, r2b = matrix(checks[4:8], range(16, 20), size), matrix(checks[8:], range(12, 16), size)
    core = product(r2b, r1c, size)
    for i in range(4):
        core[i][i] ^= 1
    return transposed(inverse(core, size))


@dataclass
class Code:
    """One code as tables.c has it."""

    name: str
    size: int
    checks: Checks
    data_bits: int
    sent_bits: int
    dense: str
    shortened: int = 0
    columns: int = field(init=False)

    def __post_init__(self) -> None:
        self.columns = 1 + max(column for row in self.checks for column, _ in row)

    def text(self) -> str:
        """The edges, the degrees, and the entry of the table of codes."""
        edges = [f"{{{column}, {shift}}}" for row in self.checks for column, shift in row]
        degrees = [str(len(row)) for row in self.checks]
        count = len(edges)
        return (
            f"static const struct ldpc_edge edges_{self.name}[{count}] = {{\n{lines(edges, 11)}}};\n"
            f"static const uint8_t degrees_{self.name}[] = {{{', '.join(degrees)}}};"
        )

    def entry(self) -> str:
        """Its line in the table of codes."""
        numbers = (self.size, self.columns, len(self.checks), sum(map(len, self.checks)), self.shortened,
                   self.data_bits, self.sent_bits)  # fmt: skip
        return f"    {{{', '.join(map(str, numbers))}, degrees_{self.name}, edges_{self.name}, {self.dense}}}"


def lines(values: list[str], each: int) -> str:
    """The body of a C initialiser, `each` values on a line."""
    return ",\n".join("    " + ", ".join(values[at : at + each]) for at in range(0, len(values), each))


def dense_text(name: str, rows: Matrix, size: int) -> str:
    """Rows of bit 0, padded to whole words, the first bit in the most significant place."""
    words = (size + 63) // 64
    values = []
    for row in rows:
        for value in row:
            bits = int(format(value, f"0{size}b")[::-1], 2) << 64 * words - size
            values += [f"0x{bits >> 64 * (words - 1 - w) & (1 << 64) - 1:016X}" for w in range(words)]
    return f"static const uint64_t {name}[{len(values)}] = {{\n{lines(values, 5)}}};"


def codes() -> list[Code]:
    """In the order of enum sr_ldpc_code."""
    found = [
        Code("tc_128", 16, of_shifts(TC_128), 64, 128, "dense_tc_128"),
        Code("tc_512", 64, of_shifts(TC_512), 256, 512, "dense_tc_512"),
        Code("c2", 511, of_shifts(C2), 7136, 8160, "dense_c2", shortened=18),
    ]
    rates = {
        "1_2": [[], [], []],
        "2_3": TWO_THIRDS,
        "4_5": [a + b for a, b in zip(FOUR_FIFTHS, TWO_THIRDS, strict=True)],
    }
    for rate, extra in rates.items():
        blocks = [left + right for left, right in zip(extra, HALF, strict=True)]
        columns = len(blocks[0]) - 3
        for k in (1024, 4096, 16384):
            m = k // columns
            found.append(Code(f"ar4ja_{rate}_{k}", m // 4, ar4ja(m, blocks), k, k + 2 * m, f"dense_ar4ja_{m}"))
    return found


def main() -> None:
    """Print the file."""
    print('/* Written by make_tables.py. */\n#include "ldpc/ops.h"')
    print("\n" + dense_text("dense_tc_128", dense_square(of_shifts(TC_128), 16), 16))
    print("\n" + dense_text("dense_tc_512", dense_square(of_shifts(TC_512), 64), 64))
    print("\n" + dense_text("dense_c2", dense_c2(of_shifts(C2), 511), 511))
    for m in PHI:
        print("\n" + dense_text(f"dense_ar4ja_{m}", dense_ar4ja(m), m // 4))
    for code in codes():
        print("\n" + code.text())
    print("\nconst struct ldpc_code ldpc_codes[SR_LDPC_CODES] = {")
    print(",\n".join(code.entry() for code in codes()) + "};")


if __name__ == "__main__":
    main()
