"""What the two ends of a CFDP transaction have in common: timers that stand still together, faults and their handlers
(CCSDS 727.0-B-5 §4.8), suspension (§4.11.3) and the outage of the link (§4.12).
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from enum import Enum

from link.cfdp.countdown import Countdown
from link.cfdp.indications import Abandoned, Fault, Indication, Resumed, Suspended
from link.cfdp.pdus.codes import Condition, Handler
from link.cfdp.pdus.directives import Finished
from link.cfdp.pdus.header import Header
from link.cfdp.pdus.pdu import Body, encode_pdu
from link.cfdp.pdus.tlv import FaultHandlerOverride, Tlv
from link.cfdp.settings import Settings


class Pause(Enum):
    """Why a transaction stands still."""

    SUSPENDED = "suspended"
    FROZEN = "frozen"


class Transaction(ABC):
    """One end. It is `closed` when nothing is left to say; what comes later is answered by its entity.

    `unsaid` is the outcome that the other end, as far as is known, has not heard of.
    """

    def __init__(self, header: Header, settings: Settings, tell: Callable[[Indication], None]) -> None:
        self.id = header.transaction
        self.header = header
        self.closed = False
        self.unsaid: Finished | None = None
        self.condition = Condition.NO_ERROR
        self.handlers = dict(settings.handlers)
        self.settings = settings
        self.ack = Countdown(settings.ack_ms, settings.ack_limit)
        self.check = Countdown(settings.check_ms, settings.check_limit)
        self.inactivity = Countdown(settings.inactivity_ms)
        self._tell = tell
        self._pauses: set[Pause] = set()

    @property
    @abstractmethod
    def progress(self) -> int:
        """Octets of the file sent or received so far."""

    @property
    def timers(self) -> tuple[Countdown, ...]:
        """All that can expire."""
        return self.ack, self.check, self.inactivity

    @property
    def paused(self) -> bool:
        """Whether it is suspended, or frozen with its entity."""
        return bool(self._pauses)

    @property
    def deadline_ns(self) -> int | None:
        """When `step` has something to do at the latest."""
        return min((timer.deadline_ns for timer in self.timers if timer.deadline_ns is not None), default=None)

    def pause(self, why: Pause, now_ns: int) -> None:
        """Stand still: no timer runs, nothing is sent but answers."""
        self._pauses.add(why)
        for timer in self.timers:
            timer.pause(now_ns)

    def unpause(self, why: Pause, now_ns: int) -> None:
        """Go on, unless there is another reason to stand still."""
        self._pauses.discard(why)
        if not self._pauses:
            for timer in self.timers:
                timer.resume(now_ns)

    def suspend(self, now_ns: int, condition: Condition = Condition.SUSPENDED) -> None:
        """Pause this transaction alone (§4.11.3.2); no matter if it is suspended already."""
        if not self.closed and Pause.SUSPENDED not in self._pauses:
            self.pause(Pause.SUSPENDED, now_ns)
            self._tell(Suspended(self.id, condition))

    def resume(self, now_ns: int) -> None:
        """End a suspension; no matter if there is none."""
        if Pause.SUSPENDED in self._pauses:
            self.unpause(Pause.SUSPENDED, now_ns)
            self._tell(Resumed(self.id, self.progress))

    @abstractmethod
    def cancel(self, condition: Condition, now_ns: int) -> None:
        """End the transaction and tell the other end why."""

    def abandon(self, condition: Condition) -> None:
        """End the transaction without a word to the other end."""
        self._tell(Abandoned(self.id, condition, self.progress))
        self.unsaid = None
        self.close()

    def displace(self) -> None:
        """Give way to another one. What was settled stays so; what was not is abandoned."""
        if self.unsaid:
            self.close()
        else:
            self.abandon(Condition.INACTIVITY)

    def may_hold(self, body: Body) -> bool:  # noqa: ARG002  # a sender knows its own numbers
        """Whether `body`, which came under its number, can be of this transaction."""
        return True

    def close(self) -> None:
        """Nothing is left to say."""
        self.closed = True
        for timer in self.timers:
            timer.stop()

    def fault(self, condition: Condition, now_ns: int) -> Handler:
        """Apply the handler for this fault (§4.8.1); returns which one."""
        handler = self.handlers.get(condition, Handler.CANCEL)
        self._tell(Fault(self.id, condition, self.progress, handler))
        match handler:
            case Handler.CANCEL:
                self.cancel(condition, now_ns)
            case Handler.SUSPEND:
                self.suspend(now_ns, condition)
            case Handler.ABANDON:
                self.abandon(condition)
        return handler

    def _reject(self, now_ns: int) -> None:
        """The file store failed, which no handler can ignore."""
        if self.fault(Condition.FILESTORE_REJECTION, now_ns) is Handler.IGNORE:
            self.cancel(Condition.FILESTORE_REJECTION, now_ns)

    def _override(self, options: tuple[Tlv, ...]) -> None:
        """Handlers that the Metadata PDU names hold for this transaction (§4.8.1.3)."""
        self.handlers |= {part.condition: part.handler for part in options if isinstance(part, FaultHandlerOverride)}

    def _pdu(self, body: Body) -> bytes:
        return encode_pdu(self.header, body)
