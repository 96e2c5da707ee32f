"""Reception of packets from a stream or a recording, bare or in frames, in batches, with an account of them."""

from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ground.recordings.frames.framing import Framing
from ground.recordings.frames.intake import Batch, FrameIntake
from ground.recordings.frames.tc_intake import TcFraming, TcIntake
from ground.recordings.joining import Joiner
from ground.recordings.tally import Tally
from kernels.coding.crc import crc16_ranges
from kernels.coding.packets import PACKET, find_packets
from link.errors import DecodeError
from link.packets.arrivals import Choice, Numbers
from link.packets.index import PacketIndex, follow_lengths, follow_packets, index_packets
from link.packets.size import ENCAPSULATION, SPACE_PACKET, packet_size
from link.packets.space_packet import HEADER_SIZE, IDLE_APID, PACKET_OCTETS_MAX, Flags
from link.packets.stream import PacketStreamReader, has_good_crc

_STEP_OCTETS = 1 << 22  # octets of frames in a batch: small enough to show progress, large enough for numpy
_STEP_PACKETS = 4096  # bare packets in a batch, for the same reasons


@dataclass(slots=True, kw_only=True)
class Reception:
    """Packets of `apids` only and from the virtual channels `vcs` only, if given; `idle` ones only if asked for.

    Bare packets follow one another, each behind `prefix_octets` of something else. `checked` packets end with their
    CRC-16, and those where it is wrong are left out. With `unique`, duplicates are left out; a `joiner` reassembles
    segments, which must be `unique`.

    Encapsulation packets are counted by protocol; with `encapsulation` they are returned too, also among bare packets.

    Counters: `octets` taken; `octets_skipped` that are no packets or no frames; `octets_invented`, those of them that
    looked like packets (`not_invented`); bare `idle_packets`; `damaged_packets` out of frames, with a wrong CRC;
    `other_packets`, which are no space packets.
    """

    framing: Framing | TcFraming | None = None
    checked: bool = False
    apids: Collection[int] | None = None
    vcs: Collection[int] | None = None
    prefix_octets: int = 0
    idle: bool = False
    unique: bool = False
    joiner: Joiner | None = None
    encapsulation: bool = False
    octets: int = 0
    octets_skipped: int = 0
    idle_packets: int = 0
    damaged_packets: int = 0
    other_packets: int = 0
    octets_invented: int = 0
    protocols: Counter[int] = field(default_factory=Counter)
    tally: Tally = field(init=False)
    frames: FrameIntake | TcIntake | None = field(init=False)
    _reader: PacketStreamReader = field(init=False)

    def __post_init__(self) -> None:
        self.idle |= self.apids is not None and IDLE_APID in self.apids
        self.tally = Tally(kept=not self.unique)
        self.frames = self._intake()
        is_valid = has_good_crc if self.checked else _is_anything
        self._reader = PacketStreamReader(is_valid, prefix_octets=self.prefix_octets)

    def _intake(self) -> FrameIntake | TcIntake | None:
        if isinstance(self.framing, TcFraming):
            return TcIntake(self.framing, self.vcs)
        return FrameIntake(self.framing, self.vcs, idle=self.idle) if self.framing else None

    def feed(self, octets: bytes | memoryview) -> list[Batch]:
        """Take received octets, in pieces of any size; return the packets that are complete now."""
        self.octets += len(octets)
        if self.frames:
            return self._out_of_frames(self.frames, self.frames.feed(octets))
        return self._bare(PacketIndex.of(self._reader.feed(octets)))

    def finish(self) -> list[Batch]:
        """End of the stream: return the packets that waited for octets behind them."""
        if self.frames:
            batches = self._out_of_frames(self.frames, self.frames.finish())
        else:
            batches = self._bare(self.not_invented(PacketIndex.of(self._reader.finish())))
        if self.joiner:
            self.joiner.finish()
        return batches

    def accept(self, batch: Batch, is_space: Choice | None = None) -> Batch:
        """Count packets and keep the requested ones; `is_space` is the mask of space packets, None if all are."""
        apids = batch.index.apid
        is_space = np.full(len(apids), True) if is_space is None else is_space
        is_idle = is_space & (apids == IDLE_APID)
        self.idle_packets += int(is_idle.sum()) * (not isinstance(self.frames, FrameIntake))
        wanted = np.full(len(apids), True) if self.apids is None else is_space & np.isin(apids, list(self.apids))
        wanted &= ~is_idle | self.idle
        kept, is_space = batch.where(wanted), is_space[wanted]
        is_new = np.ones(len(kept.index), np.bool_)
        for spacecraft_id, own in kept.by_spacecraft():
            is_new[own & is_space] = self.tally.add(kept.index.where(own & is_space), spacecraft_id)
        if self.unique or self.joiner:
            kept = kept.where(is_new)
        if self.joiner and (kept.index.flags != Flags.UNSEGMENTED).any():
            kept = self._joined(self.joiner, kept)
        return kept

    def accept_any(self, batch: Batch) -> Batch:
        """As `accept`, for packets of any kind, which their version numbers distinguish."""
        versions = batch.index.records["identification"] >> 13
        is_encapsulated = versions == ENCAPSULATION
        self.other_packets += int((versions != SPACE_PACKET).sum())
        protocols = batch.index.records["identification"][is_encapsulated] >> 10 & 7
        self.protocols.update(protocols.tolist())
        known = (versions == SPACE_PACKET) | is_encapsulated & self.encapsulation
        return self.accept(batch.where(known), ~is_encapsulated[known])

    def not_invented(self, packets: PacketIndex) -> PacketIndex:
        """Packets found behind the header of one that the end of the recording cuts off: all of them if the count of
        one continues that of its APID, else none, because they are then data of the cut packet.
        """
        if self.checked or not self.tally.counts or self.tally.goes_on(packets):
            return packets
        self.octets_invented += int(packets.size.sum()) + self.prefix_octets * len(packets)
        return packets.where(np.zeros(len(packets), np.bool_))

    @staticmethod
    def _joined(joiner: Joiner, batch: Batch) -> Batch:
        channels = [batch.channel(number) for number in range(len(batch.index))]
        packets, numbers = joiner.feed(batch.index, [channel and channel.spacecraft_id for channel in channels])
        return Batch(
            PacketIndex.of(packets), batch.channels, batch.numbers[numbers] if batch.channels else batch.numbers
        )

    def account(self) -> dict[str, Any]:
        """All counters as plain data with stable keys; `frames` is None for bare packets."""
        return {
            "octets": self.octets,
            "octets_skipped": self.octets_skipped,
            "packets": self.tally.packets,
            "idle_packets": self.idle_packets + (self.frames.idle_packets if self.frames else 0),
            "damaged_packets": self.damaged_packets,
            "other_packets": self.other_packets,
            "encapsulated": [
                {"protocol": number, "packets": packets} for number, packets in sorted(self.protocols.items())
            ],
            "joined_packets": self.joiner.joined if self.joiner else 0,
            "segments_left_out": self.joiner.left_out if self.joiner else 0,
            "sources": list(self.tally.rows()),
            "frames": self.frames.account() if self.frames else None,
        }

    def _bare(self, index: PacketIndex) -> list[Batch]:
        self.octets_skipped = self._reader.octets_skipped + self.octets_invented
        return [self.accept(Batch(index))] if len(index) else []

    def _out_of_frames(self, intake: FrameIntake | TcIntake, batch: Batch) -> list[Batch]:
        self.octets_skipped = intake.octets_skipped
        if self.checked:
            is_space = batch.index.records["identification"] >> 13 == SPACE_PACKET
            damaged = crc16_ranges(batch.index.octets, batch.index.offset, batch.index.size) != 0
            self.damaged_packets += int((damaged & is_space).sum())
            batch = batch.where(~(damaged & is_space))
        return [self.accept_any(batch)] if len(batch.index) else []


def read_recording(
    octets: bytes | memoryview, reception: Reception, *, any_version: bool = False, ends: Numbers | None = None
) -> Iterator[Batch]:
    """All packets in `octets`, received by `reception`, whose counter `octets` shows the progress; bare ones in bulk.

    Bare packets of `any_version` are found by their lengths alone. `ends` are the ends of units such as datagrams,
    which no packet or uncoded frame crosses. Raises ValueError for a negative prefix.
    """
    if reception.frames:
        octets, behind = _whole_frames(octets, reception.framing, ends)
        for start in range(0, len(octets), _STEP_OCTETS):
            yield from reception.feed(memoryview(octets)[start : start + _STEP_OCTETS])
        yield from reception.finish()
        reception.octets_skipped += behind
        return
    prefix = reception.prefix_octets
    if any_version:
        index = follow_lengths(octets, prefix)
    else:
        index = index_packets(octets, checked=reception.checked, prefix_octets=prefix)
    if ends is not None and _reach_over(index, prefix, ends):
        index = _unit_by_unit(octets, reception, any_version, ends)
    if reception.encapsulation and not (any_version or reception.checked) and _is_encapsulated(index, prefix):
        index = follow_packets(octets, prefix)
        reception.octets_skipped = index.octets_skipped - prefix * len(index)
        yield from _batches(index, reception, reception.accept_any)
        reception.octets = len(octets)
        return
    reception.octets_skipped = index.octets_skipped - prefix * len(index)
    sure = len(index) if any_version or reception.checked else _before_the_cut(index, prefix)
    yield from _batches(PacketIndex(octets, index.records[:sure]), reception)
    if sure < len(index):
        rest = reception.not_invented(PacketIndex(octets, index.records[sure:]))
        reception.octets_skipped += reception.octets_invented
        yield from _batches(rest, reception)
    reception.octets = len(octets)
    if reception.joiner:
        reception.joiner.finish()


def _whole_frames(
    octets: bytes | memoryview, framing: Framing | TcFraming | None, ends: Numbers | None
) -> tuple[bytes | memoryview, int]:
    """The octets of the whole frames in each unit, and how many octets are left over; all octets for coded frames."""
    if ends is None or not isinstance(framing, Framing) or framing.coding:
        return octets, 0
    sizes = np.diff(ends, prepend=0)
    behind = sizes % framing.record_octets
    if not behind.any():
        return octets, 0
    places = zip((ends - sizes).tolist(), (ends - behind).tolist(), strict=True)
    return b"".join(octets[start:stop] for start, stop in places), int(behind.sum())


def _reach_over(index: PacketIndex, prefix: int, ends: Numbers) -> bool:
    """Whether units are not made of consecutive packets from their beginning, so that packets cross their ends."""
    begins, stops = index.offset - prefix, index.offset + index.size
    firsts = np.searchsorted(ends, begins, side="right")
    is_whole = np.array_equal(firsts, np.searchsorted(ends, stops - 1, side="right"))
    return not is_whole or len(np.unique(firsts)) < len(ends) or not np.isin(begins, np.append(ends, [0, *stops])).all()


def _unit_by_unit(octets: bytes | memoryview, reception: Reception, any_version: bool, ends: Numbers) -> PacketIndex:
    """The packets of each unit, found separately, so that damage in one unit affects no other."""
    prefix, found = reception.prefix_octets, [np.empty(0, PACKET)]
    for start, stop in zip([0, *ends[:-1].tolist()], ends.tolist(), strict=True):
        unit = memoryview(octets)[start:stop]
        if any_version:
            records = follow_lengths(unit, prefix).records
        else:
            records = find_packets(unit, checked=reception.checked, prefix=prefix)
        records["offset"] += start
        found.append(records)
    return PacketIndex(octets, np.concatenate(found))


def holds_packets(unit: bytes, prefix: int = 0) -> bool:
    """Whether consecutive packets, each behind a prefix, fill a unit."""
    at = prefix
    while at < len(unit):
        try:
            size = packet_size(unit, at)
        except DecodeError:
            return False
        if size is None or at + size > len(unit):
            return False
        at += size + prefix
    return at == len(unit) + prefix > prefix


def _is_encapsulated(index: PacketIndex, prefix: int) -> bool:
    """Whether the first octets that are no space packet begin a complete encapsulation packet."""
    begins, ends = index.offset - prefix, np.append(0, index.offset + index.size)
    breaks = np.flatnonzero(begins != ends[:-1])
    at = int(ends[breaks[0]] if len(breaks) else ends[-1]) + prefix
    head = bytes(index.octets[at : at + 8])
    try:
        size = packet_size(head) if head[:1] and head[0] >> 5 == ENCAPSULATION else None
    except DecodeError:
        return False
    return size is not None and at + size <= len(index.octets)


def _batches(
    index: PacketIndex, reception: Reception, accept: Callable[[Batch], Batch] | None = None
) -> Iterator[Batch]:
    for start in range(0, len(index), _STEP_PACKETS):
        part = PacketIndex(index.octets, index.records[start : start + _STEP_PACKETS])
        reception.octets = int(part.offset[-1] + part.size[-1])
        yield (accept or reception.accept)(Batch(part))


def _before_the_cut(index: PacketIndex, prefix: int) -> int:
    """Number of packets before the first header whose length exceeds the rest of the recording."""
    octets, begins, ends = np.frombuffer(index.octets, np.uint8), index.offset - prefix, index.offset + index.size
    last = len(octets) - PACKET_OCTETS_MAX - prefix  # no packet that begins before this is cut off
    for number in np.flatnonzero(begins != np.append(0, ends[:-1])).tolist():
        skipped = np.arange(max(int(ends[number - 1]) if number else 0, last, 0), begins[number])
        header = octets[skipped[:, np.newaxis] + prefix + np.array([0, 4, 5])].astype(np.int64)
        promised = skipped + prefix + HEADER_SIZE + 1 + (header[:, 1] << 8 | header[:, 2])
        if ((header[:, 0] >> 5 == 0) & (promised > len(octets))).any():
            return number
    return len(index)


def _is_anything(_: bytes) -> bool:
    return True
