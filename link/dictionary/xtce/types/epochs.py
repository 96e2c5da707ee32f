"""Epochs of XTCE (EpochType), a date, a date with a time, or a name, in the form of a definition.

A date or time without a zone is UTC. TAI, GPS and J2000 are counted without leap seconds.
"""

import re

from link.dictionary.xtce.document import Element, UnsupportedError, content
from link.errors import DecodeError
from link.time.calendar import decode_ascii, encode_ascii
from link.time.leap_seconds import NS

_NAMED = {
    "UNIX": "1970-01-01T00:00:00Z",
    "POSIX": "1970-01-01T00:00:00Z",
    "TAI": "1958-01-01T00:00:00Z",
    "GPS": "1980-01-06T00:00:00Z",
    "J2000": "J2000",
}
_DATED = re.compile(r"(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d:\d\d)(\.\d+)?)?(Z|[+-]\d\d:\d\d)?")


def read_epoch(element: Element) -> str:
    """The epoch in the form of a field's `epoch`. Raises UnsupportedError if it is neither a date nor a known name."""
    said = content(element)
    if said in _NAMED:
        return _NAMED[said]
    found = _DATED.fullmatch(said)
    since_1970_ns = None if found is None else _since_1970_ns(found[1], found[2] or "00:00:00", found[3] or "")
    if found is None or since_1970_ns is None:
        raise UnsupportedError(element, f"Epoch {said[:40]}, expected a date, TAI, J2000, UNIX or GPS")
    return encode_ascii(since_1970_ns - _ahead_ns(found[4]), decimals=9 if found[3] else 0).decode()


def _since_1970_ns(date: str, clock: str, fraction: str) -> int | None:
    try:
        return decode_ascii(f"{date}T{clock}{fraction}".encode())
    except DecodeError:
        return None


def _ahead_ns(zone: str | None) -> int:
    """How far a time zone is ahead of UTC, in ns."""
    if zone in (None, "Z"):
        return 0
    assert zone
    minutes = int(zone[1:3]) * 60 + int(zone[4:])
    return (-1 if zone[0] == "-" else 1) * minutes * 60 * NS
