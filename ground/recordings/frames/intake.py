"""Packets out of recorded or received frames, with an account of what is missing: frames of one length, or coded units
behind sync markers, of any spacecraft.

Octets are fed in pieces of any size; the larger, the less a frame costs. Channels are distinguished by spacecraft and
virtual channel, the GVCID (132.0-B-3 §2.1.3, 732.0-B-4 §2.1.3). The receive policy is `link.channels.extraction`'s.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from ground.recordings.frames.batch import Extraction, extract
from ground.recordings.frames.clcw_tally import ClcwTally
from ground.recordings.frames.framing import Framing, Rows, contents_of
from link.channels.extraction import Extractor
from link.coding.tm import TmDecoder
from link.packets.arrivals import Arrivals, Choice, Numbers
from link.packets.chosen import chosen
from link.packets.index import PacketIndex
from link.packets.size import ENCAPSULATION
from link.packets.space_packet import IDLE_APID

_NOTHING = PacketIndex.of(())


class Channel(NamedTuple):
    """A global virtual channel (GVCID)."""

    spacecraft_id: int
    vc: int


@dataclass(slots=True, eq=False)
class Batch:
    """Packets in order. `numbers` has for each the index of its channel in `channels`; bare packets have none."""

    index: PacketIndex
    channels: tuple[Channel, ...] = ()
    numbers: Numbers = field(default_factory=lambda: np.empty(0, np.int64))

    def channel(self, number: int) -> Channel | None:
        """The channel of a packet; None for a bare one."""
        return self.channels[self.numbers[number]] if self.channels else None

    def where(self, wanted: Choice) -> Self:
        """The packets for which `wanted` is true."""
        return type(self)(
            self.index.where(wanted), self.channels, self.numbers[wanted] if self.channels else self.numbers
        )

    def by_spacecraft(self) -> Iterator[tuple[int | None, Choice]]:
        """Each spacecraft (None for bare packets) and the mask of its packets."""
        owners = [channel.spacecraft_id for channel in self.channels]
        if len(set(owners)) < 2:
            yield next(iter(owners), None), np.ones(len(self.index), np.bool_)
            return
        owner_of = np.array(owners)[self.numbers]
        for owner in sorted(set(owners)):
            yield owner, owner_of == owner

    def __iter__(self) -> Iterator[tuple[bytes, Channel | None]]:
        for number in range(len(self.index)):
            yield self.index.packet(number), self.channel(number)


@dataclass(slots=True)
class Heard:
    """One virtual channel: `frames` received, duplicates included, of which `idle_frames` held no packets; and
    `idle_packets`.

    `arrivals` count the frames missing, late and repeated, by bypass flag; `extractors` what became of the data, by
    twice the access point plus the bypass flag. A repeated frame gives no packets.
    """

    frames: int = 0
    idle_frames: int = 0
    idle_packets: int = 0
    arrivals: dict[bool, Arrivals] = field(default_factory=dict)
    extractors: dict[int, Extractor] = field(default_factory=dict)

    def total(self, counter: str) -> int:
        """Sum of one counter over all `arrivals`."""
        return sum(getattr(arrivals, counter) for arrivals in self.arrivals.values())

    @property
    def octets_dropped(self) -> int:
        """Octets of packets that were not completed."""
        return sum(extractor.octets_dropped for extractor in self.extractors.values())

    @property
    def octets_unfinished(self) -> int:
        """Octets of packets in progress, which end in frames not received yet."""
        return sum(len(extractor.partial) for extractor in self.extractors.values())

    def packets(self, frames: Rows, contents: NDArray[Any], *, idle: bool) -> list[Extraction]:
        """Register frames of this channel and their CONTENT records; the packets that end in them, with `idle` ones."""
        self.frames += len(contents)
        is_new, is_next = self._arrived(contents)
        contents, is_next = chosen(contents, is_new), chosen(is_next, is_new)
        gaps_so_far = np.cumsum(~is_next)
        self.idle_frames += int((~contents["holds_packets"]).sum())
        found: list[Extraction] = []
        ways = 2 * contents["map_id"] + contents["bypass"]
        for way in {*self.extractors, *np.unique(ways[contents["holds_packets"]]).tolist()}:
            own = contents["holds_packets"] & (ways == way)
            extractor = self.extractors.setdefault(way, Extractor())
            found += _extractions(extractor, frames, chosen(contents, own), np.diff(gaps_so_far[own], prepend=0) > 0)
            if (~is_next).sum() > gaps_so_far[own].max(initial=0):
                extractor.drop()
        return [self._counted(extraction, idle=idle) for extraction in found]

    def _arrived(self, contents: NDArray[Any]) -> tuple[Choice, Choice]:
        """Masks of the frames that are no duplicates, and of those that follow the one before directly."""
        is_new, is_next = np.ones(len(contents), np.bool_), np.ones(len(contents), np.bool_)
        for bypass in (False, True):
            own = np.flatnonzero((contents["bypass"] == bypass) & (contents["modulus"] > 1))
            if len(own):
                arrivals = self.arrivals.setdefault(bypass, Arrivals(int(contents["modulus"][own[0]])))
                is_new[own], is_next[own] = arrivals.accept(contents["count"][own], contents["mark"][own])
        return is_new, is_next

    def _counted(self, extraction: Extraction, *, idle: bool) -> Extraction:
        """The packets without idle ones, which are counted; with `idle` all of them."""
        octets, records, frames = extraction
        word = records["identification"]
        wanted = (word & 0xE7FF != IDLE_APID) & (word >> 10 != ENCAPSULATION << 3)
        self.idle_packets += len(records) - int(wanted.sum())
        return extraction if idle else Extraction(octets, chosen(records, wanted), chosen(frames, wanted))


def _extractions(extractor: Extractor, frames: Rows, contents: NDArray[Any], gaps: Choice) -> Iterator[Extraction]:
    """The packets of one access point, extracted from runs of frames whose data fields have the same place and size."""
    moves = np.flatnonzero(np.diff(contents["start"]) | np.diff(contents["end"])) + 1
    ends = [*moves, len(contents)] if len(contents) else []
    for first, last in zip([0, *moves], ends, strict=False):
        run = contents[first:last]
        numbers, octets = run["number"], slice(run["start"][0], run["end"][0])
        apart = numbers[-1] - numbers[0] >= len(numbers)
        zones = frames[numbers, octets] if apart else frames[numbers[0] : numbers[-1] + 1, octets]
        found = extract(extractor, zones, run["first_header"], gaps[first:last])
        yield found._replace(frames=numbers[found.frames])


class FrameIntake:
    """Receives frames of `framing`; gives packets of the virtual channels `wanted` only, if given, idle ones if `idle`.

    Counters: `frames` received, of which `bad` failed their checks. `channels` has the state of each channel, `decoder`
    the counters of coded units, `reports` the CLCWs. `listen`, if set, is called with the good frames, as rows and
    CONTENT records, and counts the bits of bitstream channels in `bits`.
    """

    def __init__(self, framing: Framing, wanted: Collection[int] | None = None, *, idle: bool = False) -> None:
        self.framing = framing
        self.channels: dict[Channel, Heard] = {}
        self.frames = self.bad = 0
        self.decoder = TmDecoder(framing.coding) if framing.coding else None
        self.reports = ClcwTally()
        self.listen: Callable[[Rows, NDArray[Any]], None] | None = None
        self.bits: Counter[Channel] = Counter()
        self._wanted, self._idle = wanted, idle
        self._rest = b""

    @property
    def octets_skipped(self) -> int:
        """Octets outside of all units, or behind the last whole frame."""
        return self.decoder.octets_skipped if self.decoder else len(self._rest)

    @property
    def idle_packets(self) -> int:
        """Idle packets of all channels."""
        return sum(heard.idle_packets for heard in self.channels.values())

    def feed(self, octets: bytes | memoryview) -> Batch:
        """Take received octets; return the packets that are complete now."""
        return self._packets(self.decoder.feed_rows(octets) if self.decoder else self._cut(octets))

    def finish(self) -> Batch:
        """End of the stream: return the packets that waited for octets behind them."""
        last = b"".join(self.decoder.finish()) if self.decoder else b""
        return self._packets(np.frombuffer(last, np.uint8).reshape(-1, self.framing.octets))

    def account(self) -> dict[str, Any]:
        """Counters of frames, units and channels as plain data with stable keys; `units` is None without coding."""
        return {
            "kind": self.framing.kind,
            "frames": self.frames,
            "bad": self.bad,
            "units": self.decoder and {
                "corrected_frames": self.decoder.corrected_frames,
                "corrected_symbols": self.decoder.corrected_symbols,
                "uncorrectable": self.decoder.uncorrectable,
            },
            "clcws": list(self.reports.rows()),
            "other_ocfs": self.reports.others,
            "channels": [
                {**channel._asdict(), "frames": heard.frames,
                 **{name: heard.total(name) for name in ("lost", "gaps", "duplicates", "restarts")},
                 "out_of_order": heard.total("late"),
                 "idle": heard.idle_frames, "octets_dropped": heard.octets_dropped,
                 "octets_unfinished": heard.octets_unfinished, "bits": self.bits[channel]}
                for channel, heard in sorted(self.channels.items())
            ],
        }  # fmt: skip

    def _cut(self, octets: bytes | memoryview) -> Rows:
        octets = memoryview(b"".join([self._rest, octets]))
        size, start = self.framing.record_octets, self.framing.prefix_octets
        whole = len(octets) - len(octets) % size
        self._rest = bytes(octets[whole:])
        records = np.frombuffer(octets[:whole], np.uint8).reshape(-1, size)
        return records[:, start : start + self.framing.octets]

    def _packets(self, frames: Rows) -> Batch:
        contents = contents_of(frames, self.framing)
        good = chosen(contents, contents["good"])
        self.frames += len(contents)
        self.bad += len(contents) - len(good)
        self.reports.note(good)
        if self.listen:
            self.listen(frames, good)
        found = []
        for channel, own in _by_channel(good):
            extractions = self.channels.setdefault(channel, Heard()).packets(frames, own, idle=self._idle)
            if self._wanted is None or channel.vc in self._wanted:
                found += [(channel, extraction) for extraction in extractions]
        return _in_order(found)


def _by_channel(contents: NDArray[Any]) -> Iterator[tuple[Channel, NDArray[Any]]]:
    """The frames of each virtual channel."""
    keys = contents["spacecraft_id"] << 6 | contents["vc"]
    for key in np.unique(keys).tolist():
        yield Channel(key >> 6, key & 63), chosen(contents, keys == key)


def _in_order(found: list[tuple[Channel, Extraction]]) -> Batch:
    """One batch of all packets, ordered by the frames in which they ended."""
    if not found:
        return Batch(_NOTHING)
    channels, extractions = zip(*found, strict=True)
    sizes = [len(extraction.octets) for extraction in extractions]
    counts = [len(extraction.records) for extraction in extractions]
    records = np.concatenate([extraction.records for extraction in extractions])
    records["offset"] += np.repeat(np.cumsum([0, *sizes[:-1]]), counts)
    order = np.argsort(np.concatenate([extraction.frames for extraction in extractions]), kind="stable")
    octets = extractions[0].octets if len(found) == 1 else b"".join(extraction.octets for extraction in extractions)
    return Batch(PacketIndex(octets, records[order]), channels, np.repeat(np.arange(len(channels)), counts)[order])
