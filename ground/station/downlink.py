"""The downlink: octets from the port to space packets, and whether the link is up."""

from link.channels.tm_receiver import TmReceiver
from link.coding.tm import TmDecoder
from link.errors import DecodeError
from link.frames.clcw import Clcw
from link.managed import Managed

SILENCE_NS = 10_000_000_000
"""Without a good frame for this long the link is lost; a node sends at least one per second."""


class Downlink:
    """Octets of one node to packets, by `decoder` and `receiver`, which have counters; `good` counts its valid frames.

    Times are monotonic ns.
    """

    def __init__(self, managed: Managed) -> None:
        self.octets = self.good = 0
        self.decoder, self.receiver = TmDecoder(managed), TmReceiver(managed)
        self.last_frame_ns: int | None = None

    def feed(self, octets: bytes, now_ns: int) -> list[bytes]:
        """Take received octets; return the packets that they complete.

        After a lost link none is completed that began before: the frame counts do not show whole cycles of lost frames.
        """
        self.octets += len(octets)
        if self.lost_at_ns is not None and now_ns >= self.lost_at_ns:
            self.receiver.drop()
        packets = []
        for frame in self.decoder.feed(octets):
            damaged = self.receiver.bad + self.receiver.foreign
            packets += [delivery.packet for delivery in self.receiver.feed(frame)]
            if self.receiver.bad + self.receiver.foreign == damaged:
                self.last_frame_ns = now_ns
                self.good += 1
        return packets

    @property
    def lost_at_ns(self) -> int | None:
        """When the link will be lost if no further frame comes; None before the first frame."""
        return None if self.last_frame_ns is None else self.last_frame_ns + SILENCE_NS

    @property
    def clcw(self) -> Clcw | None:
        """The last CLCW from the node: its report on the command link (CCSDS 232.0-B-4 §4.2)."""
        word = self.receiver.clcw
        try:
            return None if word is None else Clcw.from_word(word)
        except DecodeError:
            return None
