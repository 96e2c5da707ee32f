"""What a CFDP entity reports to its user (CCSDS 727.0-B-5 §3.4)."""

from dataclasses import dataclass

from link.cfdp.pdus.codes import ConditionCode, DeliveryCode, FaultHandler, FileStatus
from link.cfdp.pdus.header import TransactionId
from link.cfdp.pdus.tlv import FilestoreResponse


@dataclass(frozen=True, slots=True)
class Started:
    """A put request was accepted (Transaction.indication)."""

    transaction: TransactionId


@dataclass(frozen=True, slots=True)
class MetadataReceived:
    """A file begins to arrive (Metadata-Recv.indication); `messages` are the messages to the user that came with it."""

    transaction: TransactionId
    source_name: str
    destination_name: str
    file_size: int
    messages: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Progress:
    """Octets sent or received so far; `size` is None until it is known. One for each `drain_indications` at most."""

    transaction: TransactionId
    octets: int
    size: int | None


@dataclass(frozen=True, slots=True)
class EofSent:
    """The whole file has been handed to the link once (EOF-Sent.indication)."""

    transaction: TransactionId


@dataclass(frozen=True, slots=True)
class EofReceived:
    """EOF has arrived: the sender has sent the whole file (EOF-Recv.indication)."""

    transaction: TransactionId


@dataclass(frozen=True, slots=True)
class Suspended:
    """The transaction pauses, on request or by a fault (Suspended.indication)."""

    transaction: TransactionId
    condition: ConditionCode


@dataclass(frozen=True, slots=True)
class Resumed:
    """The transaction goes on after a pause (Resumed.indication)."""

    transaction: TransactionId
    octets: int


@dataclass(frozen=True, slots=True)
class FaultIndication:
    """A fault occurred, and `handler` was applied to it (Fault.indication)."""

    transaction: TransactionId
    condition: ConditionCode
    octets: int
    handler: FaultHandler


@dataclass(frozen=True, slots=True)
class TransactionFinished:
    """The transaction has ended; comes exactly once for each, unless it is abandoned (Transaction-Finished.indication).

    Without acknowledgements or closure a sender cannot know what became of its file: then `delivery` is INCOMPLETE
    and `file_status` UNREPORTED.
    """

    transaction: TransactionId
    condition: ConditionCode
    delivery: DeliveryCode
    file_status: FileStatus
    responses: tuple[FilestoreResponse, ...] = ()

    @property
    def delivered(self) -> bool:
        """Whether the file stands whole at its destination."""
        return self.condition is ConditionCode.NO_ERROR and self.delivery is DeliveryCode.COMPLETE


@dataclass(frozen=True, slots=True)
class Abandoned:
    """The transaction was abandoned: the other end is not told (Abandoned.indication)."""

    transaction: TransactionId
    condition: ConditionCode
    octets: int


Indication = (
    Started
    | MetadataReceived
    | Progress
    | EofSent
    | EofReceived
    | Suspended
    | Resumed
    | FaultIndication
    | TransactionFinished
    | Abandoned
)
