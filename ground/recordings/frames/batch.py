"""Packets out of many frames at once, with the policy, results and counters of `link.channels.extraction`.

Packets are followed by their lengths through many data fields as one stream; then each first header pointer is compared
with the beginnings found. As far as they agree, the frames are processed together. A frame that disagrees, or holds
something other than space packets, goes through the extractor by itself.
"""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ground.recordings.frames.framing import Rows
from kernels.coding.packets import PACKET, find_packets
from link.channels.extraction import Extractor
from link.packets.arrivals import Numbers
from link.packets.index import PacketIndex
from link.packets.size import SPACE_PACKET

_STEP_FRAMES = 64  # frames processed together at first; more while pointers agree, so that a disagreement costs little
_STEP_GROWTH = 16


class Extraction(NamedTuple):
    """Extracted packets: PACKET records into `octets`, in order, and the number of the frame in which each ended."""

    octets: bytes | memoryview
    records: NDArray[Any]
    frames: Numbers


def extract(extractor: Extractor, zones: Rows, first_headers: Numbers, gaps: NDArray[np.bool_]) -> Extraction:
    """The packets that `extractor` gives for the data fields (count, octets) of the next frames of its channel.

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
    """State of an extraction, which is at `frame`. `stream` has all data fields, concatenated; `alone` has the packets
    of frames that were processed singly, as if they followed the stream.
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
        """Process the next frames together, or one singly."""
        if self.gaps[self.frame]:
            self.extractor.drop()
        start, last = self._start(), self._last()
        if start is None or not self._accept_together(start, last):
            self._accept_alone()

    def _at(self, frame: int) -> int:
        """Offset of a frame's data field in the stream."""
        octets: int = self.zones.shape[1]
        return frame * octets

    def _last(self) -> int:
        """Number of the frame before which to stop: the first one behind a gap, if there is one in this step."""
        ahead = self.gaps[self.frame + 1 : self.frame + self.frames_a_step]
        gap = int(ahead.argmax()) if ahead.any() else len(ahead)
        return self.frame + 1 + gap

    def _is_other(self, at: int) -> bool:
        """Whether the packet version at an offset is not that of a space packet."""
        return self.stream[at] >> 5 != SPACE_PACKET

    def _start(self) -> int | None:
        """Offset of the packet in progress, or else of the first one in this frame.

        None if that is not in the stream, or is no space packet.
        """
        at, begun, pointer = self._at(self.frame), len(self.extractor.partial), int(self.first_headers[self.frame])
        start = at - begun if begun else at + pointer
        is_inside = start >= 0 if begun else 0 <= pointer < self.zones.shape[1]
        return start if is_inside and not self._is_other(start) else None

    def _accept_together(self, start: int, last: int) -> bool:
        """Process frames up to `last`, as far as pointers agree with the packets from `start` on; False for none."""
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
        """The first frame whose pointer differs from the first of the offsets `begins` in it."""
        size, frames = self.zones.shape[1], np.arange(self.frame, last)
        first = np.append(begins, last * size)[np.searchsorted(begins, frames * size)] - frames * size
        disagree = np.where(first < size, first, -1) != self.first_headers[frames]
        return self.frame + int(disagree.argmax()) if disagree.any() else last

    def _accept_alone(self) -> None:
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
    """Consecutive packets from `start` on that end before `stop`, and the offset of the next one."""
    records = find_packets(stream[start:stop], checked=False)
    records["offset"] += start
    ends = np.append(start, records["offset"] + records["size"])
    apart = np.flatnonzero(records["offset"] != ends[:-1])
    count = int(apart[0]) if len(apart) else len(records)
    return records[:count], int(ends[count])
