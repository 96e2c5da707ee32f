"""The node's end of the link: octets up to telecommand packets, packets down to octets at the rate of the wire.

Up (CCSDS 231.0, 232.0, 232.1): CLTU -> TC frame -> FARM-1 -> packets. Down (132.0, 131.0): packets -> TM frame with the
CLCW -> Reed-Solomon, randomiser, sync marker. The next unit is made only when the one before is nearly through the
wire, so that more important packets overtake earlier ones; nothing queues in the port.
"""

from collections.abc import Callable

from hal.clock import Clock
from hal.port import Port
from link.channels.tm_sender import TmSender
from link.coding.cltu import TAIL, CltuReader
from link.coding.tm_encoder import ASM_OCTETS, TmEncoder
from link.cop1 import Farm, Verdict
from link.errors import DecodeError
from link.frames.tc import TcFrame
from link.frames.tc_segment import split_packets
from link.managed import Managed
from link.pus.packets import TC_OVERHEAD

_BITS_PER_OCTET = 10  # 8N1
READ_OCTETS = 4096
_ANSWERS = 4  # of a request: accepted, started, completed, and what it asked for
_NS = 1_000_000_000
_BEACON_NS = _NS  # with nothing else to send, one frame a second keeps the ground synchronised and its COP-1 informed
_LEAD_NS = 20_000_000  # how early the next unit is handed over: a loaded host may be late by as much


FarmReport = tuple[int, bool, bool, bool, int]
"""What a CLCW reports of a FARM."""


class NodeUplink:
    """Turns received octets into the packets of accepted frames, as many as the node has room to answer.

    When there is no room for the answers to another frame's requests, the FARM is told that it has no buffer:
    the ground sees its Wait flag and sends the frame again when the flag is gone (CCSDS 232.1-B-2 §6.1.3).

    Counts `accepted` frames, `discarded` ones (by the FARM), `rejected` ones (damaged, for another spacecraft or
    channel) and `bad_packets`.
    """

    def __init__(self, managed: Managed) -> None:
        self._managed = managed
        self.units = CltuReader(randomised=managed.cltu_randomise, frame_octets_max=managed.tc_frame_octets_max)
        self.farm = Farm(managed.farm_window)
        self.accepted = self.discarded = self.rejected = self.bad_packets = 0
        self._answers_room = 0
        self._clcw: tuple[FarmReport, int] | None = None

    @property
    def octets_skipped(self) -> int:
        """Octets between command units, the units' own tail sequences not counted."""
        return max(0, self.units.octets_skipped - len(TAIL) * self.units.units)

    def feed(self, octets: bytes, answers_room: int = 1 << 31) -> list[bytes]:
        """The packets that are complete now, in order; `answers_room`: how many answers have room."""
        self._answers_room = answers_room
        self._pace()
        if not octets:  # as nearly always; what is complete was returned before
            return []
        return [packet for unit in self.units.feed(octets) for packet in self._packets(unit)]

    @property
    def clcw_word(self) -> int:
        """The CLCW that reports the state of the FARM, as a 32-bit word."""
        farm = self.farm
        state = farm.vr, farm.lockout, farm.wait, farm.retransmit, farm.farm_b
        if self._clcw is None or self._clcw[0] != state:
            self._clcw = state, farm.clcw(self._managed.tc_channel).word
        return self._clcw[1]

    def _packets(self, unit: bytes) -> list[bytes]:
        try:
            frame = TcFrame.decode(unit, fecf=self._managed.tc_fecf)
        except DecodeError:
            self.rejected += 1
            return []
        if (frame.spacecraft_id, frame.channel) != (self._managed.spacecraft_id, self._managed.tc_channel):
            self.rejected += 1
            return []
        if self.farm.accept(frame) is not Verdict.ACCEPT:
            self.discarded += 1
            return []
        self.accepted += 1
        packets = [] if frame.control else self._split(frame.data)
        self._answers_room -= _ANSWERS * len(packets)
        self._pace()
        return packets

    def _pace(self) -> None:
        """Take another frame only if all the requests that it may hold can be answered."""
        requests_max = self._managed.tc_frame_octets_max // TC_OVERHEAD
        if self._answers_room >= _ANSWERS * requests_max:
            self.farm.release()
        else:
            self.farm.hold()

    def _split(self, data: bytes) -> list[bytes]:
        try:
            return split_packets(data)
        except DecodeError:
            self.bad_packets += 1
            return []


class NodeDownlink:
    """Turns packets into units on `port`, whose wire carries `bits_per_second`. One unit takes `unit_ns`.

    Until the monotonic time `quiet_until_ns` nothing is sent. Counts `units`; `sender` has the other counters.
    `on_frame` is told each frame, and the monotonic time at which its first bit leaves.
    """

    def __init__(self, clock: Clock, port: Port, managed: Managed, bits_per_second: int) -> None:
        self._clock, self._port = clock, port
        self.sender, self._encoder = TmSender(managed), TmEncoder(managed)
        self.unit_ns = (ASM_OCTETS + managed.tm_code_octets) * _BITS_PER_OCTET * _NS // bits_per_second
        self._lead_ns = min(_LEAD_NS, self.unit_ns)
        self._wire_free_ns = self._beacon_ns = clock.monotonic_ns()
        self.quiet_until_ns = 0
        self._unsent = b""
        self._told_clcw = -1
        self.units = 0
        self.on_frame: Callable[[bytes, int], None] | None = None

    @property
    def next_wake_ns(self) -> int:
        """The monotonic time at which `step` has something to do again, unless packets or a CLCW come before."""
        if self._unsent:  # the port reports when it has room again
            return self._clock.monotonic_ns() + _BEACON_NS
        return self._ready_ns if self.sender.waiting else max(self._beacon_ns, self._ready_ns)

    def step(self, clcw_word: int) -> bool:
        """Hand over one unit, if the wire is nearly free and there is something to send; returns whether there was.

        Raises PortClosed.
        """
        now_ns = self._clock.monotonic_ns()
        due = self.sender.waiting or clcw_word != self._told_clcw or now_ns >= self._beacon_ns
        begins = due and not self._unsent and now_ns >= self._ready_ns
        if begins:
            frame, leaves_ns = self.sender.next_frame(clcw_word), max(now_ns, self._wire_free_ns)
            self._unsent = self._encoder.encode(frame)
            self._told_clcw = clcw_word
            self._wire_free_ns = leaves_ns + self.unit_ns
            self._beacon_ns = now_ns + _BEACON_NS
            self.units += 1
            if self.on_frame:
                self.on_frame(frame, leaves_ns)
        if self._unsent:
            self._unsent = self._unsent[self._port.write(self._unsent) :]
        return begins

    @property
    def _ready_ns(self) -> int:
        return max(self._wire_free_ns - self._lead_ns, self.quiet_until_ns)


class Telecom:
    """Both directions over one port."""

    def __init__(self, clock: Clock, port: Port, managed: Managed, bits_per_second: int) -> None:
        self.port, self.uplink = port, NodeUplink(managed)
        self.downlink = NodeDownlink(clock, port, managed, bits_per_second)

    def receive(self, answers_room: int) -> list[bytes]:
        """The received telecommand packets, as many as can be answered; the rest of a flood waits for a later call.

        Raises PortClosed.
        """
        return self.uplink.feed(self.port.read(READ_OCTETS), answers_room)

    def transmit(self) -> bool:
        """Hand over what is due; returns whether a new frame was begun. Raises PortClosed."""
        return self.downlink.step(self.uplink.clcw_word)

    @property
    def next_wake_ns(self) -> int:
        """The monotonic time at which `transmit` or the port has something to do again."""
        port_ns, downlink_ns = self.port.next_wake_ns, self.downlink.next_wake_ns
        return downlink_ns if port_ns is None else min(port_ns, downlink_ns)
