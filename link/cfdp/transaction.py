"""Common part of the two ends of a CFDP transaction: timers that are suspended together, faults and their handlers
(CCSDS 727.0-B-5 §4.8), suspension (§4.11.3) and link outages (§4.12).
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from enum import Enum

from link.cfdp.countdown import Countdown
from link.cfdp.indications import Abandoned, FaultIndication, Indication, Resumed, Suspended
from link.cfdp.pdus.codes import ConditionCode, FaultHandler
from link.cfdp.pdus.directives import Finished
from link.cfdp.pdus.header import Header
from link.cfdp.pdus.pdu import Body, encode_pdu
from link.cfdp.pdus.tlv import FaultHandlerOverride, Tlv
from link.cfdp.settings import Settings


class Pause(Enum):
    """Reason why a transaction is paused."""

    SUSPENDED = "suspended"
    FROZEN = "frozen"


class Transaction(ABC):
    """One end of a transaction. When it is `closed`, no PDU is left to send, and its entity answers later PDUs.

    `unsaid` is the outcome, as long as the other end may not have received it.
    """

    def __init__(self, header: Header, settings: Settings, indicate: Callable[[Indication], None]) -> None:
        self.id = header.transaction
        self.header = header
        self.closed = False
        self.unsaid: Finished | None = None
        self.condition = ConditionCode.NO_ERROR
        self.handlers = dict(settings.handlers)
        self.settings = settings
        self.ack = Countdown(settings.ack_ms, settings.ack_limit)
        self.check = Countdown(settings.check_ms, settings.check_limit)
        self.inactivity = Countdown(settings.inactivity_ms)
        self._indicate = indicate
        self._pauses: set[Pause] = set()

    @property
    @abstractmethod
    def progress(self) -> int:
        """Octets of the file sent or received so far."""

    @property
    def timers(self) -> tuple[Countdown, ...]:
        """All timers of this end."""
        return self.ack, self.check, self.inactivity

    @property
    def paused(self) -> bool:
        """Whether it is suspended, or frozen with its entity."""
        return bool(self._pauses)

    @property
    def deadline_ns(self) -> int | None:
        """Time of the next expiration, when `step` must be called; None while no timer runs."""
        return min((timer.deadline_ns for timer in self.timers if timer.deadline_ns is not None), default=None)

    def pause(self, why: Pause, now_ns: int) -> None:
        """Pause: no timer runs, only answers are sent."""
        self._pauses.add(why)
        for timer in self.timers:
            timer.pause(now_ns)

    def unpause(self, why: Pause, now_ns: int) -> None:
        """Remove a reason to pause; continue when none is left."""
        self._pauses.discard(why)
        if not self._pauses:
            for timer in self.timers:
                timer.resume(now_ns)

    def suspend(self, now_ns: int, condition: ConditionCode = ConditionCode.SUSPENDED) -> None:
        """Suspend this transaction (§4.11.3.2); no effect if it is suspended already."""
        if not self.closed and Pause.SUSPENDED not in self._pauses:
            self.pause(Pause.SUSPENDED, now_ns)
            self._indicate(Suspended(self.id, condition))

    def resume(self, now_ns: int) -> None:
        """Resume this transaction; no effect if it is not suspended."""
        if Pause.SUSPENDED in self._pauses:
            self.unpause(Pause.SUSPENDED, now_ns)
            self._indicate(Resumed(self.id, self.progress))

    @abstractmethod
    def cancel(self, condition: ConditionCode, now_ns: int) -> None:
        """End the transaction and indicate the other end why."""

    def abandon(self, condition: ConditionCode) -> None:
        """End the transaction without telling the other end."""
        self._indicate(Abandoned(self.id, condition, self.progress))
        self.unsaid = None
        self.close()

    def displace(self) -> None:
        """Close in favour of another transaction: a settled outcome stays, otherwise the transaction is abandoned."""
        if self.unsaid:
            self.close()
        else:
            self.abandon(ConditionCode.INACTIVITY)

    def may_hold(self, body: Body) -> bool:  # noqa: ARG002  # a sender knows its own numbers
        """Whether `body`, a PDU with this transaction's ID, can belong to it (or the number was reused)."""
        return True

    def close(self) -> None:
        """Close the transaction: no PDU is left to send."""
        self.closed = True
        for timer in self.timers:
            timer.stop()

    def fault(self, condition: ConditionCode, now_ns: int) -> FaultHandler:
        """Apply the handler for this fault (§4.8.1); returns which one."""
        handler = self.handlers.get(condition, FaultHandler.CANCEL)
        self._indicate(FaultIndication(self.id, condition, self.progress, handler))
        match handler:
            case FaultHandler.CANCEL:
                self.cancel(condition, now_ns)
            case FaultHandler.SUSPEND:
                self.suspend(now_ns, condition)
            case FaultHandler.ABANDON:
                self.abandon(condition)
        return handler

    def _reject(self, now_ns: int) -> None:
        """Declare a filestore rejection; if its handler is to ignore it, cancel anyway, as the file cannot go on."""
        if self.fault(ConditionCode.FILESTORE_REJECTION, now_ns) is FaultHandler.IGNORE:
            self.cancel(ConditionCode.FILESTORE_REJECTION, now_ns)

    def _override(self, options: tuple[Tlv, ...]) -> None:
        """Apply the fault handler overrides of the Metadata PDU to this transaction (§4.8.1.3)."""
        self.handlers |= {part.condition: part.handler for part in options if isinstance(part, FaultHandlerOverride)}

    def _pdu(self, body: Body) -> bytes:
        return encode_pdu(self.header, body)
