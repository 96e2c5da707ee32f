"""Packets up: FOP-1 delivers commands in order and once (CCSDS 232.1-B-2), file data go beside it; CLTUs come out.

The service that FOP-1 gives is opened as soon as the node is heard, at the number that its FARM reports, and again
after an alert. What it gives up is withdrawn down to the port, told, and never sent by itself again: the operator
decides. No more commands are on their way at a time than the node can answer for.
"""

from collections import deque
from typing import NamedTuple

from ground.errors import BusyError
from ground.station.outbox import Outbox
from kernels.usage import UsageError
from link.coding.cltu import encode_cltu
from link.cop1.farm import MODULUS
from link.cop1.fop import Fop
from link.cop1.fop_events import FopAlert, FopDirective, FopState, Response, Transfer
from link.frames.clcw import Clcw
from link.frames.tc import TC_HEADER_SIZE, FrameType, TcFrame
from link.managed import FECF_OCTETS, Managed
from link.pus.packets import RequestId

QUEUE_MAX = 100
FILE_PACKETS_MAX = 1000
UNVERIFIED_MAX = 8
"""Commands on their way that the node has not spoken of yet; each costs it some reports, which it holds in a queue."""
_TRANSMISSIONS_MAX = 10
_BACK_OFF_MAX = 3  # doublings of the time before the service is opened again
_MS = 1_000_000
_REQUEST_OCTETS = 4  # of a request's packet: what verification reports name it by


class Released(NamedTuple):
    """The request's frame has left; repetitions are told too."""

    request: RequestId


class Delivered(NamedTuple):
    """The node's FARM has accepted the request's frame."""

    request: RequestId


class Undelivered(NamedTuple):
    """The request was given up, and why; `sent` if it may have arrived all the same."""

    request: RequestId
    reason: str
    sent: bool


UplinkNotice = Released | Delivered | Undelivered


class Uplink:
    """One packet a frame. Times are monotonic ns. Counts `frames` sent, repetitions too, and `file_packets_dropped`.

    `has_sent`: frames of an earlier service may have been accepted of late.
    """

    def __init__(self, managed: Managed, round_trip_ms: int, *, has_sent: bool = False) -> None:
        self.frames = self.file_packets_dropped = 0
        self.packet_octets_max = managed.tc_frame_octets_max - TC_HEADER_SIZE - FECF_OCTETS * managed.tc_fecf
        self._managed, self._round_trip_ns = managed, round_trip_ms * _MS
        self._fop = Fop(managed, t1_ms=round_trip_ms, transmission_limit=_TRANSMISSIONS_MAX)
        self._outbox = Outbox()
        self._clcw: Clcw | None = None
        self._opens_ns = self._opened_ns = self._alerts = 0
        self._has_sent, self._knows_numbers = has_sent, not has_sent  # of AD frames, and whether of all of them
        self._moved_ns = 0  # when the port last took or sent something, or had nothing to take
        self._queue: deque[tuple[RequestId, bytes]] = deque()
        self._sent: set[RequestId] = set()
        self._withdrawn = False
        self._unverified: dict[RequestId, int | None] = {}  # until when the node's word is waited for, once delivered
        self._file_packets: deque[bytes] = deque()
        self._notices: list[UplinkNotice] = []

    @property
    def state(self) -> str:
        """Of FOP-1: `initial` is closed, `active` open, `retransmit` open with something to repeat."""
        return self._fop.state.name.lower().replace("_", " ")

    @property
    def octets(self) -> int:
        """That the port has taken."""
        return self._outbox.octets

    @property
    def notices_dropped(self) -> int:
        """Of FOP-1, which nobody fetched in time."""
        return self._fop.notices_dropped

    @property
    def deadline_ns(self) -> int | None:
        """When `step` has something to do at the latest."""
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
        """What the port shall take next; `wrote` says how much it took."""
        return self._outbox.output

    @property
    def busy(self) -> bool:
        """Whether something has not left yet."""
        return self._outbox.busy

    def send(self, packet: bytes, request: RequestId) -> None:
        """Queue a command's packet. Raises BusyError, or ValueError for one that no frame holds."""
        if not self._managed.ocf:
            raise UsageError("the node sends no CLCW (ocf = false), without which no command can be sent")
        if len(packet) > self.packet_octets_max:
            raise ValueError(f"the command takes {len(packet)} octets, a frame holds {self.packet_octets_max}")
        if len(self._queue) >= QUEUE_MAX:
            raise BusyError(f"{QUEUE_MAX} commands wait for the link already")
        self._queue.append((request, packet))

    def send_beside(self, packet: bytes) -> None:
        """Queue a packet that brings its own reliability; of too many the oldest is dropped."""
        self._file_packets.append(packet)
        if len(self._file_packets) > FILE_PACKETS_MAX:
            self._file_packets.popleft()
            self.file_packets_dropped += 1

    def on_clcw(self, clcw: Clcw, now_ns: int) -> None:
        """Take the node's report."""
        if clcw.channel == self._managed.tc_channel:
            self._clcw = clcw
            self._fop.on_clcw(clcw, now_ns)
            self._note(now_ns)

    def verified(self, request: RequestId, now_ns: int) -> None:
        """The node has spoken of the request: another may go.

        Reports come in order, so what it had to say about those before is here or lost. The CLCW beside the report is
        no older than it. Where that does not acknowledge the request, the FARM has begun anew with another number: to
        send the frame again would be to have it executed again.
        """
        self._give_up(request, "the node's receiver began anew", now_ns)
        if request in self._unverified:
            requests = list(self._unverified)
            for one in requests[: requests.index(request) + 1]:
                del self._unverified[one]

    def withdraw(self, request: RequestId, now_ns: int) -> None:
        """Nobody waits for the request any more: nothing more of it is sent, nor of what FOP-1 has beside it."""
        self._queue = deque(entry for entry in self._queue if entry[0] != request)
        self._unverified.pop(request, None)
        self._give_up(request, "given up together with an older command", now_ns)

    def close(self, now_ns: int, reason: str) -> None:
        """Give up everything that is under way, so that nothing old is executed much later."""
        self._clcw, self._alerts = None, 0
        self._fop.directive(FopDirective.TERMINATE, now_ns)
        for frame in self._fop.asked:  # file data, which no directive ends
            self._fop.taken(frame, now_ns)
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
        """The port has taken `count` octets of `output`, and holds `held` of all that it took."""
        if count or held != self._outbox.held:
            self._moved_ns = now_ns
        for frame in self._outbox.wrote(count):
            self.frames += 1
            self._mark_sent(frame)
            self._fop.taken(frame, now_ns)
        for frame in self._outbox.left(held):
            if frame.type is FrameType.AD:
                self._notices.append(Released(_request(frame)))
            if frame.type is not FrameType.BD:
                self._fop.left(now_ns)
        self._fill(now_ns)

    def pop_withdrawal(self) -> bool:
        """Whether, since the last call, something was given up that the port had taken: it shall forget it."""
        taken, self._withdrawn = self._withdrawn, False
        return taken

    def emptied(self) -> None:
        """The port holds nothing any more."""
        self._outbox.emptied()

    def drain_notices(self) -> list[UplinkNotice]:
        """How requests fared since the last call, in order."""
        taken, self._notices = self._notices, []
        return taken

    @property
    def _stall_ns(self) -> int:
        """How long the port may take nothing: as long as FOP-1 would try."""
        return _TRANSMISSIONS_MAX * self._round_trip_ns

    @property
    def _may_open(self) -> bool:
        return self._fop.state is FopState.INITIAL and self._clcw is not None

    def _open(self, now_ns: int) -> None:
        """Begin AD service where the FARM is; after an alert only once reports from before it cannot come any more.

        Once frames were sent the FARM is told where we go on: one of them may still come, and be accepted in place of a
        new one with its number; and a report may be older than the last frames that were accepted. The FARM in lockout
        is not told. A flag that stands although nothing is on its way would end the service at once: UNLOCK clears all.
        """
        if not self._may_open or self._clcw is None or now_ns < self._opens_ns:
            return
        self._opened_ns, clcw = now_ns, self._clcw
        if self._has_sent and not clcw.lockout:
            self._fop.directive(FopDirective.INITIATE_SET_VR, now_ns, self._unused_number(clcw))
            self._knows_numbers = True
            return
        marred = clcw.lockout or clcw.retransmit or clcw.wait
        self._fop.directive(FopDirective.SET_VS, now_ns, clcw.report)
        self._fop.directive(FopDirective.INITIATE_UNLOCK if marred else FopDirective.INITIATE, now_ns)

    def _unused_number(self, clcw: Clcw) -> int:
        """A number that no frame on its way has; those of frames that were given up are in the negative part of the
        window then, so that the FARM discards what of them is still to come.
        """
        return self._fop.vs if self._knows_numbers else (clcw.report + self._managed.farm_window // 2) % MODULUS

    def _fill(self, now_ns: int) -> None:
        """Take the frames that FOP-1 asks for, and give it the next packets as it has room."""
        self._unverified = {one: ns for one, ns in self._unverified.items() if ns is None or ns > now_ns}
        if self._queue and self._fop.ready and len(self._unverified) < UNVERIFIED_MAX:
            request, packet = self._queue.popleft()
            self._unverified[request] = None
            self._fop.send(packet, now_ns, request)
        if self._file_packets and all(frame.type is not FrameType.BD for frame in self._fop.asked):
            self._fop.send_expedited(self._file_packets.popleft(), now_ns)
        for frame in self._fop.asked:
            if not self._outbox.holds(frame):
                self._outbox.offer(frame, self._cltu(frame))
        self._note(now_ns)

    def _give_up(self, request: RequestId, reason: str, now_ns: int) -> None:
        """End FOP-1's service where it has the request: frames can only go in order."""
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
        """What FOP-1 has to say. What it gave up it did for the alert that it raised, or for our own `reason`."""
        asked = {id(frame) for frame in self._fop.asked}
        for frame in self._outbox.withdraw(lambda frame: id(frame) in asked):
            self._mark_sent(frame)
        notices = self._fop.drain_notices()
        for alert in (notice for notice in notices if isinstance(notice, FopAlert)):
            self._shut(now_ns)
            reason = reason if alert.code.name == "TERM" else alert.code.value
        for notice in notices:
            if isinstance(notice, Transfer) and isinstance(notice.tag, RequestId):
                self._fate(notice.tag, notice.response, reason, now_ns)

    def _shut(self, now_ns: int) -> None:
        """FOP-1 has ended its service: open it again after a round trip, later if it never lasts."""
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
