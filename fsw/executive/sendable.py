"""Which records may be reported: those that fit into the packet that carries them; checked when they are published.

A record is sealed then: what was checked goes down, also if its app changes it afterwards, and is encoded once.
"""

from typing import TypeVar

from fsw.executive.sentence import sentence_of
from link.dictionary.declare import Event, Record, Telemetry
from link.dictionary.kinds import Integer
from link.pus.message import Report
from link.pus.packets import TM_DATA_MAX

_REPORTED = (Telemetry, Event, Report)
_KEYS_OCTETS = 4  # the structure or event identifier in front of the values


class UnsendableError(Exception):
    """A record cannot be encoded, or the ground could not decode it: a fault of the code that made it."""


def capped(count: int, bits: int) -> int:
    """A counter for a field of so many bits: its greatest number, where the counter is greater."""
    return min(count, (1 << bits) - 1)


_Record = TypeVar("_Record", bound=Record)


def bounded(record: _Record) -> _Record:
    """`record`, each whole number that is greater than its field holds at the greatest one: for many counters at once.

    As long as all of them fit it costs nothing: the record is sealed here, and not encoded again where it is checked.
    """
    try:
        record.seal()
    except ValueError:  # also of what is no counter: then it is found again where the record is checked
        for field in record.__fields__:
            count = getattr(record, field.name)
            if isinstance(field.kind, Integer) and type(count) is int:
                setattr(record, field.name, min(count, field.kind.bounds[1]))
    return record


def check_sendable(record: Record) -> None:
    """Raises UnsendableError for what is no report, a value that its field cannot hold, or more than a packet holds."""
    if not isinstance(record, _REPORTED):
        raise UnsendableError(f"{type(record).__name__} is neither telemetry nor an event")
    try:
        octets = record.seal()
    except Exception as error:  # a value of any type may stand in a field
        raise UnsendableError(str(error) if isinstance(error, ValueError) else sentence_of(error)) from error
    if len(octets) > TM_DATA_MAX - _KEYS_OCTETS:
        raise UnsendableError(f"{type(record).__name__}: {len(octets)} octets, more than a packet holds")
