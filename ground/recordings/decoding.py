"""Decoding of packets by a definition, with an account of the packets of each kind and of those not described."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from ground.recordings.split_time import SplitTime
from link.dictionary.batch.tables import Table, TableReader
from link.dictionary.codec.packets import Packet, PacketReader
from link.dictionary.definition import Definition
from link.dictionary.kinds import Field, Group, Time
from link.errors import DecodeError
from link.packets.index import PacketIndex
from link.time.calendar import decode_ascii
from link.time.leap_seconds import IERS, NS

_NUMBERS = int | float | np.number
_ATOMIC_EPOCHS_S = {"1958-01-01": 0, "1980-01-06": 19}
"""Epochs of TAI and GPS time, which have no leap seconds, and TAI - UTC at these epochs."""
_J2000, _J2000_TAI = "J2000", b"2000-01-01T11:59:27.816"
"""2000-01-01T12:00:00 TT, which is 32.184 s ahead of TAI."""
_UNITS_NS: dict[str, float] = {"d": 86_400 * NS, "picoSeconds": 0.001}
_UNCERTAIN = ("months", "years")
"""Units of time without a fixed length."""


class FieldClock(NamedTuple):
    """Time scale of a field: it counts units of `unit_ns` since `origin_ns` after 1970, in TAI if `is_tai`.

    `origin_ns` is None where the field's epoch is no known date, or its unit has no fixed length.
    """

    unit_ns: float
    origin_ns: int | None
    is_tai: bool = False

    @classmethod
    def of(cls, field: Field) -> Self:
        """The clock of a field; without an epoch it counts seconds since 1970."""
        if isinstance(field.kind, Time):
            return cls(1, 0)
        unit_ns = _UNITS_NS.get(field.unit, NS)
        if field.epoch == _J2000:
            return cls(unit_ns, decode_ascii(_J2000_TAI), is_tai=True)
        try:
            origin_ns = decode_ascii(field.epoch.encode()) if field.epoch else 0
        except DecodeError:
            return cls(unit_ns, None)
        if field.epoch and field.unit in _UNCERTAIN:
            return cls(unit_ns, None)
        ahead_s = _ATOMIC_EPOCHS_S.get(field.epoch[:10])
        return cls(unit_ns, origin_ns) if ahead_s is None else cls(unit_ns, origin_ns + ahead_s * NS, is_tai=True)

    def utc_ns(self, value: float) -> int | None:
        """A value as nanoseconds of UTC since 1970; None without an origin."""
        if self.origin_ns is None:
            return None
        since_1970_ns = self.origin_ns + round(value * self.unit_ns)
        return IERS.utc_ns(since_1970_ns) if self.is_tai else since_1970_ns


@dataclass(slots=True)
class PacketKind:
    """Number of packets of one kind, and their first and last time, in s by their own time field; None without one."""

    packets: int = 0
    first_s: float | None = None
    last_s: float | None = None

    @property
    def seconds(self) -> float | None:
        """Seconds from the first packet to the last; None without times."""
        return None if self.first_s is None or self.last_s is None else self.last_s - self.first_s

    @property
    def rate_hz(self) -> float | None:
        """Mean packets per second from the first to the last; None without increasing times."""
        seconds = self.seconds
        return (self.packets - 1) / seconds if seconds and seconds > 0 else None

    def note(self, time_s: float | None, packets: int = 1) -> None:
        """Count more packets, the last of them at `time_s`."""
        self.packets += packets
        if time_s is not None:
            self.first_s = time_s if self.first_s is None else self.first_s
            self.last_s = time_s


@dataclass(slots=True)
class Decoder:
    """Decodes packets by `definition`, from the container `root` on. `time_field` is the field of a packet's time, in
    seconds; if empty, the first time field.

    `time_field` may also name a unit or several fields, in the form of `ground.recordings.split_time`; these count from
    `origin_ns` after 1970, or else from that module's default epoch.

    `kinds` by name; `unread` counts the packets that the definition does not describe, by reason; `invalid` the invalid
    values, by field, with the reason of the first. Raises ValueError for a definition without a unique root, or
    an unknown time field.
    """

    definition: Definition
    time_field: str = ""
    root: str = ""
    kinds: dict[str, PacketKind] = field(default_factory=dict)
    unread: Counter[str] = field(default_factory=Counter)
    origin_ns: int | None = None
    invalid: dict[str, tuple[int, str]] = field(default_factory=dict)
    _split: SplitTime | None = field(init=False)
    _reader: PacketReader = field(init=False)
    _tables: TableReader = field(init=False)
    _clocks: dict[str, FieldClock] = field(init=False)

    def __post_init__(self) -> None:
        self._reader = PacketReader(self.definition.packets, self.root, self.definition.roots)
        self._tables = TableReader(self._reader)
        fields = [one for container in self.definition.packets for one in _named(container.fields)]
        is_plain = self.time_field in {one.name for one in fields} and self.origin_ns is None
        self._split = None
        if self.time_field and not is_plain:
            self._split = SplitTime.of(self.time_field, fields, self.origin_ns)
        self._clocks = {one.name: FieldClock.of(one) for one in self._time_fields(fields)}

    def read(self, packet: bytes) -> Packet | None:
        """The decoded packet; None if the definition does not describe it."""
        try:
            read = self._reader.decode(packet)
        except DecodeError as error:
            self.unread[str(error)] += 1
            return None
        self.kinds.setdefault(read.name, PacketKind()).note(self.time_s(read.values))
        for name, value in read.invalid:
            times, reason = self.invalid.get(name, (0, value.reason))
            self.invalid[name] = times + 1, reason
        return read

    def read_tables(self, index: PacketIndex) -> tuple[list[Table], NDArray[np.int64]]:
        """Many packets as columns, and the numbers of those that only `read` can decode."""
        tables, left = self._tables.read(index)
        for table in tables:
            first, last = ({name: column[at] for name, column in table.columns.items()} for at in (0, -1))
            kind = self.kinds.setdefault(table.name, PacketKind())
            kind.note(self.time_s(first))
            kind.note(self.time_s(last), len(table.numbers) - 1)
        return tables, left

    def time_s(self, values: dict[str, Any]) -> float | None:
        """Time of a packet by its time field, in seconds since the field's epoch; None without one."""
        if self._split:
            split_ns = self._split.ns(values)
            return None if split_ns is None else split_ns / NS
        for name, clock in self._clocks.items():
            if isinstance(values.get(name), _NUMBERS):
                return float(values[name] * (clock.unit_ns / NS))
        return None

    def utc_ns(self, values: dict[str, Any]) -> int | None:
        """Time of a packet by its time field, in nanoseconds of UTC since 1970; None where that is unknown."""
        if self._split:
            split_ns = self._split.ns(values)
            return None if split_ns is None else self._split.origin_ns + split_ns
        known = (
            clock.utc_ns(values[name]) for name, clock in self._clocks.items() if isinstance(values.get(name), _NUMBERS)
        )
        return next((time_ns for time_ns in known if time_ns is not None), None)

    @property
    def timeless(self) -> list[str]:
        """Names of time fields that cannot be converted to UTC: of an unknown epoch, or in months or years."""
        return [name for name, clock in self._clocks.items() if clock.origin_ns is None]

    def account(self) -> dict[str, Any]:
        """Numbers of packets that were decoded and that were not, as plain data with stable keys."""
        return {
            "kinds": [
                {"name": name, "packets": kind.packets, "seconds": kind.seconds, "rate_hz": kind.rate_hz}
                for name, kind in self.kinds.items()
            ],
            "unread": [{"reason": reason, "packets": packets} for reason, packets in self.unread.most_common()],
            "invalid": [
                {"field": name, "values": times, "reason": reason} for name, (times, reason) in self.invalid.items()
            ],
        }

    def _time_fields(self, fields: list[Field]) -> list[Field]:
        """The time fields among `fields`."""
        if not self.time_field:
            return [one for one in fields if one.epoch or isinstance(one.kind, Time)]
        return [one for one in fields if one.name == self.time_field]


def _named(fields: Sequence[Field]) -> Iterator[Field]:
    """The fields of a packet, members of inline groups included."""
    for one in fields:
        if isinstance(one.kind, Group) and one.kind.inline:
            yield from _named(one.kind.fields)
        else:
            yield one
