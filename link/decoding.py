"""Packets into values by a definition, with an account of what it does not describe and of how often each kind came."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from link.dictionary.definition import Definition
from link.dictionary.kinds import Time
from link.dictionary.packets import Packet, PacketReader
from link.dictionary.tables import Table, TableReader
from link.errors import DecodeError
from link.packet_index import PacketIndex


@dataclass(slots=True)
class Kind:
    """How often one kind of packet came, and when, in seconds by its own time field; None without one."""

    packets: int = 0
    first_s: float | None = None
    last_s: float | None = None

    @property
    def seconds(self) -> float | None:
        """From the first to the last; None without times."""
        return None if self.first_s is None or self.last_s is None else self.last_s - self.first_s

    @property
    def rate_hz(self) -> float | None:
        """Packets a second in between; None without times that grow."""
        seconds = self.seconds
        return (self.packets - 1) / seconds if seconds and seconds > 0 else None

    def note(self, time_s: float | None, packets: int = 1) -> None:
        """More packets, the last of them at this time."""
        self.packets += packets
        if time_s is not None:
            self.first_s = time_s if self.first_s is None else self.first_s
            self.last_s = time_s


@dataclass(slots=True)
class Decoder:
    """Reads packets of `definition`. `time_field` holds seconds; if empty, the first field that is a time does.

    `kinds` by name; `unread` counts the packets that the definition does not describe, by reason. Raises ValueError for
    a definition without one root, or a time field that it does not have.
    """

    definition: Definition
    time_field: str = ""
    kinds: dict[str, Kind] = field(default_factory=dict)
    unread: Counter[str] = field(default_factory=Counter)
    _reader: PacketReader = field(init=False)
    _tables: TableReader = field(init=False)
    _scales: dict[str, float] = field(init=False)

    def __post_init__(self) -> None:
        self._reader = PacketReader(self.definition.packets)
        self._tables = TableReader(self._reader)
        self._scales = dict(self._time_fields())

    def read(self, packet: bytes) -> Packet | None:
        """What it says; None if the definition does not describe it."""
        try:
            read = self._reader.decode(packet)
        except DecodeError as error:
            self.unread[str(error)] += 1
            return None
        self.kinds.setdefault(read.name, Kind()).note(self.time_s(read.values))
        return read

    def read_tables(self, index: PacketIndex) -> tuple[list[Table], NDArray[np.int64]]:
        """What many packets say, as columns; and the numbers of those that `read` should be asked for."""
        tables, left = self._tables.read(index)
        for table in tables:
            first, last = ({name: column[at] for name, column in table.columns.items()} for at in (0, -1))
            kind = self.kinds.setdefault(table.name, Kind())
            kind.note(self.time_s(first))
            kind.note(self.time_s(last), len(table.numbers) - 1)
        return tables, left

    def time_s(self, values: dict[str, Any]) -> float | None:
        """When it was made, by its own time."""
        for name, scale in self._scales.items():
            if isinstance(values.get(name), int | float | np.number):
                return float(values[name] * scale)
        return None

    def account(self) -> dict[str, Any]:
        """What was read, and what not, as plain data with stable keys."""
        return {
            "kinds": [
                {"name": name, "packets": kind.packets, "seconds": kind.seconds, "rate_hz": kind.rate_hz}
                for name, kind in self.kinds.items()
            ],
            "unread": [{"reason": reason, "packets": packets} for reason, packets in self.unread.most_common()],
        }

    def _time_fields(self) -> Iterator[tuple[str, float]]:
        """Fields that hold times, and the factors that make them seconds."""
        fields = [one for container in self.definition.packets for one in container.fields]
        if self.time_field and self.time_field not in (one.name for one in fields):
            raise ValueError(f"no field is called {self.time_field}")
        for one in fields:
            if one.name == self.time_field or (not self.time_field and (one.epoch or isinstance(one.kind, Time))):
                yield one.name, 1e-9 if isinstance(one.kind, Time) else 1.0
