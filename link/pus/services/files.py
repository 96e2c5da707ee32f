"""File management, service 23 (ECSS-E-ST-70-41C §6.23, §8.23): files and directories on board, by path.

Their content travels by CFDP; here they are made, removed, found, copied and moved.
"""

from enum import IntEnum

from link.dictionary.declare import Record
from link.dictionary.kinds import Counted, Flag, Int8ub, Int16ub, Int32ub, Text
from link.dictionary.wires import wire
from link.pus.message import Report, Request

_PATH = Text(Counted(8))


class ObjectType(IntEnum):
    """What stands in a directory."""

    FILE = 0
    DIRECTORY = 1


class _File(Request):
    directory: str = wire(_PATH)
    name: str = wire(_PATH)


class CreateFile(Request, service=23, subtype=1):
    """Make an empty file of at most `size_max` octets."""

    directory: str = wire(_PATH)
    name: str = wire(_PATH)
    size_max: int = wire(Int32ub, unit="octets")
    locked: bool = wire(Flag)


class DeleteFile(_File, service=23, subtype=2):
    """Remove a file that is not locked."""


class ReportFile(_File, service=23, subtype=3):
    """What is known of a file?"""


class FileAttributes(Report, service=23, subtype=4):
    """What is known of a file."""

    directory: str = wire(_PATH)
    name: str = wire(_PATH)
    size: int = wire(Int32ub, unit="octets")
    locked: bool = wire(Flag)


class LockFile(_File, service=23, subtype=5):
    """Let a file not be changed or removed."""


class UnlockFile(_File, service=23, subtype=6):
    """Let a file be changed and removed again."""


class FindFiles(Request, service=23, subtype=7):
    """Which files below a directory have names that `pattern` describes?"""

    directory: str = wire(_PATH)
    pattern: str = wire(_PATH)


class Path(Record):
    """Where a file is."""

    directory: str = wire(_PATH)
    name: str = wire(_PATH)


class FoundFiles(Report, service=23, subtype=8):
    """The files whose names `pattern` describes."""

    directory: str = wire(_PATH)
    pattern: str = wire(_PATH)
    files: list[Path] = wire(count=Counted(8))


class CreateDirectory(_File, service=23, subtype=9):
    """Make a directory."""


class DeleteDirectory(_File, service=23, subtype=10):
    """Remove a directory that is empty."""


class RenameDirectory(Request, service=23, subtype=11):
    """Give a directory another name."""

    directory: str = wire(_PATH)
    name: str = wire(_PATH)
    new_name: str = wire(_PATH)


class SummariseDirectory(Request, service=23, subtype=12):
    """What stands in a directory?"""

    directory: str = wire(_PATH)


class DirectoryEntry(Record):
    """Something in a directory."""

    type: ObjectType = wire(Int8ub)
    name: str = wire(_PATH)


class DirectorySummary(Report, service=23, subtype=13):
    """What stands in a directory."""

    directory: str = wire(_PATH)
    entries: list[DirectoryEntry] = wire(count=Counted(8))


class _Transfer(Request):
    operation: int = wire(Int16ub)
    source_directory: str = wire(_PATH)
    source_name: str = wire(_PATH)
    target_directory: str = wire(_PATH)
    target_name: str = wire(_PATH)


class CopyFile(_Transfer, service=23, subtype=14):
    """Copy a file; `operation` names the copying from now on."""


class MoveFile(_Transfer, service=23, subtype=15):
    """Move a file; `operation` names the moving from now on."""


class _Operations(Request):
    operations: list[int] = wire(Int16ub, count=Counted(8))


class SuspendOperations(_Operations, service=23, subtype=16):
    """Pause copying and moving."""


class ResumeOperations(_Operations, service=23, subtype=17):
    """Go on with copying and moving."""


class AbortOperations(_Operations, service=23, subtype=18):
    """Give up copying and moving."""
