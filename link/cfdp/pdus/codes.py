"""Code numbers of CFDP (CCSDS 727.0-B-5 §5): the values of a PDU's small fields."""

from enum import IntEnum


class Directive(IntEnum):
    """File directive codes (table 5-4)."""

    EOF = 4
    FINISHED = 5
    ACK = 6
    METADATA = 7
    NAK = 8
    PROMPT = 9
    KEEP_ALIVE = 12


class ConditionCode(IntEnum):
    """Condition codes (table 5-5): how a transaction stands, or why it ended."""

    NO_ERROR = 0
    POSITIVE_ACK_LIMIT = 1
    KEEP_ALIVE_LIMIT = 2
    INVALID_MODE = 3
    FILESTORE_REJECTION = 4
    CHECKSUM_FAILURE = 5
    FILE_SIZE_ERROR = 6
    NAK_LIMIT = 7
    INACTIVITY = 8
    INVALID_FILE_STRUCTURE = 9
    CHECK_LIMIT = 10
    UNSUPPORTED_CHECKSUM = 11
    SUSPENDED = 14
    CANCELLED = 15


class FaultHandler(IntEnum):
    """Fault handler codes (table 5-19): the action that a fault causes."""

    CANCEL = 1
    SUSPEND = 2
    IGNORE = 3
    ABANDON = 4


class DeliveryCode(IntEnum):
    """Delivery code of a Finished PDU (table 5-7)."""

    COMPLETE = 0
    INCOMPLETE = 1


class FileStatus(IntEnum):
    """What became of the file at its destination (table 5-7)."""

    DISCARDED = 0
    REJECTED = 1
    RETAINED = 2
    UNREPORTED = 3


class TransactionStatus(IntEnum):
    """Transaction status in an ACK (table 5-8): what its sender knows of the transaction."""

    UNDEFINED = 0
    ACTIVE = 1
    TERMINATED = 2
    UNRECOGNISED = 3


class ChecksumType(IntEnum):
    """Checksum types that are supported, by their number in the SANA registry."""

    MODULAR = 0
    PROXIMITY_1 = 1
    CRC32C = 2
    CRC32 = 3
    NULL = 15
