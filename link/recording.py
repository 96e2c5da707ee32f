"""A whole recording into its packets, in batches, with an account of what it holds: bare packets, or frames of them."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

import numpy as np

from link.demultiplex import Delivery
from link.intake import Channel, FrameIntake, Framing
from link.packet_index import PacketIndex, follow_lengths, index_packets
from link.packet_size import SPACE_PACKET
from link.packet_stream import has_good_crc
from link.space_packet import IDLE_APID
from link.tally import Tally

_STEP_OCTETS = 1 << 20  # of frames, and
_STEP_PACKETS = 4096  # bare packets in a batch: few enough to see progress, enough to make numpy cheap


@dataclass(slots=True, eq=False)
class Batch:
    """Packets in their order; `channels` that they came on, one each, none for bare ones."""

    index: PacketIndex
    channels: tuple[Channel, ...] = ()


@dataclass(slots=True)
class Recording:
    """Packets in `octets`: of `apids` only and from the virtual channels `vcs` only, if given; without idle ones.

    Bare packets stand one behind the other, each behind `prefix_octets` of something else. `checked` ones end in their
    CRC-16, and those that do not fit are left out. Of bare packets of `any_version` the lengths alone are believed.

    Counters: `octets_done` while `batches` runs, `octets_skipped` that are no packets or no frames, `idle_packets`,
    `damaged_packets` out of frames whose CRC does not fit, `other_packets` that are no space packets.
    """

    octets: bytes | memoryview
    framing: Framing | None = None
    checked: bool = False
    apids: Collection[int] | None = None
    vcs: Collection[int] | None = None
    prefix_octets: int = 0
    any_version: bool = False
    octets_done: int = 0
    octets_skipped: int = 0
    idle_packets: int = 0
    damaged_packets: int = 0
    other_packets: int = 0
    tally: Tally = field(default_factory=Tally)
    frames: FrameIntake | None = field(init=False)

    def __post_init__(self) -> None:
        self.frames = FrameIntake(self.framing, self.vcs) if self.framing else None

    def batches(self) -> Iterator[Batch]:
        """All packets, once."""
        for batch in self._framed(self.frames) if self.frames else self._bare():
            chosen = self._chosen(batch)
            self.tally.add(chosen.index, chosen.channels[0].spacecraft_id if chosen.channels else None)
            yield chosen

    def account(self) -> dict[str, Any]:
        """What was found, as plain data with stable keys; `frames` is None for bare packets."""
        return {
            "octets": len(self.octets),
            "octets_skipped": self.octets_skipped,
            "packets": self.tally.packets,
            "idle_packets": self.idle_packets,
            "damaged_packets": self.damaged_packets,
            "other_packets": self.other_packets,
            "sources": list(self.tally.rows()),
            "frames": self.frames.account() if self.frames else None,
        }

    def _bare(self) -> Iterator[Batch]:
        if self.any_version:
            index = follow_lengths(self.octets, self.prefix_octets)
        else:
            index = index_packets(self.octets, checked=self.checked, prefix_octets=self.prefix_octets)
        self.octets_skipped = index.octets_skipped - self.prefix_octets * len(index)
        for start in range(0, len(index), _STEP_PACKETS):
            part = PacketIndex(self.octets, index.records[start : start + _STEP_PACKETS])
            self.octets_done = int(part.offset[-1] + part.size[-1])
            yield Batch(part)

    def _framed(self, intake: FrameIntake) -> Iterator[Batch]:
        for start in range(0, len(self.octets), _STEP_OCTETS):
            piece = bytes(self.octets[start : start + _STEP_OCTETS])
            self.octets_done = start + len(piece)
            yield from self._batched(intake.feed(piece))
        yield from self._batched(intake.finish())
        self.octets_skipped = intake.octets_skipped
        self.idle_packets += sum(heard.idle_packets for heard in intake.channels.values())

    def _batched(self, deliveries: list[Delivery[Channel]]) -> Iterator[Batch]:
        """One batch for each run of one spacecraft's packets."""
        wanted = [delivery for delivery in deliveries if self._is_wanted(delivery.packet)]
        for _, run in groupby(wanted, lambda delivery: delivery.channel.spacecraft_id):
            channels, packets = zip(*run, strict=True)
            yield Batch(index_packets(b"".join(packets), checked=False), channels)

    def _is_wanted(self, packet: bytes) -> bool:
        if packet[0] >> 5 != SPACE_PACKET:
            self.other_packets += 1
            return False
        damaged = self.checked and not has_good_crc(packet)
        self.damaged_packets += damaged
        return not damaged

    def _chosen(self, batch: Batch) -> Batch:
        """The packets asked for."""
        apids = batch.index.apid
        self.idle_packets += int((apids == IDLE_APID).sum())
        chosen = (apids != IDLE_APID) if self.apids is None else np.isin(apids, list(self.apids))
        channels = tuple(channel for channel, kept in zip(batch.channels, chosen, strict=False) if kept)
        return Batch(batch.index.where(chosen), channels)
