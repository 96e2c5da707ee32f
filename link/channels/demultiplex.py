"""State of a received virtual channel: frames received and lost, and the packet in progress."""

from dataclasses import dataclass, field
from typing import Generic, NamedTuple, TypeVar

from link.channels.extraction import Extractor
from link.packets.arrivals import Arrival, Arrivals
from link.packets.size import is_idle

_Name = TypeVar("_Name")


class Delivery(NamedTuple, Generic[_Name]):
    """A whole packet, as it was sent, and the name or number of the channel it came on."""

    channel: _Name
    packet: bytes


@dataclass(slots=True)
class ChannelState:
    """One virtual channel, its frames counted modulo `modulus`.

    `frames` received, duplicates included, of which `idle_frames` held no packets; `idle_packets` dropped. `arrivals`
    counts frames lost, late and repeated; `extractor` counts what became of their data.
    """

    modulus: int
    frames: int = 0
    idle_frames: int = 0
    idle_packets: int = 0
    arrivals: Arrivals = field(init=False)
    extractor: Extractor = field(default_factory=Extractor)

    def __post_init__(self) -> None:
        self.arrivals = Arrivals(self.modulus)

    @property
    def lost(self) -> int:
        """Frames of this channel that were sent but never came."""
        return self.arrivals.lost

    def arrived(self, count: int, frame: bytes) -> Arrival:
        """Register `frame` with this count; a new one that does not follow the last drops the packet in progress.

        The data of one that is not new are not for `packets`.
        """
        self.frames += 1
        arrival = self.arrivals.accept_one(count, frame)
        if arrival.is_new and not arrival.is_next:
            self.extractor.drop()
        return arrival

    def packets(self, data: bytes, first_header: int | None) -> list[bytes]:
        """The packets that end in the data of the new frame just registered; idle packets are counted and left out."""
        packets = self.extractor.feed(data, first_header)
        wanted = [packet for packet in packets if not is_idle(packet)]
        self.idle_packets += len(packets) - len(wanted)
        return wanted
