"""Numbers of a store's records: which one comes next, which the ground has acknowledged, and which do not exist.

Numbers are reserved on the medium in blocks before a record that has them is written, so that none ever stands for two
packets; those of a block that are unused at a restart are skipped. Where no copy of the reservation can be read, they
go on from a number that is drawn: the ground remembers those of before.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from secrets import randbits

import msgspec

from fsw.store.durable import Durable, RecordOrigin
from link.cfdp.pdus.intervals import Intervals, Range

ACKNOWLEDGED_MAX = 1024
"""How many ranges of acknowledged numbers are remembered; of more, the shortest is sent to the ground again."""
PROGRESS_OCTETS_MAX = 64 + 20 * ACKNOWLEDGED_MAX
_BLOCK = 1 << 16
NUMBER_MAX = (1 << 63) - 1
_DRAWN_BITS = 62  # far beyond what is counted to, and as far from the largest number


class StoreProgress(msgspec.Struct, frozen=True, array_like=True):
    """`reserved`: the first number that may not be used yet; `acknowledged`: ranges, each up to, not including, its
    second number.
    """

    reserved: int = 0
    acknowledged: list[Range] = []


class RecordMarks:
    """`next` is the number of the next record; `forgotten` counts ranges that were acknowledged and had no room.

    `draw` gives a random number of so many bits. `is_drawn`: `next` began with one, as the reservation was lost.
    `is_behind`: a record is beyond the reservation, which was made first: the disk lost what it had confirmed.
    """

    def __init__(self, record: Durable[StoreProgress], draw: Callable[[int], int] = randbits) -> None:
        self.record, self.is_drawn, self.is_behind = record, record.is_lost, False
        self.next = self._reserved = draw(_DRAWN_BITS) if record.is_lost else record.value.reserved
        if record.origin is RecordOrigin.DOUBTED:  # the newest reservation may be the one that is lost
            self.next += _BLOCK
        self.forgotten = 0
        self._acknowledged, self._settled = Intervals(), Intervals()
        for start, end in record.value.acknowledged:
            self._acknowledged.add(start, end)
            self._settled.add(start, end)

    def skip(self, number: int) -> None:
        """Note, at the start, a number that is in use: the next one is greater."""
        self.is_behind |= number >= self.record.value.reserved and not self.record.damaged
        self.next = max(self.next, number + 1)

    def next_numbers(self, count: int) -> int:
        """The first of `count` new numbers, none of which any other record gets."""
        first = self.next
        self.next += count
        return first

    def reserve(self) -> None:
        """Make sure that no restart gives out numbers of before again. Raises OSError; then they may not be used."""
        if self.next > self._reserved:
            self._store()

    def acknowledge(self, ranges: Iterable[Range]) -> None:
        """Note that the ground has the records in `ranges`; on return this survives a restart, where the disk works."""
        for start, end in ranges:
            self._acknowledged.add(start, end)
            self._settled.add(start, end)
        while len(self._acknowledged) > ACKNOWLEDGED_MAX:
            shortest = min(self._acknowledged, key=lambda one: one[1] - one[0])
            self._acknowledged.discard(*shortest)
            self._settled.discard(*shortest)
            self.forgotten += 1
        with suppress(OSError):  # the record counts it
            self._store()

    def absent(self, start: int, end: int) -> None:
        """Note that no records of these numbers exist, or that none can be read."""
        self._settled.add(start, end)

    def gone_below(self, number: int) -> None:
        """Note that no record below `number` exists any more, so that no gap among them needs remembering."""
        self._acknowledged.add(0, number)
        self._settled.add(0, number)

    def unsettled(self, start: int, end: int) -> Iterator[Range]:
        """The ranges in `start` to `end`, not included, that exist and that the ground has not acknowledged."""
        return self._settled.gaps(start, end)

    def count_unsettled(self, start: int, end: int) -> int:
        """How many records from `start` to `end`, not included, exist and are not acknowledged."""
        return sum(high - low for low, high in self.unsettled(start, end))

    def _store(self) -> None:
        reserved = self._reserved if self.next <= self._reserved else self.next + _BLOCK
        self.record.store(StoreProgress(reserved, list(self._acknowledged)))
        self._reserved = reserved
