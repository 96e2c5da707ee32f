"""AOS links (CCSDS 732.0-B-4 §4.2, §4.3): packets into frames by priority, and frames into packets.

Sending follows `link.channels.multiplex`, receiving the policy of `link.channels.extraction`. Virtual channels are
numbers here.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from link.channels.demultiplex import ChannelState, Delivery
from link.channels.multiplex import Multiplexer
from link.errors import DecodeError
from link.fecf import FECF_SIZE
from link.frames.aos import (
    AOS_COUNT_MODULUS,
    AOS_HEADER_SIZE,
    IDLE_CHANNEL,
    M_PDU_HEADER_SIZE,
    NO_HEADER,
    OCF_SIZE,
    ONLY_IDLE,
    AosFrame,
    MPdu,
)
from link.managed import TmChannel


@dataclass(frozen=True, slots=True, kw_only=True)
class AosManaged:
    """Managed parameters of an AOS link (§5). `frame_octets` is the size of the whole frame with its trailer.

    Channels in `access` carry no packets: their data fields, B_PDUs or the user's own, are given as they are. Raises
    ValueError for what the standard excludes.
    """

    spacecraft_id: int
    frame_octets: int
    insert_octets: int = 0
    ocf: bool = False
    fecf: bool = True
    access: frozenset[int] = frozenset()

    def __post_init__(self) -> None:
        if not 0 <= self.spacecraft_id < 1024:
            raise ValueError(f"spacecraft_id = {self.spacecraft_id}, expected 0..1023 (732.0 §4.1.2.2)")
        if self.zone_octets < 1:
            raise ValueError(f"frame_octets = {self.frame_octets} leave no room for packets (732.0 §4.1.1)")

    @property
    def zone_octets(self) -> int:
        """Octets of an M_PDU packet zone."""
        around = AOS_HEADER_SIZE + self.insert_octets + M_PDU_HEADER_SIZE + OCF_SIZE * self.ocf + FECF_SIZE * self.fecf
        return self.frame_octets - around

    def decode(self, octets: bytes) -> AosFrame:
        """The frame in `octets`. Raises DecodeError."""
        if len(octets) != self.frame_octets:
            raise DecodeError(f"frame of {len(octets)} octets, expected {self.frame_octets}")
        return AosFrame.decode(octets, fecf=self.fecf, ocf=self.ocf, insert_octets=self.insert_octets)


class AosSender(Multiplexer):
    """The sending end of packet channels, the highest in priority first."""

    def __init__(self, managed: AosManaged, channels: Sequence[TmChannel]) -> None:
        super().__init__(channels, idle_channel=IDLE_CHANNEL)
        self.managed = managed

    def next_frame(self, *, insert: bytes = b"", ocf: int = 0) -> bytes:
        """One encoded frame with `insert` in its insert zone and `ocf` in its operational control field, as managed."""
        assert len(insert) == self.managed.insert_octets, len(insert)
        turn = self.next_turn(self.managed.zone_octets)
        pointer = ONLY_IDLE if turn.is_idle else NO_HEADER if turn.first_header is None else turn.first_header
        frame = AosFrame(
            spacecraft_id=self.managed.spacecraft_id,
            channel=turn.vc,
            count=turn.frame_count % AOS_COUNT_MODULUS,
            data=MPdu(pointer, turn.data).encode(),
            insert=insert,
            ocf=ocf if self.managed.ocf else None,
        )
        return frame.encode(fecf=self.managed.fecf)


class AosReceiver:
    """The receiving end of all virtual channels of `managed`.

    `channels` holds the state of each channel that was received; `frames` counts all frames, `idle` those without
    packets, `bad` those that failed their checks, `foreign` those of another spacecraft. A repeated frame gives no
    packets. `ocf` is the latest operational control field, None before the first.
    """

    def __init__(self, managed: AosManaged) -> None:
        self.managed = managed
        self.channels: dict[int, ChannelState] = {}
        self.ocf: int | None = None
        self.frames = self.idle = self.bad = self.foreign = 0

    def feed(self, octets: bytes) -> list[Delivery[int]]:
        """The packets that end in this frame, idle ones left out; the data field itself on an access channel."""
        self.frames += 1
        try:
            frame = self.managed.decode(octets)
            content = MPdu.decode(frame.data)
        except DecodeError:
            self.bad += 1
            return []
        if frame.spacecraft_id != self.managed.spacecraft_id:
            self.foreign += 1
            return []
        state = self.channels.setdefault(frame.channel, ChannelState(AOS_COUNT_MODULUS))
        arrival = state.arrived(frame.count, octets)
        if not arrival.is_new:
            return []
        if not arrival.is_late:
            self.ocf = frame.ocf
        return [Delivery(frame.channel, unit) for unit in self._units(frame, content, state)]

    def _units(self, frame: AosFrame, content: MPdu, state: ChannelState) -> list[bytes]:
        if frame.channel in self.managed.access:
            return [frame.data]
        if frame.channel == IDLE_CHANNEL or content.first_header == ONLY_IDLE:
            self.idle += 1
            state.idle_frames += 1
            return []
        return state.packets(content.zone, None if content.first_header == NO_HEADER else content.first_header)
