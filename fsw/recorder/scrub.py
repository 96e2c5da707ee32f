"""Scrubbing of what is recorded: all segments are read again and again, so many octets at a time.

A segment whose octets are not those that were written is read as a whole: the CRCs of its records say which are left.
"""

from collections.abc import Iterator
from typing import NamedTuple

from fsw.recorder.packet_store import PacketStore, StoreSegment
from fsw.recorder.recorder import Recorder
from kernels.coding.crc import crc32c

_Key = tuple[int, int]


class SegmentDamage(NamedTuple):
    """A segment of `store` has changed, or cannot be read: why, and how many of its records are lost with that."""

    store: int
    records: int
    reason: str


class SegmentScrub:
    """Goes through the segments of `recorder`, by store and first number. `passes` says how often it read them all.

    A segment that cannot be read is told once, until it can be.
    """

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self.passes = 0
        self._last: _Key = (-1, -1)
        self._segment: StoreSegment | None = None
        self._at = self._size = self._crc = 0
        self._expected: int | None = None
        self._unread: set[_Key] = set()

    def step(self, octets_max: int) -> Iterator[SegmentDamage]:
        """Read the next octets, of one segment at most; what is found damaged is counted by its store."""
        if octets_max and (found := self._under_way() or self._following()):
            store, segment = found
            octets = min(octets_max, self._size - self._at)
            try:
                self._crc = crc32c(store.read_part(segment, self._at, octets), self._crc)
            except OSError as error:
                yield from self._unreadable(store, error)
                return
            self._at += octets
            if self._at >= self._size:
                self._segment = None
                yield from self._judge(store, segment)

    def _judge(self, store: PacketStore, segment: StoreSegment) -> Iterator[SegmentDamage]:
        if segment.crc is None:  # found at the start, or written anew: what is read now is what the next pass expects
            segment.crc = self._crc if segment.octets == self._size else None
        elif self._crc != self._expected:
            before, segment.crc = store.damaged, None
            try:
                store.read(segment)
            except OSError as error:
                yield from self._unreadable(store, error)
                return
            yield SegmentDamage(store.setting.number, store.damaged - before, "its octets have changed")
        self._unread.discard(self._last)

    def _unreadable(self, store: PacketStore, error: OSError) -> Iterator[SegmentDamage]:
        self._segment = None
        if self._last not in self._unread:
            self._unread.add(self._last)
            yield SegmentDamage(store.setting.number, 0, error.strerror or str(error))

    def _under_way(self) -> tuple[PacketStore, StoreSegment] | None:
        store = self._recorder.stores.get(self._last[0])
        if self._segment is None or store is None or self._segment not in store.segments:
            return None
        return store, self._segment

    def _following(self) -> tuple[PacketStore, StoreSegment] | None:
        """The segment after the last one, or the first of all; None where there is none."""
        keys = {(number, one.first): (store, one)
                for number, store in self._recorder.stores.items() for one in store.segments if one.octets}  # fmt: skip
        if not keys:
            return None
        self._unread &= keys.keys()
        later = [key for key in keys if key > self._last]
        self.passes += not later and self._last >= (0, 0)
        self._last = min(later or keys)
        store, self._segment = keys[self._last]
        self._at, self._size, self._crc, self._expected = 0, self._segment.octets, 0, self._segment.crc
        return store, self._segment
