"""Telemetry transfer frames into packets (CCSDS 132.0-B-3 §4.3): demultiplexing, extraction, and what is missing.

The receive policy is that of `link.channels.extraction`. In addition, a frame that cannot be decoded, or belongs to
another spacecraft or an unmanaged channel, is counted and dropped; the frame counts of the master channel and of each
virtual channel show how many frames are lost, late or repeated; a frame that either count shows to be repeated is
counted and dropped, as are idle frames and idle packets. The master channel's alone is not enough: it forgets a frame
half a cycle behind, which other channels and idle frames soon fill, while the virtual channel is still at its packet.

The bound: both counts have 8 bits (§4.1.2.5, §4.1.2.6), so no frame can be proven to follow another if exactly a
multiple of 256 frames of its virtual channel may have been lost between them, or if the sender started anew at the
count that was due. Then the halves of two packets become one where the length of the first agrees with the first header
pointer. Two things bound it: who knows of such a silence calls `drop`, and packets carry checksums of their own.
"""

from link.channels.demultiplex import ChannelState, Delivery
from link.errors import DecodeError
from link.frames.tm import FRAME_COUNT_MODULUS, NO_HEADER, ONLY_IDLE, TmFrame
from link.managed import Managed
from link.packets.arrivals import Arrivals


class TmReceiver:
    """The receiving end of all telemetry channels of `managed`.

    `channels` holds their states by name; `frames` counts all frames, `idle` those without packets, `bad` those that
    failed their checks, `foreign` those of another spacecraft or channel, `lost` those missing by the master channel's
    count. `clcw` is the latest operational control field, None before the first.
    """

    def __init__(self, managed: Managed) -> None:
        self.managed = managed
        self.channels = {channel.name: ChannelState(FRAME_COUNT_MODULUS) for channel in managed.tm_channels}
        self.clcw: int | None = None
        self.frames = self.idle = self.bad = self.foreign = 0
        self._names = {channel.vc: channel.name for channel in managed.tm_channels}
        self._master = Arrivals(FRAME_COUNT_MODULUS)

    @property
    def duplicates(self) -> int:
        """Frames of the spacecraft that were received again."""
        return self._master.duplicates

    @property
    def lost(self) -> int:
        """Frames of the spacecraft that were sent but never came, idle ones included."""
        return self._master.lost

    def feed(self, frame: bytes) -> list[Delivery[str]]:
        """The packets that end in this transfer frame, idle ones left out."""
        self.frames += 1
        try:
            decoded = TmFrame.decode(frame, fecf=self.managed.fecf)
        except DecodeError:
            self.bad += 1
            return []
        if decoded.spacecraft_id != self.managed.spacecraft_id:
            self.foreign += 1
            return []
        arrival = self._master.accept_one(decoded.master_count, frame)
        if not arrival.is_new:
            return []
        if decoded.ocf is not None and not arrival.is_late:
            self.clcw = decoded.ocf
        return self._demultiplex(decoded, frame)

    def drop(self) -> None:
        """Drop the packets in progress: more frames may have been lost since the last than the counts can show."""
        for state in self.channels.values():
            state.extractor.drop()

    def _demultiplex(self, frame: TmFrame, octets: bytes) -> list[Delivery[str]]:
        name = self._names.get(frame.channel)
        if name is None:
            self.idle += frame.first_header == ONLY_IDLE
            self.foreign += frame.first_header != ONLY_IDLE
            return []
        state = self.channels[name]
        if not state.arrived(frame.channel_count, octets).is_new:
            return []
        if frame.first_header == ONLY_IDLE:
            self.idle += 1
            state.idle_frames += 1
            return []
        first_header = None if frame.first_header == NO_HEADER else frame.first_header
        return [Delivery(name, packet) for packet in state.packets(frame.data, first_header)]
