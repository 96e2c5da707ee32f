"""Packets up: FOP-1 delivers commands in order and once (CCSDS 232.1-B-2), file data go beside it; CLTUs come out.

FOP-1's AD service is opened as soon as the node is heard, at the number that its FARM-1 reports, and again
after an alert. A request that FOP-1 gives up is withdrawn down to the port, reported, and never resent: the operator
decides. At most as many commands are on their way at a time as the node can report on.
"""

from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

from ground.errors import BusyError
from ground.station.outbox import Outbox
from kernels.usage import UsageError
from link.coding.cltu import encode_cltu
from link.cop1.farm import MODULUS
from link.cop1.fop import Fop
from link.cop1.fop_events import FopAlert, FopAnswer, FopDirective, FopState, Response, Transfer
from link.frames.clcw import Clcw
from link.frames.tc import TC_HEADER_SIZE, FrameType, TcFrame
from link.managed import FECF_OCTETS, Managed
from link.pus.packets import RequestId

QUEUE_MAX = 100
FILE_PACKETS_MAX, FILE_PACKETS_AHEAD = 1000, 4
UNVERIFIED_MAX = 8
"""Most commands sent but not verified yet: each causes several reports, and the node's queue for them is bounded."""
_TRANSMISSIONS_MAX = 10
_BACK_OFF_MAX = 3  # most doublings of the time before the service is opened again
_MS = 1_000_000
_UNLOCKED = FopAnswer(FopDirective.INITIATE_UNLOCK, Response.CONFIRMED)
_REQUEST_OCTETS = 4  # first octets of a packet, by which verification reports name its request


class Released(NamedTuple):
    """The request's frame has left; also reported for each repetition."""

    request: RequestId


class Delivered(NamedTuple):
    """The node's FARM has accepted the request's frame."""

    request: RequestId


class Undelivered(NamedTuple):
    """The request was given up, and why; `sent`: its frame was sent, so it may have arrived."""

    request: RequestId
    reason: str
    sent: bool


UplinkNotice = Released | Delivered | Undelivered


class Uplink:
    """Sends one packet per frame. Times are monotonic ns. Counts `frames` sent, with repetitions, and
    `file_packets_dropped`.

    `has_sent`: an earlier run of the service has sent frames, which the node may have accepted since its last CLCW.
    """

    def __init__(self, managed: Managed, round_trip_ms: int, *, has_sent: bool = False) -> None:
        self.frames = self.file_packets_dropped = 0
        self.packet_octets_max = managed.tc_frame_octets_max - TC_HEADER_SIZE - FECF_OCTETS * managed.tc_fecf
        self._managed, self._round_trip_ns = managed, round_trip_ms * _MS
        self._fop = Fop(managed, t1_ms=round_trip_ms, transmission_limit=_TRANSMISSIONS_MAX)
        self._outbox = Outbox()
        self._clcw: Clcw | None = None
        self._opens_ns = self._opened_ns = self._alerts = 0
        self._has_sent, self._knows_numbers = has_sent, not has_sent  # AD frames; we know all their numbers
        self._number: int | None = None  # for Set V(R) once the FARM is unlocked
        self._moved_ns = 0  # when the port last took or sent octets, or was idle
        self._queue: deque[tuple[RequestId, bytes]] = deque()
        self._sent: set[RequestId] = set()
        self._withdrawn = False
        self._unverified: dict[RequestId, int | None] = {}  # end of the wait for verification; None: not delivered
        self._file_packets: deque[bytes] = deque()
        self._notices: list[UplinkNotice] = []

    @property
    def state(self) -> str:
        """FOP-1's state: `initial` is closed, `active` open, `retransmit` open with frames to repeat."""
        return self._fop.state.name.lower().replace("_bc", " with BC frame").replace("_", " ")

    @property
    def octets(self) -> int:
        """How many octets the port has taken."""
        return self._outbox.octets

    @property
    def notices_dropped(self) -> int:
        """How many notices FOP-1 dropped because they were not drained in time."""
        return self._fop.notices_dropped

    @property
    def deadline_ns(self) -> int | None:
        """Monotonic time at which `step` must be called next; None if only input can make work."""
        due = [self._opens_ns] if self._may_open else []
        if self._outbox.busy:
            due.append(self._moved_ns + self._stall_ns)
        if not self._outbox.delays_answers and self._fop.deadline_ns is not None:
            due.append(self._fop.deadline_ns)
        if self._queue:
            due += [ns for ns in self._unverified.values() if ns is not None]
        return min(due, default=None)

    @property
    def output(self) -> bytes:
        """The octets to write to the port next; `wrote` reports how many it took."""
        return self._outbox.output

    @property
    def busy(self) -> bool:
        """Whether octets to be sent have not left the port yet."""
        return self._outbox.busy

    def send(self, packet: bytes, request: RequestId) -> None:
        """Queue a command's packet. Raises BusyError, or ValueError for a packet too long for one frame."""
        self.send_all([(packet, request)])

    def send_all(self, commands: Sequence[tuple[bytes, RequestId]]) -> None:
        """Queue commands, each with its packet: all, or none of them. Raises as `send` does."""
        if not self._managed.ocf:
            raise UsageError("the node sends no CLCW (ocf = false), without which no command can be sent")
        octets = max(len(packet) for packet, _ in commands)
        if octets > self.packet_octets_max:
            raise ValueError(f"the command takes {octets} octets, a frame holds {self.packet_octets_max}")
        if len(self._queue) + len(commands) > QUEUE_MAX:
            raise BusyError(f"{QUEUE_MAX} commands wait for the link already")
        self._queue += ((request, packet) for packet, request in commands)

    @property
    def file_room(self) -> int:
        """How many packets `send_beside` should get now: what waits here is overtaken by nothing."""
        return max(0, FILE_PACKETS_AHEAD - len(self._file_packets))

    def send_beside(self, packet: bytes) -> None:
        """Queue a packet for a BD frame; CFDP repeats it if it is lost. Of too many packets the oldest is dropped."""
        self._file_packets.append(packet)
        if len(self._file_packets) > FILE_PACKETS_MAX:
            self._file_packets.popleft()
            self.file_packets_dropped += 1

    def accept(self, clcw: Clcw, now_ns: int) -> None:
        """Take a CLCW of the node."""
        if clcw.channel == self._managed.tc_channel:
            self._clcw = clcw
            self._fop.accept(clcw, now_ns)
            self._note(now_ns)

    def verified(self, request: RequestId, now_ns: int) -> None:
        """Note that a verification report for the request came: another command may be sent.

        Reports come in order, so those about earlier requests have come or are lost. The CLCW in the report's frame is
        no older than the report. If it does not acknowledge the request, the FARM was reset to another number: sending
        the frame again would execute the request again.
        """
        self._give_up(request, "the node's receiver began anew", now_ns)
        if request in self._unverified:
            requests = list(self._unverified)
            for one in requests[: requests.index(request) + 1]:
                del self._unverified[one]

    def withdraw(self, request: RequestId, now_ns: int) -> None:
        """Stop sending a request that has timed out, and with it all other frames that FOP-1 holds."""
        self._queue = deque(entry for entry in self._queue if entry[0] != request)
        self._unverified.pop(request, None)
        self._give_up(request, "given up together with an older command", now_ns)

    def close(self, now_ns: int, reason: str) -> None:
        """Give up everything that waits or is being sent, so that no old command is executed much later."""
        self._clcw, self._alerts = None, 0
        self._fop.directive(FopDirective.TERMINATE, now_ns)
        for frame in self._fop.asked:  # BD frames (file data), which no directive removes
            self._fop.accepted(frame, now_ns)
        self._note(now_ns, reason)
        self._notices += [Undelivered(request, f"{reason}; it was not sent", sent=False) for request, _ in self._queue]
        self._queue.clear()
        self._unverified.clear()
        self.file_packets_dropped += len(self._file_packets)
        self._file_packets.clear()

    def step(self, now_ns: int) -> None:
        """Do what is due, and make `output`."""
        self._open(now_ns)
        if not self._outbox.busy:
            self._moved_ns = now_ns
        elif now_ns - self._moved_ns >= self._stall_ns:
            self.close(now_ns, "the port takes nothing")
            self._moved_ns = now_ns
        if not self._outbox.delays_answers:
            self._fop.step(now_ns)
        self._fill(now_ns)

    def wrote(self, count: int, held: int, now_ns: int) -> None:
        """Note that the port took `count` octets of `output`, and that `held` octets are still in its buffers."""
        if count or held != self._outbox.held:
            self._moved_ns = now_ns
        for frame in self._outbox.wrote(count):
            self.frames += 1
            self._mark_sent(frame)
            self._fop.accepted(frame, now_ns)
        for frame in self._outbox.left(held):
            if frame.type is FrameType.AD:
                self._notices.append(Released(_request(frame)))
            if frame.type is not FrameType.BD:
                self._fop.left(now_ns)
        self._fill(now_ns)

    def pop_withdrawal(self) -> bool:
        """Whether, since the last call, frames were given up that the port had taken: its buffers must be cleared."""
        taken, self._withdrawn = self._withdrawn, False
        return taken

    def emptied(self) -> None:
        """Note that the port's buffers were cleared."""
        self._outbox.emptied()

    def drain_notices(self) -> list[UplinkNotice]:
        """What became of requests since the last call, in order."""
        taken, self._notices = self._notices, []
        return taken

    @property
    def _stall_ns(self) -> int:
        """How long the port may take no octets: as long as FOP-1 would repeat a frame."""
        return _TRANSMISSIONS_MAX * self._round_trip_ns

    @property
    def _may_open(self) -> bool:
        return self._fop.state is FopState.INITIAL and self._clcw is not None

    def _open(self, now_ns: int) -> None:
        """Begin AD service at the FARM's number; after an alert, only when no CLCW from before it can arrive any more.

        Once frames were sent, Set V(R) gives the FARM our next number: an old frame may still arrive and be accepted as
        a new one of the same number, and a CLCW may be older than the last accepted frames. A FARM in lockout ignores
        Set V(R) (E8 of table 6-1), and Unlock leaves V(R) as it was: there Set V(R) follows a confirmed Unlock. A flag
        set while no frame is on its way would end the service at once: Unlock clears all flags.
        """
        if not self._may_open or self._clcw is None or now_ns < self._opens_ns:
            return
        self._opened_ns, clcw = now_ns, self._clcw
        if self._has_sent and self._number is None:
            self._number = self._unused_number(clcw)
        if self._has_sent and not clcw.lockout:
            self._set_number(now_ns)
            return
        marred = clcw.lockout or clcw.retransmit or clcw.wait
        self._fop.directive(FopDirective.SET_VS, now_ns, clcw.report)
        self._fop.directive(FopDirective.INITIATE_UNLOCK if marred else FopDirective.INITIATE, now_ns)

    def _set_number(self, now_ns: int) -> None:
        assert self._number is not None
        self._fop.directive(FopDirective.INITIATE_SET_VR, now_ns, self._number)
        self._knows_numbers, self._number = True, None

    def _unused_number(self, clcw: Clcw) -> int:
        """A number that no frame on its way has; the numbers of frames given up are then in the negative part of the
        window, so that the FARM discards them if they still arrive.
        """
        return self._fop.vs if self._knows_numbers else (clcw.report + self._managed.farm_window // 2) % MODULUS

    def _fill(self, now_ns: int) -> None:
        """Queue the frames that FOP-1 wants sent, and give it the next packets as it has room."""
        self._unverified = {one: ns for one, ns in self._unverified.items() if ns is None or ns > now_ns}
        if self._queue and self._fop.ready and len(self._unverified) < UNVERIFIED_MAX:
            request, packet = self._queue.popleft()
            self._unverified[request] = None
            self._fop.send(packet, now_ns, request)
        if self._file_packets and all(frame.type is not FrameType.BD for frame in self._fop.asked):
            self._fop.send_expedited(self._file_packets.popleft(), now_ns)
        for frame in self._fop.asked:
            if not self._outbox.holds(frame):
                self._outbox.accept(frame, self._cltu(frame))
        self._note(now_ns)

    def _give_up(self, request: RequestId, reason: str, now_ns: int) -> None:
        """End FOP-1's service if it holds the request: frames go in order, so none can be left out."""
        if self._fop.holds(request):
            self._fop.directive(FopDirective.TERMINATE, now_ns)
            self._note(now_ns, reason)

    def _cltu(self, frame: TcFrame) -> bytes:
        return encode_cltu(frame.encode(fecf=self._managed.tc_fecf), randomise=self._managed.cltu_randomise)

    def _mark_sent(self, frame: TcFrame) -> None:
        if frame.type is FrameType.AD:
            self._sent.add(_request(frame))
            self._has_sent = True

    def _note(self, now_ns: int, reason: str = "") -> None:
        """Process FOP-1's notices. Requests that it gave up fail for its alert, or for `reason` where we ended it."""
        asked = {id(frame) for frame in self._fop.asked}
        for frame in self._outbox.withdraw(lambda frame: id(frame) in asked):
            self._mark_sent(frame)
        notices = self._fop.drain_notices()
        for alert in (notice for notice in notices if isinstance(notice, FopAlert)):
            self._shut(now_ns)
            reason = reason if alert.code.name == "TERM" else alert.code.value
        if self._number is not None and _UNLOCKED in notices:
            self._fop.directive(FopDirective.TERMINATE, now_ns)  # it holds no frame yet
            self._fop.drain_notices()
            self._set_number(now_ns)
        for notice in notices:
            if isinstance(notice, Transfer) and isinstance(notice.tag, RequestId):
                self._fate(notice.tag, notice.response, reason, now_ns)

    def _shut(self, now_ns: int) -> None:
        """FOP-1 has ended its service: open it again after a round trip, or later if it repeatedly ends soon."""
        lasted = now_ns - self._opened_ns > self._stall_ns
        self._alerts = 0 if lasted else min(self._alerts + 1, _BACK_OFF_MAX)
        self._opens_ns = now_ns + (self._round_trip_ns << max(0, self._alerts - 1))

    def _fate(self, request: RequestId, response: Response, reason: str, now_ns: int) -> None:
        if response is Response.ACCEPTED:
            return
        sent = request in self._sent
        self._sent.discard(request)
        if response is Response.CONFIRMED:
            self._alerts = 0
            if request in self._unverified:
                self._unverified[request] = now_ns + self._stall_ns
            self._notices.append(Delivered(request))
            return
        self._unverified.pop(request, None)
        self._withdrawn |= sent
        fate = "it may have arrived all the same" if sent else "it was not sent"
        self._notices.append(Undelivered(request, f"{reason}; {fate}", sent))


def _request(frame: TcFrame) -> RequestId:
    return RequestId.of(int.from_bytes(frame.data[:_REQUEST_OCTETS]))
