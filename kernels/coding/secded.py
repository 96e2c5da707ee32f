"""Memory that survives upsets: SECDED(72,64) and majority votes of three copies (csrc/include/skyrack/secded.h)."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kernels.arrays import check, checked, pointer
from kernels.library import ffi, lib

_Octets = NDArray[np.uint8]
WORD_OCTETS = 8


class Scrubbed(NamedTuple):
    """Result of one scrub of a memory."""

    corrected: int
    """Words that had one wrong bit, which was corrected."""
    uncorrectable: int
    """Words with more wrong bits, left as they are."""
    first_uncorrectable: int | None
    """Number of the first uncorrectable word."""


def secded_encode(data: _Octets) -> _Octets:
    """One check octet for each word of 8 octets of `data`, contiguous and of one dimension."""
    checks = np.empty(_words(data), np.uint8)
    lib.sr_secded_encode(pointer(data), checks.size, pointer(checks))
    return checks


def secded_scrub(data: _Octets, checks: _Octets) -> Scrubbed:
    """Check every word once; correct single wrong bits in place, in `data` and in `checks`."""
    words = _words(data, writable=True)
    check("checks", checks, np.uint8, None, writable=True)
    if words != checks.size:
        raise ValueError(f"{checks.size} check octets for {words} words")
    report = ffi.new("struct sr_scrub_report *")
    lib.sr_secded_scrub(pointer(data), words, pointer(checks), report)
    return Scrubbed(
        report.corrected, report.uncorrectable, report.first_uncorrectable if report.uncorrectable else None
    )


def vote3(a: _Octets, b: _Octets, c: _Octets) -> tuple[_Octets, tuple[int, int, int]]:
    """Majority bit by bit of three contiguous copies, and in how many octets each copy dissents from it."""
    copies = [checked("copy", copy, np.uint8, None) for copy in (a, b, c)]
    if not a.shape == b.shape == c.shape:
        raise ValueError(f"copies of shapes {a.shape}, {b.shape} and {c.shape}, expected the same")
    out, dissents = np.empty(a.shape, np.uint8), ffi.new("uint64_t[3]")
    lib.sr_vote3(*copies, a.size, pointer(out), dissents)
    return out, (dissents[0], dissents[1], dissents[2])


def _words(data: _Octets, *, writable: bool = False) -> int:
    check("data", data, np.uint8, None, writable=writable)
    words, rest = divmod(data.size, WORD_OCTETS)
    if rest:
        raise ValueError(f"{data.size} octets, expected a multiple of {WORD_OCTETS}")
    return words
