"""Packets received or recorded, in batches, with an account of what came: bare packets, or frames of them."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from hal.kernels.crc import crc16_ranges
from link.framing import Framing
from link.intake import Batch, FrameIntake
from link.packet_index import PacketIndex, follow_lengths, index_packets
from link.packet_size import SPACE_PACKET
from link.packet_stream import PacketReader, has_good_crc
from link.space_packet import IDLE_APID
from link.tally import Tally

_STEP_OCTETS = 1 << 22  # of frames, and
_STEP_PACKETS = 4096  # bare packets in a batch: few enough to see progress, enough to make numpy cheap


@dataclass(slots=True, kw_only=True)
class Reception:
    """Packets of `apids` only and from the virtual channels `vcs` only, if given; without idle ones.

    Bare packets stand one behind the other, each behind `prefix_octets` of something else. `checked` ones end in their
    CRC-16, and those that do not fit are left out.

    Counters: `octets` taken, `octets_skipped` that are no packets or no frames, bare `idle_packets`, `damaged_packets`
    out of frames whose CRC does not fit, `other_packets` that are no space packets.
    """

    framing: Framing | None = None
    checked: bool = False
    apids: Collection[int] | None = None
    vcs: Collection[int] | None = None
    prefix_octets: int = 0
    octets: int = 0
    octets_skipped: int = 0
    idle_packets: int = 0
    damaged_packets: int = 0
    other_packets: int = 0
    tally: Tally = field(default_factory=Tally)
    frames: FrameIntake | None = field(init=False)
    _reader: PacketReader = field(init=False)

    def __post_init__(self) -> None:
        self.frames = FrameIntake(self.framing, self.vcs) if self.framing else None
        is_valid = has_good_crc if self.checked else _is_anything
        self._reader = PacketReader(is_valid, prefix_octets=self.prefix_octets)

    def feed(self, octets: bytes | memoryview) -> list[Batch]:
        """Take what was received, in pieces of any size; give the packets that became whole."""
        self.octets += len(octets)
        if self.frames:
            return self._out_of_frames(self.frames, self.frames.feed(octets))
        return self._bare(self._reader.feed(octets))

    def finish(self) -> list[Batch]:
        """No more will come: give what waited for what should follow."""
        if self.frames:
            return self._out_of_frames(self.frames, self.frames.finish())
        return self._bare(self._reader.finish())

    def take(self, batch: Batch) -> Batch:
        """Count packets, and keep those asked for."""
        apids = batch.index.apid
        self.idle_packets += int((apids == IDLE_APID).sum())
        kept = batch.where((apids != IDLE_APID) if self.apids is None else np.isin(apids, list(self.apids)))
        for spacecraft_id, index in kept.by_spacecraft():
            self.tally.add(index, spacecraft_id)
        return kept

    def account(self) -> dict[str, Any]:
        """What came, as plain data with stable keys; `frames` is None for bare packets."""
        return {
            "octets": self.octets,
            "octets_skipped": self.octets_skipped,
            "packets": self.tally.packets,
            "idle_packets": self.idle_packets + (self.frames.idle_packets if self.frames else 0),
            "damaged_packets": self.damaged_packets,
            "other_packets": self.other_packets,
            "sources": list(self.tally.rows()),
            "frames": self.frames.account() if self.frames else None,
        }

    def _bare(self, packets: list[bytes]) -> list[Batch]:
        self.octets_skipped = self._reader.octets_skipped
        return [self.take(Batch(PacketIndex.of(packets)))] if packets else []

    def _out_of_frames(self, intake: FrameIntake, batch: Batch) -> list[Batch]:
        self.octets_skipped = intake.octets_skipped
        other = batch.index.records["identification"] >> 13 != SPACE_PACKET
        self.other_packets += int(other.sum())
        batch = batch.where(~other)
        if self.checked:
            damaged = crc16_ranges(batch.index.octets, batch.index.offset, batch.index.size) != 0
            self.damaged_packets += int(damaged.sum())
            batch = batch.where(~damaged)
        return [self.take(batch)] if len(batch.index) else []


def read_recording(octets: bytes | memoryview, reception: Reception, *, any_version: bool = False) -> Iterator[Batch]:
    """All packets in `octets`, by `reception`, of which `octets` says how far it is; bare ones are found in bulk.

    Of bare packets of `any_version` the lengths alone are believed. Raises ValueError for a negative prefix.
    """
    if reception.frames:
        for start in range(0, len(octets), _STEP_OCTETS):
            yield from reception.feed(memoryview(octets)[start : start + _STEP_OCTETS])
        yield from reception.finish()
        return
    prefix = reception.prefix_octets
    if any_version:
        index = follow_lengths(octets, prefix)
    else:
        index = index_packets(octets, checked=reception.checked, prefix_octets=prefix)
    reception.octets_skipped = index.octets_skipped - prefix * len(index)
    for start in range(0, len(index), _STEP_PACKETS):
        part = PacketIndex(octets, index.records[start : start + _STEP_PACKETS])
        reception.octets = int(part.offset[-1] + part.size[-1])
        yield reception.take(Batch(part))
    reception.octets = len(octets)


def _is_anything(_: bytes) -> bool:
    return True
