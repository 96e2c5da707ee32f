"""Packets out of many frames at once: the policy, the answer and the counters of `link.channels.extraction`.

Packets are followed through many data fields as one stream; then each first header pointer is compared with where the
packets say that one begins. As far as they agree, all is taken together. A frame that disagrees, or holds what is no
space packet, goes through the extractor alone.
"""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kernels.coding.packets import PACKET, find_packets
from link.channels.extraction import Extractor
from link.packets.index import PacketIndex
from link.packets.size import SPACE_PACKET

_STEP_FRAMES = 64  # taken together at first; more while they agree, so that disagreement stays cheap
_STEP_GROWTH = 16

Rows = NDArray[np.uint8]
Numbers = NDArray[np.int64]


class Extraction(NamedTuple):
    """PACKET records of packets in `octets`, in their order, and the number of the frame in which each ended."""

    octets: bytes | memoryview
    records: NDArray[Any]
    frames: Numbers


def extract(extractor: Extractor, zones: Rows, first_headers: Numbers, gaps: NDArray[np.bool_]) -> Extraction:
    """What `extractor` gives for the data fields (count, octets) of the next frames of its channel.

    `first_headers` (count): octet of the field where the first packet begins, -1 where none does; `gaps` (count):
    frames are missing before this one.
    """
    fields = np.ascontiguousarray(zones)
    stream = fields.reshape(-1).data
    walk = _Walk(extractor, fields, first_headers, gaps, stream)
    while walk.frame < len(fields):
        walk.step()
    octets = b"".join([stream, walk.alone]) if walk.alone else stream
    return Extraction(octets, np.concatenate(walk.records), np.concatenate(walk.ends))


@dataclass(slots=True)
class _Walk:
    """How far an extraction is: at `frame`. `stream` are all data fields, one behind the other; `alone` the packets of
    frames that were not taken together, as if they stood behind the stream.
    """

    extractor: Extractor
    zones: Rows
    first_headers: Numbers
    gaps: NDArray[np.bool_]
    stream: memoryview
    frame: int = 0
    frames_a_step: int = _STEP_FRAMES
    alone: bytearray = field(default_factory=bytearray)
    records: list[NDArray[Any]] = field(default_factory=lambda: [np.empty(0, PACKET)])
    ends: list[Numbers] = field(default_factory=lambda: [np.empty(0, np.int64)])

    def step(self) -> None:
        """Take the next frames together, or one alone."""
        if self.gaps[self.frame]:
            self.extractor.drop()
        start, last = self._start(), self._last()
        if start is None or not self._take_together(start, last):
            self._take_alone()

    def _at(self, frame: int) -> int:
        """Where a frame's data field begins."""
        octets: int = self.zones.shape[1]
        return frame * octets

    def _last(self) -> int:
        """The frame before which to stop: one with a gap before it, if there is one in this step."""
        ahead = self.gaps[self.frame + 1 : self.frame + self.frames_a_step]
        gap = int(ahead.argmax()) if ahead.any() else len(ahead)
        return self.frame + 1 + gap

    def _is_other(self, at: int) -> bool:
        """Whether the version of what begins there is not that of a space packet."""
        return self.stream[at] >> 5 != SPACE_PACKET

    def _start(self) -> int | None:
        """Where the packet in progress began, or else the first of this frame does.

        None if that is not in the stream, or no space packet.
        """
        at, begun, pointer = self._at(self.frame), len(self.extractor.partial), int(self.first_headers[self.frame])
        start = at - begun if begun else at + pointer
        is_inside = start >= 0 if begun else 0 <= pointer < self.zones.shape[1]
        return start if is_inside and not self._is_other(start) else None

    def _take_together(self, start: int, last: int) -> bool:
        """Frames up to `last`, as far as pointers agree with the packets from `start` on; whether it was any."""
        records, tail = _one_behind_the_other(self.stream, start, self._at(last))
        agreed = self._agreed(np.append(records["offset"], tail), last)
        if tail < self._at(last) and self._is_other(tail):
            agreed = min(agreed, tail // self.zones.shape[1])
        if agreed <= self.frame:
            return False
        ends = records["offset"] + records["size"]
        whole = int(np.searchsorted(ends, self._at(agreed), side="right"))
        self._note(records[:whole], (ends[:whole] - 1) // self.zones.shape[1])
        self.extractor.packets += whole
        self.extractor.octets_dropped += max(start - self._at(self.frame), 0)
        self.extractor.partial = bytes(self.stream[int(ends[whole - 1]) if whole else start : self._at(agreed)])
        self.frame, self.frames_a_step = agreed, self.frames_a_step * _STEP_GROWTH
        return True

    def _agreed(self, begins: Numbers, last: int) -> int:
        """The first frame whose pointer is not where the first of the packets that begin at `begins` stands in it."""
        size, frames = self.zones.shape[1], np.arange(self.frame, last)
        first = np.append(begins, last * size)[np.searchsorted(begins, frames * size)] - frames * size
        disagree = np.where(first < size, first, -1) != self.first_headers[frames]
        return self.frame + int(disagree.argmax()) if disagree.any() else last

    def _take_alone(self) -> None:
        pointer = int(self.first_headers[self.frame])
        packets = self.extractor.feed(self.zones[self.frame].tobytes(), None if pointer < 0 else pointer)
        index = PacketIndex.of(packets)
        index.records["offset"] += len(self.stream) + len(self.alone)
        self._note(index.records, np.full(len(packets), self.frame))
        self.alone += index.octets
        self.frame, self.frames_a_step = self.frame + 1, _STEP_FRAMES

    def _note(self, records: NDArray[Any], ends: Numbers) -> None:
        self.records.append(records)
        self.ends.append(ends)


def _one_behind_the_other(stream: memoryview, start: int, stop: int) -> tuple[NDArray[Any], int]:
    """The packets from `start` on that end before `stop`, and where the next one begins."""
    records = find_packets(stream[start:stop], checked=False)
    records["offset"] += start
    ends = np.append(start, records["offset"] + records["size"])
    apart = np.flatnonzero(records["offset"] != ends[:-1])
    count = int(apart[0]) if len(apart) else len(records)
    return records[:count], int(ends[count])
