"""USLP frames into packets (CCSDS 732.1-B-2 §4.3), by virtual channel and multiplexer access point (MAP).

The receive policy is that of `link.channels.extraction`. Each virtual channel counts its sequence-controlled and its
expedited (bypass) frames separately, and a packet is completed by frames of one kind only; a gap in either drops the
packets in progress on all MAPs of the channel. A repeated frame is dropped. Frames without a count show no gaps: there
only lengths, pointers and the packets' own checksums protect.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

from link.channels.demultiplex import Delivery
from link.channels.extraction import Extractor
from link.errors import DecodeError
from link.frames.uslp import NO_POINTER, Rule, UslpFrame
from link.packets.arrivals import Arrivals
from link.packets.size import is_idle

IDLE_CHANNEL = 63
"""The virtual channel of frames that hold only idle data (§4.1.2.5)."""


class Map(NamedTuple):
    """Multiplexer access point (MAP) of a virtual channel."""

    vc: int
    map_id: int


@dataclass(slots=True)
class UslpReceiver:
    """The receiving end of one physical channel; `insert_octets` and `fecf` are managed.

    `frames` counts all frames, `bad` those that failed their checks, `foreign` those of another spacecraft, `idle`
    those without data, `idle_packets` the idle packets left out. `extractors` count what became of the data of each
    MAP by bypass flag, `arrivals` the frames lost, late and repeated, by channel and bypass flag.
    """

    spacecraft_id: int
    fecf: bool = True
    insert_octets: int = 0
    frames: int = 0
    bad: int = 0
    foreign: int = 0
    idle: int = 0
    idle_packets: int = 0
    extractors: dict[tuple[Map, bool], Extractor] = field(default_factory=dict)
    arrivals: dict[tuple[int, bool], Arrivals] = field(default_factory=dict)

    def feed(self, octets: bytes) -> list[Delivery[Map]]:
        """The packets that end in this frame, idle ones left out; or the data zone, where it does not hold packets."""
        self.frames += 1
        try:
            frame = UslpFrame.decode(octets, fecf=self.fecf, insert_octets=self.insert_octets)
        except DecodeError:
            self.bad += 1
            return []
        if frame.spacecraft_id != self.spacecraft_id:
            self.foreign += 1
            return []
        if not self._is_new(frame, octets):
            return []
        if frame.channel == IDLE_CHANNEL:
            self.idle += 1
            return []
        address = Map(frame.channel, frame.map_id)
        return [Delivery(address, unit) for unit in self._units(frame, address)]

    def _is_new(self, frame: UslpFrame, octets: bytes) -> bool:
        if not frame.count_octets:
            return True
        arrivals = self.arrivals.setdefault((frame.channel, frame.bypass), Arrivals(1 << 8 * frame.count_octets))
        arrival = arrivals.accept_one(frame.count, octets)
        if arrival.is_new and not arrival.is_next:
            for (address, _), extractor in self.extractors.items():
                if address.vc == frame.channel:
                    extractor.drop()
        return arrival.is_new

    def _units(self, frame: UslpFrame, address: Map) -> list[bytes]:
        if frame.field.rule is not Rule.PACKETS:
            return [frame.field.zone]
        extractor = self.extractors.setdefault((address, frame.bypass), Extractor())
        pointer = None if frame.field.pointer == NO_POINTER else frame.field.pointer
        packets = extractor.feed(frame.field.zone, pointer)
        wanted = [packet for packet in packets if not is_idle(packet)]
        self.idle_packets += len(packets) - len(wanted)
        return wanted
