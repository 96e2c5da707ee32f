"""What a receiver keeps of each virtual channel: what came, what is missing, the packet in progress."""

from dataclasses import dataclass, field
from typing import Generic, NamedTuple, TypeVar

from link.counter import Sequence
from link.extraction import Extractor
from link.packet_size import is_idle

Name = TypeVar("Name")


class Delivery(NamedTuple, Generic[Name]):
    """A whole packet, as it was sent, and the name or number of the channel it came on."""

    channel: Name
    packet: bytes


@dataclass(slots=True)
class ChannelState:
    """One virtual channel, its frames counted modulo `modulus`.

    `frames` received, of which `idle_frames` held no packets; `idle_packets` dropped; `sequence` says how many frames
    are lost, `extractor` what became of the data of the others.
    """

    modulus: int
    frames: int = 0
    idle_frames: int = 0
    idle_packets: int = 0
    sequence: Sequence = field(init=False)
    extractor: Extractor = field(default_factory=Extractor)

    def __post_init__(self) -> None:
        self.sequence = Sequence(self.modulus)

    @property
    def lost(self) -> int:
        """Frames of this channel that were sent but never came."""
        return self.sequence.lost

    def arrived(self, count: int) -> None:
        """Note a frame with this count; a gap before it ends the packet in progress."""
        self.frames += 1
        if self.sequence.missing(count):
            self.extractor.drop()

    def packets(self, data: bytes, first_header: int | None) -> list[bytes]:
        """The packets that end in the data of the frame just noted, idle ones counted and left out."""
        packets = self.extractor.feed(data, first_header)
        wanted = [packet for packet in packets if not is_idle(packet)]
        self.idle_packets += len(packets) - len(wanted)
        return wanted
