"""What may be told: records that fit into the packet in which they would go down. Whoever tells one hears at once."""

from fsw.executive.sentence import sentence_of
from link.dictionary.declare import Event, Record, Telemetry
from link.pus.message import Report
from link.pus.packets import TM_DATA_MAX

_KEYS_OCTETS = 4  # what names the structure or the event in front of its values


class UnsendableError(Exception):
    """A record cannot be written, or nobody could read it. The fault is in whoever made it."""


def check_sendable(record: Record) -> None:
    """Raises UnsendableError for what is no report, a value that its field cannot hold, or more than a packet holds."""
    if not isinstance(record, Telemetry | Event | Report):
        raise UnsendableError(f"{type(record).__name__} is neither telemetry nor an event")
    try:
        octets = record.encode()
    except Exception as error:  # a value of any type may stand in a field
        raise UnsendableError(str(error) if isinstance(error, ValueError) else sentence_of(error)) from error
    if len(octets) > TM_DATA_MAX - _KEYS_OCTETS:
        raise UnsendableError(f"{type(record).__name__}: {len(octets)} octets, more than a packet holds")
