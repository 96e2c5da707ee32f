"""Whole recordings at once: the packets in the frames of a virtual channel, as an index.

The receive policy is `link.extraction`'s, and the answer the same as its, for space packets. Frames are taken together:
packets are followed through many data fields as one stream; then each first header pointer is compared with where the
packets say that one begins. At the first frame that disagrees its own pointer is followed.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hal.kernels.crc import crc16_batch
from hal.kernels.packets import PACKET, find_packets
from link.managed import Managed
from link.packet_index import PacketIndex
from link.tm_frame import FRAME_COUNT_MODULUS, HEADER_SIZE, NO_HEADER, ONLY_IDLE

_STEP_FRAMES = 64  # taken together at first; doubled while frames agree, so that disagreement stays cheap

Rows = NDArray[np.uint8]
Numbers = NDArray[np.int64]


def tm_packets(frames: Rows, managed: Managed) -> dict[str, PacketIndex]:
    """The packets of each virtual channel in TM frames (count, tm_frame_octets), idle ones included.

    As `TmReceiver` gives them; frames with a secondary header, or with an OCF where none is managed, are left out.
    """
    head = frames[:, :HEADER_SIZE].astype(np.int64)
    identification, status = head[:, 0] << 8 | head[:, 1], head[:, 4] << 8 | head[:, 5]
    good = identification >> 4 == managed.spacecraft_id
    good &= (identification & 1 == managed.ocf) & (status >> 15 == 0)
    if managed.fecf:
        good &= crc16_batch(frames) == 0
    zone = slice(HEADER_SIZE, HEADER_SIZE + managed.tm_data_octets)
    packets = {}
    for channel in managed.tm_channels:
        own = np.flatnonzero(good & (identification >> 1 & 7 == channel.vc))
        packets[channel.name] = _of_channel(frames[own, zone], head[own, 3], status[own] & 0x7FF)
    return packets


def _of_channel(zones: Rows, counts: Numbers, pointers: Numbers) -> PacketIndex:
    gaps = np.concatenate([[0], (np.diff(counts) - 1) % FRAME_COUNT_MODULUS]) > 0
    with_data = np.flatnonzero(pointers != ONLY_IDLE)
    gaps_before = np.diff(np.cumsum(gaps)[with_data], prepend=0) > 0
    first_headers = np.where(pointers == NO_HEADER, -1, pointers)[with_data]
    return extract_packets(zones[with_data] if len(with_data) < len(zones) else zones, first_headers, gaps_before)


def extract_packets(zones: Rows, first_headers: Numbers, gaps: NDArray[np.bool_]) -> PacketIndex:
    """The space packets in the data fields (count, octets) of one virtual channel's frames, one behind the other.

    `first_headers` (count): octet of the field where the first packet begins, -1 where none does; `gaps` (count):
    frames are missing before this one. The index is of all fields put together.
    """
    walk = _Walk(np.ascontiguousarray(zones), first_headers, np.append(np.flatnonzero(gaps), len(zones)))
    found = [np.empty(0, PACKET)]
    while walk.begin():
        found.append(walk.step())
    return PacketIndex(walk.stream, np.concatenate(found))


@dataclass(slots=True)
class _Walk:
    """Where an extraction stands: at frame `frame`, in a packet that begins at octet `start`, None where in none."""

    zones: Rows
    first_headers: Numbers
    ends: Numbers
    """Frames before which others are missing, and the number of frames."""
    frame: int = 0
    start: int | None = None
    frames_a_step: int = _STEP_FRAMES

    def begin(self) -> bool:
        """Go to the next first header unless in a packet; whether there is one."""
        if self.start is None:
            size = self.zones.shape[1]
            ahead = self.first_headers[self.frame :]
            usable = np.flatnonzero((ahead >= 0) & (ahead < size))
            if not len(usable):
                return False
            self.frame += int(usable[0])
            self.start = self.frame * size + int(self.first_headers[self.frame])
        return True

    @property
    def stream(self) -> memoryview:
        """All data fields, one behind the other."""
        return self.zones.reshape(-1).data

    def step(self) -> NDArray[Any]:
        """The packets of the next frames, as far as they agree with the pointers."""
        assert self.start is not None
        size, end = self.zones.shape[1], int(self.ends[np.searchsorted(self.ends, self.frame, side="right")])
        last = min(self.frame + self.frames_a_step, end)
        records, tail = _one_behind_the_other(self.stream, self.start, last * size)
        odd = self._first_disagreement(np.append(records["offset"], tail), last)
        if odd is not None:
            self._leave(odd)
            return records[: int(np.searchsorted(records["offset"] + records["size"], odd * size, side="right"))]
        if tail < last * size and self.stream[tail] >> 5:  # no space packet: the rest of its frame is dropped
            self._leave(tail // size + 1)
        elif last == end:
            self._leave(end)
        else:
            self.frame, self.start, self.frames_a_step = tail // size, tail, 2 * self.frames_a_step
        return records

    def _first_disagreement(self, begins: Numbers, last: int) -> int | None:
        """The first frame whose pointer is not where the first of the packets that begin at `begins` stands in it."""
        assert self.start is not None
        size = self.zones.shape[1]
        frames = np.arange(-(-self.start // size), last)
        first = np.append(begins, last * size)[np.searchsorted(begins, frames * size)] - frames * size
        disagree = np.flatnonzero(np.where(first < size, first, -1) != self.first_headers[frames])
        return int(frames[disagree[0]]) if len(disagree) else None

    def _leave(self, frame: int) -> None:
        """Go on in no packet, with the pointer of `frame` or of one behind it."""
        self.frame, self.start, self.frames_a_step = frame, None, _STEP_FRAMES


def _one_behind_the_other(stream: memoryview, start: int, stop: int) -> tuple[NDArray[Any], int]:
    """The packets from `start` on that end before `stop`, and where the next one begins."""
    records = find_packets(stream[start:stop], checked=False)
    records["offset"] += start
    ends = np.append(start, records["offset"] + records["size"])
    apart = np.flatnonzero(records["offset"] != ends[:-1])
    count = int(apart[0]) if len(apart) else len(records)
    return records[:count], int(ends[count])
