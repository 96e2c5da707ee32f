"""Packets up: FOP-1 delivers commands in order and once (CCSDS 232.1-B-2), file data go beside it; CLTUs come out.

The service that FOP-1 gives is opened as soon as the node is heard, at the number that its FARM reports, and again
after an alert. What it gives up is told and never sent by itself again: the operator decides.
"""

from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

from ground.errors import BusyError
from hal.usage import UsageError
from link.clcw import Clcw
from link.cltu import encode_cltu
from link.cop1.fop import Fop
from link.cop1.fop_events import Alert, Directive, Response, State, Transfer
from link.managed import FECF_OCTETS, Managed
from link.pus.packets import RequestId
from link.tc_frame import HEADER_SIZE, FrameType, TcFrame

QUEUE_MAX = 100
FILE_PACKETS_MAX = 1000
_MS = 1_000_000
_REQUEST_OCTETS = 4  # of a request's packet: what verification reports name it by


class Released(NamedTuple):
    """The request's frame was handed to the port; repetitions are told too."""

    request: RequestId


class Delivered(NamedTuple):
    """The node's FARM has accepted the request's frame."""

    request: RequestId


class Undelivered(NamedTuple):
    """The request was given up; why."""

    request: RequestId
    reason: str


Notice = Released | Delivered | Undelivered


class Uplink:
    """One packet a frame. Counts `frames` and `octets` sent, repetitions included. Times are monotonic ns."""

    def __init__(self, managed: Managed, round_trip_ms: int) -> None:
        self.frames = self.octets = 0
        self.packet_octets_max = managed.tc_frame_octets_max - HEADER_SIZE - FECF_OCTETS * managed.tc_fecf
        self._managed, self._round_trip_ns = managed, round_trip_ms * _MS
        self._fop = Fop(managed, t1_ms=round_trip_ms)
        self._clcw: Clcw | None = None
        self._opens_ns = 0
        self._queue: deque[tuple[RequestId, bytes]] = deque()
        self._file_packets: deque[bytes] = deque(maxlen=FILE_PACKETS_MAX)
        self._notices: list[Notice] = []

    @property
    def state(self) -> str:
        """Of FOP-1: `initial` is closed, `active` open, `retransmit` open with something to repeat."""
        return self._fop.state.name.lower().replace("_", " ")

    @property
    def deadline_ns(self) -> int | None:
        """When `output` has something to do at the latest."""
        opens = [self._opens_ns] if self._may_open else []
        return min([*opens, *([self._fop.deadline_ns] if self._fop.deadline_ns is not None else [])], default=None)

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

    def on_clcw(self, clcw: Clcw, now_ns: int) -> None:
        """Take the node's report."""
        if clcw.channel == self._managed.tc_channel:
            self._clcw = clcw
            self._fop.on_clcw(clcw, now_ns)
            self._note(now_ns, "given up")

    def close(self, now_ns: int, reason: str) -> None:
        """The node is not heard any more: give up what is under way, so that nothing old is executed much later."""
        self._clcw = None
        self._fop.directive(Directive.TERMINATE, now_ns)
        self._note(now_ns, reason)
        self._notices += [Undelivered(request, reason) for request, _ in self._queue]
        self._queue.clear()
        self._file_packets.clear()

    def output(self, now_ns: int) -> bytes:
        """The CLTUs that are to be sent now."""
        self._open(now_ns)
        self._fop.step(now_ns)
        cltus = [self._cltu(frame) for frame in self._frames(now_ns)]
        self._note(now_ns, "given up")
        self.frames += len(cltus)
        self.octets += sum(map(len, cltus))
        return b"".join(cltus)

    def take_notices(self) -> list[Notice]:
        """How requests fared since the last call, in order."""
        taken, self._notices = self._notices, []
        return taken

    @property
    def _may_open(self) -> bool:
        return self._fop.state is State.INITIAL and self._clcw is not None

    def _open(self, now_ns: int) -> None:
        """Begin AD service where the FARM is; after an alert only once reports from before it cannot come any more."""
        if not self._may_open or self._clcw is None or now_ns < self._opens_ns:
            return
        self._fop.directive(Directive.SET_VS, now_ns, self._clcw.report)
        self._fop.directive(Directive.INITIATE_UNLOCK if self._clcw.lockout else Directive.INITIATE, now_ns)

    def _frames(self, now_ns: int) -> Iterator[TcFrame]:
        """Frames as fast as FOP-1 gives them: it takes one packet of each kind at a time."""
        while True:
            yield from self._fop.take_frames(now_ns)
            if self._queue and self._fop.ready:
                request, packet = self._queue.popleft()
                self._fop.send(packet, now_ns, request)
            elif self._file_packets:
                self._fop.send_expedited(self._file_packets.popleft(), now_ns)
            else:
                return

    def _cltu(self, frame: TcFrame) -> bytes:
        if frame.type is FrameType.AD:
            self._notices.append(Released(RequestId.of(int.from_bytes(frame.data[:_REQUEST_OCTETS]))))
        return encode_cltu(frame.encode(fecf=self._managed.tc_fecf), randomise=self._managed.cltu_randomise)

    def _note(self, now_ns: int, reason: str) -> None:
        """What FOP-1 has to say; an alert is why it gave up what it gave up."""
        notices = self._fop.take_notices()
        for alert in (notice for notice in notices if isinstance(notice, Alert)):
            self._opens_ns = now_ns + self._round_trip_ns
            reason = reason if alert.code.name == "TERM" else alert.code.value
        for notice in notices:
            if isinstance(notice, Transfer) and isinstance(notice.tag, RequestId):
                self._notices += self._fate(notice.tag, notice.response, reason)

    @staticmethod
    def _fate(request: RequestId, response: Response, reason: str) -> list[Notice]:
        if response is Response.ACCEPTED:
            return []
        match response:
            case Response.CONFIRMED:
                return [Delivered(request)]
            case Response.FAILED:
                return [Undelivered(request, f"{reason}; it may have arrived all the same")]
        return [Undelivered(request, f"{reason}; it was not sent")]
