"""Memory that survives upsets: SECDED(72,64) and votes of three (csrc/include/skyrack/secded.h)."""

from typing import Any, NamedTuple

import numpy as np
from _csrc import ffi, lib
from numpy.typing import NDArray

Octets = NDArray[np.uint8]
WORD_OCTETS = 8


class Scrubbed(NamedTuple):
    """What a scrub found."""

    corrected: int
    """Words with one wrong bit, put right."""
    uncorrectable: int
    """Words with more, left as they are."""
    first_uncorrectable: int | None
    """The number of the first of those."""


def secded_encode(data: Octets) -> Octets:
    """One check octet for each word of 8 octets of `data`, contiguous and of one dimension."""
    checks = np.empty(_words(data), np.uint8)
    lib.sr_secded_encode(ffi.from_buffer("uint8_t[]", data), checks.size, ffi.from_buffer("uint8_t[]", checks))
    return checks


def secded_scrub(data: Octets, checks: Octets) -> Scrubbed:
    """Look at every word once; put single wrong bits right, in `data` and in `checks`."""
    if _words(data) != checks.size:
        raise ValueError(f"{checks.size} check octets for {_words(data)} words")
    report = ffi.new("struct sr_scrub_report *")
    lib.sr_secded_scrub(_writable(data), checks.size, _writable(checks), report)
    return Scrubbed(
        report.corrected, report.uncorrectable, report.first_uncorrectable if report.uncorrectable else None
    )


def vote3(a: Octets, b: Octets, c: Octets) -> tuple[Octets, tuple[int, int, int]]:
    """Majority bit by bit of three contiguous copies, and in how many octets each copy dissents from it."""
    if not a.shape == b.shape == c.shape:
        raise ValueError(f"copies of shapes {a.shape}, {b.shape} and {c.shape}, expected the same")
    out, dissents = np.empty(a.shape, np.uint8), ffi.new("uint64_t[3]")
    copies = [ffi.from_buffer("uint8_t[]", _checked(copy)) for copy in (a, b, c)]
    lib.sr_vote3(*copies, a.size, ffi.from_buffer("uint8_t[]", out), dissents)
    return out, (dissents[0], dissents[1], dissents[2])


def _checked(octets: Octets) -> Octets:
    if octets.dtype != np.uint8 or not octets.flags.c_contiguous:
        raise TypeError("contiguous uint8 expected")
    return octets


def _words(data: Octets) -> int:
    words, rest = divmod(_checked(data).size, WORD_OCTETS)
    if rest:
        raise ValueError(f"{data.size} octets, expected a multiple of {WORD_OCTETS}")
    return words


def _writable(octets: Octets) -> Any:
    return ffi.from_buffer("uint8_t[]", _checked(octets), require_writable=True)
