"""Packets out of recorded telecommand frames (CCSDS 232.0-B-4 §4.1), bare or in CLTUs (231.0-B-4), of any spacecraft.

Whether a channel has segment headers is found from its data: without them, the data are consecutive packets, and no
octet that begins packets or a part of one is valid as a segment header.

Segments are joined only if their frames are of one type, and AD frames only if they follow each other by their count;
BD frames have none (232.0-B-4 §4.1.2), so that a lost one is noticed only where lengths disagree.
"""

from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from ground.recordings.frames.intake import Batch, Channel
from kernels.coding.randomise import Code, randomised
from link.coding.cltu import CltuReader
from link.errors import DecodeError, TruncatedError
from link.frames.tc import TC_FRAME_OCTETS_MAX, TC_HEADER_SIZE, FrameType, TcFrame
from link.frames.tc_segment import Segment, SegmentReceiver, split_packets
from link.packets.arrivals import Arrivals
from link.packets.index import PacketIndex

_SEQUENCE_MODULUS = 256
_PACKET_OCTETS_MAX = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class TcFraming:
    """What must be known beforehand: whether frames are in CLTUs, end in a FECF, and have other octets around them.

    `randomised` CLTUs are derandomised; None: only those whose frames are valid that way alone.
    """

    kind: Literal["tc", "cltu"]
    fecf: bool = True
    randomised: bool | None = None
    prefix_octets: int = 0
    suffix_octets: int = 0


@dataclass(slots=True)
class _Heard:
    """One virtual channel."""

    types: Counter[str] = field(default_factory=Counter)
    arrivals: Arrivals = field(default_factory=lambda: Arrivals(_SEQUENCE_MODULUS))
    segments: dict[FrameType, SegmentReceiver] = field(
        default_factory=lambda: {kind: SegmentReceiver(_PACKET_OCTETS_MAX) for kind in (FrameType.AD, FrameType.BD)}
    )
    has_segments: bool = False

    @property
    def segments_dropped(self) -> int:
        """Segments that came out of order, and packets that were not completed."""
        return sum(receiver.dropped for receiver in self.segments.values())

    def packets(self, frame: TcFrame) -> list[bytes]:
        """The packets that end in a frame; none for a control command or a repeated frame."""
        self.types[frame.type.name] += 1
        if frame.type is FrameType.BC:
            return []
        if frame.type is FrameType.AD:
            arrival = self.arrivals.accept_one(frame.sequence, frame.data)
            if not arrival.is_new:
                return []
            if not arrival.is_next:
                self.segments[frame.type].drop()
        if not self.has_segments:
            try:
                return split_packets(frame.data)
            except DecodeError:
                self.has_segments = True
        return self.segments[frame.type].feed(Segment.decode(frame.data))


class TcIntake:
    """Receives telecommand frames of `framing`; gives packets of the virtual channels `wanted` only, if given.

    Counters: `frames` received, of which `bad` failed their checks; `octets_skipped` outside of them. `listen`, if set,
    is called with each good frame.
    """

    def __init__(self, framing: TcFraming, wanted: Collection[int] | None = None) -> None:
        self.framing = framing
        self.frames = self.bad = self.octets_skipped = 0
        self.idle_packets = 0
        self._wanted = wanted
        self._heard: dict[Channel, _Heard] = {}
        self._reader = CltuReader(False) if framing.kind == "cltu" else None
        self.listen: Callable[[TcFrame], None] | None = None
        self._pending = bytearray()
        self._in_damage = False

    def feed(self, octets: bytes | memoryview) -> Batch:
        """Take received octets; return the packets that are complete now."""
        if self._reader:
            found = [frame for unit in self._reader.feed(bytes(octets)) for frame in self._of_unit(unit)]
            self.octets_skipped = self._reader.octets_skipped
        else:
            self._pending += octets
            found = self._bare(final=False)
        return self._packets(found)

    def finish(self) -> Batch:
        """End of the stream: return the last packets."""
        if self._reader:
            found = [frame for unit in self._reader.finish() for frame in self._of_unit(unit)]
            self.octets_skipped = self._reader.octets_skipped
        else:
            found = self._bare(final=True)
        return self._packets(found)

    def account(self) -> dict[str, Any]:
        """Counters as plain data with the same keys as for telemetry frames, and of AD, BD and BC frames."""
        return {
            "kind": self.framing.kind,
            "frames": self.frames,
            "bad": self.bad,
            "units": self._reader and {"empty": self._reader.empty, "corrected_bits": self._reader.corrected_bits},
            "clcws": [],
            "other_ocfs": 0,
            "channels": [
                {**channel._asdict(), "frames": heard.types.total(), "lost": heard.arrivals.lost,
                 "gaps": heard.arrivals.gaps, "duplicates": heard.arrivals.duplicates,
                 "restarts": heard.arrivals.restarts, "out_of_order": heard.arrivals.late, "idle": 0,
                 "octets_dropped": 0, "segments_dropped": heard.segments_dropped,
                 **{kind.name: heard.types[kind.name] for kind in FrameType}}
                for channel, heard in sorted(self._heard.items())
            ],
        }  # fmt: skip

    def _packets(self, frames: list[TcFrame]) -> Batch:
        packets, numbers, channels = [], [], list(self._heard)
        for frame in frames:
            if self.listen:
                self.listen(frame)
            channel = Channel(frame.spacecraft_id, frame.channel)
            if channel not in self._heard:
                self._heard[channel] = _Heard()
                channels.append(channel)
            found = self._heard[channel].packets(frame)
            if self._wanted is None or channel.vc in self._wanted:
                packets += found
                numbers += [channels.index(channel)] * len(found)
        return Batch(PacketIndex.of(packets), tuple(channels), np.array(numbers, np.int64))

    def _of_unit(self, unit: bytes) -> list[TcFrame]:
        """The consecutive frames of a CLTU, as received or derandomised."""
        ways = {None: (unit, randomised(unit, Code.TC)), False: (unit,), True: (randomised(unit, Code.TC),)}
        for octets in ways[self.framing.randomised]:
            if frames := self._upright(octets):
                self.frames += len(frames)
                return frames
        self.frames += 1
        self.bad += 1
        return []

    def _upright(self, octets: bytes) -> list[TcFrame]:
        """Consecutive frames from octet 0 on, without derandomising; the fill behind them is shorter than any frame."""
        frames: list[TcFrame] = []
        at = 0
        while at + TC_HEADER_SIZE < len(octets):
            try:
                frames.append(TcFrame.decode(octets[at:], fecf=self.framing.fecf))
            except DecodeError:
                break
            at += _size(octets, at)
        return frames

    def _bare(self, *, final: bool) -> list[TcFrame]:
        """Consecutive bare frames; where none begins, the next octet is tried."""
        octets, frames, at = bytes(self._pending), [], 0
        before, behind = self.framing.prefix_octets, self.framing.suffix_octets
        while at + before + TC_HEADER_SIZE <= len(octets):
            start = at + before
            try:
                frame = TcFrame.decode(octets[start : start + TC_FRAME_OCTETS_MAX], fecf=self.framing.fecf)
            except TruncatedError:
                if not final:
                    break
            except DecodeError:
                pass
            else:
                if start + _size(octets, start) + behind > len(octets) and not final:
                    break
                frames.append(frame)
                at = min(start + _size(octets, start) + behind, len(octets))
                self._in_damage = False
                continue
            at = self._skip(at)
        self.frames += len(frames)
        del self._pending[:at]
        if final:
            self.octets_skipped += len(self._pending)
        return frames

    def _skip(self, at: int) -> int:
        self.bad += not self._in_damage
        self.frames += not self._in_damage
        self._in_damage = True
        self.octets_skipped += 1
        return at + 1


def _size(octets: bytes, at: int) -> int:
    return ((octets[at + 2] & 3) << 8 | octets[at + 3]) + 1
