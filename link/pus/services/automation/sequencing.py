"""Request sequencing, service 21 (ECSS-E-ST-70-41C §6.21, §8.21): sequences of requests are loaded and run on board.

The standard's sequence is a list of requests, each with the delay to the next one (subtype 1). Ours can wait for
conditions, too, and is a file (link/sequences/form.py) that is loaded by its name or in parts; subtypes from 128 on are
a mission's own (§5.3.3.1).
"""

from enum import IntEnum

from link.dictionary.declare import Record
from link.dictionary.kinds import Counted, Int8ub, Int16ub, Int32ub, Octets, Rest, Text
from link.dictionary.wires import wire
from link.pus.message import Report, Request

_NAME_OCTETS_MAX = 40


class SequenceState(IntEnum):
    """Whether a sequence is under execution."""

    INACTIVE = 0
    RUNNING = 1
    PAUSED = 2


class SequenceEnd(IntEnum):
    """How the last execution of a sequence ended."""

    NONE = 0
    COMPLETED = 1
    STOPPED = 2
    ABORTED = 3


class _Sequence(Request):
    sequence: int = wire(Int16ub)


class _File(Request):
    sequence: int = wire(Int16ub)
    repository: str = wire(Text(Counted(8, _NAME_OCTETS_MAX)))
    file: str = wire(Text(Counted(8, _NAME_OCTETS_MAX)))


class LoadDirectly(Request, service=21, subtype=1):
    """Load a sequence of `count` requests, each a packet and the delay in ms, 32 bits, until the next one."""

    sequence: int = wire(Int16ub)
    count: int = wire(Int8ub)
    entries: bytes = wire(Octets(Rest()))


class LoadByReference(_File, service=21, subtype=2):
    """Load a sequence from a file on board."""


class UnloadSequence(_Sequence, service=21, subtype=3):
    """Forget a sequence, which must not be under execution."""


class ActivateSequence(_Sequence, service=21, subtype=4):
    """Check a sequence once more, and run it from its first step."""


class AbortSequence(_Sequence, service=21, subtype=5):
    """End the execution of a sequence; what it released goes on."""


class ReportSequences(Request, service=21, subtype=6):
    """Report which sequences are loaded, and how far each is."""


class SequenceStatus(Record):
    """A sequence: at which of its `steps` it is, counted from 0, and how its last execution ended."""

    sequence: int = wire(Int16ub)
    state: SequenceState = wire(Int8ub)
    step: int = wire(Int16ub)
    steps: int = wire(Int16ub)
    ended: SequenceEnd = wire(Int8ub)


class SequencesReport(Report, service=21, subtype=7):
    """How far each sequence is: the answer to ReportSequences."""

    statuses: list[SequenceStatus] = wire(count=Counted(8))


class LoadAndActivate(_File, service=21, subtype=8):
    """Load a sequence from a file on board and run it."""


class ChecksumSequence(_Sequence, service=21, subtype=9):
    """Report the checksum of a sequence."""


class SequenceChecksum(Report, service=21, subtype=10):
    """The CRC-32C of a sequence's file: the answer to ChecksumSequence."""

    sequence: int = wire(Int16ub)
    checksum: int = wire(Int32ub)


class ReportSequenceContent(_Sequence, service=21, subtype=11):
    """Report what a sequence consists of."""


class SequenceContent(Report, service=21, subtype=12):
    """A sequence as its file has it: the answer to ReportSequenceContent."""

    sequence: int = wire(Int16ub)
    content: bytes = wire(Octets(Rest()))


class AbortAllSequences(Request, service=21, subtype=13):
    """End the execution of all sequences and report which were running or paused."""


class AbortedSequences(Report, service=21, subtype=14):
    """The sequences whose execution AbortAllSequences ended."""

    sequences: list[int] = wire(Int16ub, count=Counted(8))


class PauseSequence(_Sequence, service=21, subtype=128):
    """Release no step of a running sequence until it is resumed."""


class ResumeSequence(_Sequence, service=21, subtype=129):
    """Go on with a paused sequence; what is left of a delay begins to pass again."""


class LoadPart(Request, service=21, subtype=130):
    """Take part `part`, from 0 on, of the `parts` of a sequence's file; it is loaded once all are there."""

    sequence: int = wire(Int16ub)
    part: int = wire(Int8ub)
    parts: int = wire(Int8ub)
    content: bytes = wire(Octets(Rest()))
