"""Packets out of frames that were recorded or are being received, with an account of what is missing: frames of one
length, or coded units behind sync markers, of spacecraft that nobody has to name beforehand.

Octets go in, in pieces of any size. Channels are told apart by spacecraft and virtual channel, the GVCID
(132.0-B-3 §2.1.3, 732.0-B-4 §2.1.3). The receive policy is `link.extraction`'s.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from link import aos_frame, tm_frame
from link.aos_frame import AosFrame, MPdu
from link.counter import Sequence
from link.demultiplex import Delivery
from link.errors import DecodeError
from link.extraction import Extractor
from link.managed import TM_IDLE_CHANNEL, Managed
from link.packet_size import is_idle
from link.tm_coding import TmDecoder
from link.tm_frame import TmFrame
from link.uslp_frame import NO_POINTER, Rule, UslpFrame
from link.uslp_receiver import IDLE_CHANNEL as USLP_IDLE_CHANNEL

FrameKind = Literal["tm", "aos", "uslp"]


class Channel(NamedTuple):
    """A global virtual channel (GVCID)."""

    spacecraft_id: int
    vc: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Framing:
    """What has to be known beforehand of frames: their kind, whole length, parts and, if `coding`, their units.

    A TM frame says itself whether it has an OCF. Raises ValueError for a length that holds no frame.
    """

    kind: FrameKind
    octets: int
    fecf: bool = True
    ocf: bool = False
    insert_octets: int = 0
    coding: Managed | None = None

    def __post_init__(self) -> None:
        if not 8 <= self.octets <= 65536:
            raise ValueError(f"frames of {self.octets} octets, expected 8..65536")
        if self.coding and self.coding.tm_frame_octets != self.octets:
            raise ValueError(f"frames of {self.octets} octets in units of {self.coding.tm_frame_octets}")


@dataclass(slots=True, kw_only=True)
class _Content:
    """What a frame says. `count` is None for one that is not counted, `bypass` counts apart; packets are of the access
    point `map_id`; `first_header` is None where none begins, `data` None where there are none.
    """

    channel: Channel
    count: int | None
    modulus: int
    first_header: int | None
    data: bytes | None
    bypass: bool = False
    map_id: int = 0


@dataclass(slots=True)
class Heard:
    """One virtual channel: `frames` received, of which `idle_frames` held no packets; `idle_packets` left out.

    `sequences` say how many frames are missing, by bypass flag; `extractors` what became of the data, by access point.
    """

    frames: int = 0
    idle_frames: int = 0
    idle_packets: int = 0
    sequences: dict[bool, Sequence] = field(default_factory=dict)
    extractors: dict[int, Extractor] = field(default_factory=dict)

    @property
    def lost(self) -> int:
        """Frames that were sent but never came."""
        return sum(sequence.lost for sequence in self.sequences.values())

    @property
    def gaps(self) -> int:
        """Runs that the lost frames made."""
        return sum(sequence.gaps for sequence in self.sequences.values())

    @property
    def octets_dropped(self) -> int:
        """Octets of packets that did not become whole."""
        return sum(extractor.octets_dropped for extractor in self.extractors.values())

    def packets(self, content: _Content) -> list[bytes]:
        """Note a frame of this channel; the packets that end in it, idle ones left out."""
        self._arrived(content)
        if content.data is None:
            self.idle_frames += 1
            return []
        packets = self.extractors.setdefault(content.map_id, Extractor()).feed(content.data, content.first_header)
        wanted = [packet for packet in packets if not is_idle(packet)]
        self.idle_packets += len(packets) - len(wanted)
        return wanted

    def _arrived(self, content: _Content) -> None:
        self.frames += 1
        if content.count is None:
            return
        sequence = self.sequences.setdefault(content.bypass, Sequence(content.modulus))
        if sequence.missing(content.count):
            for extractor in self.extractors.values():
                extractor.drop()


class FrameIntake:
    """Frames as `framing` says; packets of the virtual channels `wanted` only, if given.

    Counters: `frames` seen, of which `bad` failed their checks. `channels` says what was heard of each, `decoder` what
    became of coded units.
    """

    def __init__(self, framing: Framing, wanted: Collection[int] | None = None) -> None:
        self.framing = framing
        self.channels: dict[Channel, Heard] = {}
        self.frames = self.bad = 0
        self.decoder = TmDecoder(framing.coding) if framing.coding else None
        self._wanted = wanted
        self._rest = b""

    @property
    def octets_skipped(self) -> int:
        """Octets outside of all units, or behind the last whole frame."""
        return self.decoder.octets_skipped if self.decoder else len(self._rest)

    @property
    def idle_packets(self) -> int:
        """Idle packets left out, of all channels."""
        return sum(heard.idle_packets for heard in self.channels.values())

    def feed(self, octets: bytes) -> list[Delivery[Channel]]:
        """Take what was received; give the packets that became whole."""
        return self._sorted(self.decoder.feed(octets) if self.decoder else self._cut(octets))

    def finish(self) -> list[Delivery[Channel]]:
        """No more will come: give what waited for what should follow."""
        return self._sorted(self.decoder.finish()) if self.decoder else []

    def account(self) -> dict[str, Any]:
        """What was heard, as plain data with stable keys; `units` is None where frames are not coded."""
        return {
            "kind": self.framing.kind,
            "frames": self.frames,
            "bad": self.bad,
            "units": self.decoder and {
                "corrected_frames": self.decoder.corrected_frames,
                "corrected_symbols": self.decoder.corrected_symbols,
                "uncorrectable": self.decoder.uncorrectable,
            },
            "channels": [
                {**channel._asdict(), "frames": heard.frames, "lost": heard.lost, "gaps": heard.gaps,
                 "idle": heard.idle_frames, "octets_dropped": heard.octets_dropped}
                for channel, heard in sorted(self.channels.items())
            ],
        }  # fmt: skip

    def _cut(self, octets: bytes) -> list[bytes]:
        octets, size = self._rest + octets, self.framing.octets
        whole = len(octets) - len(octets) % size
        self._rest = octets[whole:]
        return [octets[at : at + size] for at in range(0, whole, size)]

    def _sorted(self, frames: Iterable[bytes]) -> list[Delivery[Channel]]:
        return [delivery for frame in frames for delivery in self._frame(frame)]

    def _frame(self, frame: bytes) -> list[Delivery[Channel]]:
        self.frames += 1
        try:
            content = _CONTENTS[self.framing.kind](frame, self.framing)
        except DecodeError:
            self.bad += 1
            return []
        channel = content.channel
        packets = self.channels.setdefault(channel, Heard()).packets(content)
        return [Delivery(channel, one) for one in packets] if self._wanted is None or channel.vc in self._wanted else []


def _of_tm(octets: bytes, framing: Framing) -> _Content:
    frame = TmFrame.decode(octets, fecf=framing.fecf)
    no_packets = frame.unsynchronised or frame.channel == TM_IDLE_CHANNEL or frame.first_header == tm_frame.ONLY_IDLE
    return _Content(
        channel=Channel(frame.spacecraft_id, frame.channel),
        count=frame.channel_count,
        modulus=tm_frame.FRAME_COUNT_MODULUS,
        first_header=None if frame.first_header == tm_frame.NO_HEADER else frame.first_header,
        data=None if no_packets else frame.data,
    )


def _of_aos(octets: bytes, framing: Framing) -> _Content:
    frame = AosFrame.decode(octets, fecf=framing.fecf, ocf=framing.ocf, insert_octets=framing.insert_octets)
    field = MPdu.decode(frame.data)
    no_packets = frame.channel == aos_frame.IDLE_CHANNEL or field.first_header == aos_frame.ONLY_IDLE
    return _Content(
        channel=Channel(frame.spacecraft_id, frame.channel),
        count=frame.count,
        modulus=aos_frame.COUNT_MODULUS,
        first_header=None if field.first_header == aos_frame.NO_HEADER else field.first_header,
        data=None if no_packets else field.zone,
    )


def _of_uslp(octets: bytes, framing: Framing) -> _Content:
    frame = UslpFrame.decode(octets, fecf=framing.fecf, insert_octets=framing.insert_octets)
    holds_packets = frame.channel != USLP_IDLE_CHANNEL and frame.field.rule in (Rule.PACKETS, Rule.WHOLE)
    pointer = 0 if frame.field.rule is Rule.WHOLE else frame.field.pointer
    return _Content(
        channel=Channel(frame.spacecraft_id, frame.channel),
        count=frame.count if frame.count_octets else None,
        modulus=1 << 8 * frame.count_octets,
        first_header=None if pointer == NO_POINTER else pointer,
        data=frame.field.zone if holds_packets else None,
        bypass=frame.bypass,
        map_id=frame.map_id,
    )


_CONTENTS = {"tm": _of_tm, "aos": _of_aos, "uslp": _of_uslp}
