"""Times in several fields of a packet, such as days, milliseconds and microseconds, or seconds and a fraction.

DAY,MSEC,USEC          units by the names, or as the dictionary says them
SECONDS,SUBSECONDS:/65536
"""

import re
from collections.abc import Iterable
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple, Self

from kernels.usage import did_you_mean
from link.time.leap_seconds import NS

if TYPE_CHECKING:
    from link.dictionary.kinds import Field

_UNITS_NS = {
    "d": 86_400 * NS, "h": 3600 * NS, "min": 60 * NS, "s": NS, "ms": NS // 1000, "us": NS // 10**6, "ns": 1,
}  # fmt: skip
_TYPED = re.compile(r"(?P<name>.+):(?:(?P<unit>" + "|".join(_UNITS_NS) + r")|/(?P<parts>[1-9]\d{0,18}))")
_NAMES = {
    r"day|doy": "d", r"milli|msec|ms(?![a-z])|msod": "ms", r"micro|usec|us(?![a-z])": "us", r"nano|nsec": "ns",
    r"hour": "h", r"minute": "min", r"sec": "s",
}  # fmt: skip
_DAYS_1958 = -378_691_200 * NS
"""The epoch of CCSDS day segmented times (301.0-B-4 §3.3), in nanoseconds after 1970."""


class TimePart(NamedTuple):
    """A field that counts units of `unit_ns` / `parts`; `parts` is 1, or the denominator of a fraction of a second."""

    name: str
    unit_ns: int
    parts: int = 1

    @classmethod
    def of(cls, typed: str, fields: Iterable["Field"]) -> Self:
        """Parse NAME[:UNIT] as typed. Raises ValueError for an unknown field, or one whose unit is not known."""
        known = {field.name: field for field in fields}
        found = None if typed in known else _TYPED.fullmatch(typed)
        name = found["name"] if found else typed
        if name not in known:
            before, _, unit = name.rpartition(":")
            if before in known:
                raise ValueError(
                    f"{before}: no unit is called {unit}, expected {', '.join(_UNITS_NS)} or, as /65536, parts"
                )
            raise ValueError(f"no field is called {name}{did_you_mean(name, known)}")
        if found:
            return cls(name, _UNITS_NS[found["unit"] or "s"], int(found["parts"] or 1))
        unit = _unit_of(known[name])
        if unit is None:
            raise ValueError(f"{name}: unit not known; give it as {name}:ms or, for a fraction of 1 s, {name}:/65536")
        return cls(name, _UNITS_NS[unit])


def _unit_of(field: "Field") -> str | None:
    if field.unit in _UNITS_NS:
        return field.unit
    found = (unit for pattern, unit in _NAMES.items() if re.search(pattern, field.name, re.IGNORECASE))
    return None if re.search(r"sub|frac|fine", field.name, re.IGNORECASE) else next(found, None)


class SplitTime(NamedTuple):
    """The fields of one time, and the epoch that they count from, in nanoseconds after 1970."""

    parts: tuple[TimePart, ...]
    origin_ns: int

    @classmethod
    def of(cls, typed: str, fields: Iterable["Field"], origin_ns: int | None = None) -> Self:
        """Parse NAME[:UNIT],... as typed; the epoch is 1958 unless `origin_ns` is given. Raises ValueError."""
        known = list(fields)
        parts = tuple(TimePart.of(one.strip(), known) for one in typed.split(","))
        if origin_ns is None:
            origin_ns = _DAYS_1958 if parts[0].unit_ns == _UNITS_NS["d"] else 0
        return cls(parts, origin_ns)

    def ns(self, values: dict[str, object]) -> int | None:
        """Nanoseconds since the epoch; None where a field is absent or is no number."""
        total = 0
        for part in self.parts:
            value = values.get(part.name)
            if isinstance(value, bool) or not hasattr(value, "__float__"):
                return None
            number = Fraction(int(value) if hasattr(value, "__index__") else float(value))
            total += round(number * part.unit_ns / part.parts)  # a double cannot hold today's time to the ns
        return total
