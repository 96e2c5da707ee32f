"""File management, service 23 (ECSS-E-ST-70-41C §6.23, §8.23): files and directories on board, by path.

The content of a file travels by CFDP; service 23 creates, deletes, finds, copies and moves files on board.
"""

from enum import IntEnum

from link.dictionary.declare import Record
from link.dictionary.kinds import Counted, Flag, Int8ub, Int16ub, Int32ub, Text
from link.dictionary.wires import wire
from link.pus.message import Report, Request

FILE_MANAGEMENT = 23
"""The number of the service."""
_PATH = Text(Counted(8))


class ObjectType(IntEnum):
    """What an entry of a directory is."""

    FILE = 0
    DIRECTORY = 1


class OperationState(IntEnum):
    """Whether the copying or moving of a file goes on."""

    PENDING = 0
    RUNNING = 1
    ON_HOLD = 2


class _File(Request):
    directory: str = wire(_PATH)
    name: str = wire(_PATH)


class CreateFile(Request, service=23, subtype=1):
    """Create an empty file that may grow to `size_max` octets."""

    directory: str = wire(_PATH)
    name: str = wire(_PATH)
    size_max: int = wire(Int32ub, unit="octets", text="0: as long as there is room")
    locked: bool = wire(Flag)


class DeleteFile(_File, service=23, subtype=2):
    """Delete a file that is not locked."""


class ReportFile(_File, service=23, subtype=3):
    """Report the attributes of a file."""


class FileAttributes(Report, service=23, subtype=4):
    """The size of a file in octets, and whether it is locked: the answer to ReportFile."""

    directory: str = wire(_PATH)
    name: str = wire(_PATH)
    size: int = wire(Int32ub, unit="octets")
    locked: bool = wire(Flag)


class LockFile(_File, service=23, subtype=5):
    """Lock a file: it can be neither changed nor deleted."""


class UnlockFile(_File, service=23, subtype=6):
    """Unlock a file: it can be changed and deleted again."""


class FindFiles(Request, service=23, subtype=7):
    """Report the files in and below a directory whose names match `pattern`."""

    directory: str = wire(_PATH)
    pattern: str = wire(_PATH, text="with * and ?; empty: all")


class Path(Record):
    """Where a file is: its directory and its name."""

    directory: str = wire(_PATH)
    name: str = wire(_PATH)


class FoundFiles(Report, service=23, subtype=8):
    """The files whose names match `pattern`: the answer to FindFiles."""

    directory: str = wire(_PATH)
    pattern: str = wire(_PATH)
    files: list[Path] = wire(count=Counted(8))


class CreateDirectory(_File, service=23, subtype=9):
    """Create a directory called `name` in `directory`."""


class DeleteDirectory(_File, service=23, subtype=10):
    """Delete a directory, which must be empty."""


class RenameDirectory(Request, service=23, subtype=11):
    """Rename a directory."""

    directory: str = wire(_PATH)
    name: str = wire(_PATH)
    new_name: str = wire(_PATH)


class SummariseDirectory(Request, service=23, subtype=12):
    """Report the entries of a directory."""

    directory: str = wire(_PATH)


class DirectoryEntry(Record):
    """A file or a directory in a directory."""

    type: ObjectType = wire(Int8ub)
    name: str = wire(_PATH)


class DirectorySummary(Report, service=23, subtype=13):
    """The entries of a directory: the answer to SummariseDirectory."""

    directory: str = wire(_PATH)
    entries: list[DirectoryEntry] = wire(count=Counted(8))


class _Transfer(Request):
    operation: int = wire(Int16ub)
    source_directory: str = wire(_PATH)
    source_name: str = wire(_PATH)
    target_directory: str = wire(_PATH)
    target_name: str = wire(_PATH, text="empty: as the source is called")


class CopyFile(_Transfer, service=23, subtype=14):
    """Begin to copy a file; `operation` is the number by which the copying is suspended, resumed or aborted."""


class MoveFile(_Transfer, service=23, subtype=15):
    """Begin to move a file; `operation` is the number by which the moving is suspended, resumed or aborted."""


class _Operations(Request):
    operations: list[int] = wire(Int16ub, count=Counted(8))


class SuspendOperations(_Operations, service=23, subtype=16):
    """Suspend the copying and moving of files with these numbers."""


class ResumeOperations(_Operations, service=23, subtype=17):
    """Resume the copying and moving of files with these numbers."""


class AbortOperations(_Operations, service=23, subtype=18):
    """Abort the copying and moving of files with these numbers."""


class _Directory(Request):
    directory: str = wire(_PATH)


class SuspendOperationsIn(_Directory, service=23, subtype=19):
    """Suspend all copying and moving from or to a directory."""


class ResumeOperationsIn(_Directory, service=23, subtype=20):
    """Resume all copying and moving from or to a directory."""


class AbortOperationsIn(_Directory, service=23, subtype=21):
    """Abort all copying and moving from or to a directory."""


class EnableCopyReports(Request, service=23, subtype=22):
    """Report every `interval` how far each copying and moving has come."""

    interval: int = wire(Int16ub, unit="s")


class OperationStatus(Record):
    """How far a copying or moving has come, in hundredths of its file."""

    operation: int = wire(Int16ub)
    state: OperationState = wire(Int8ub)
    done: int = wire(Int8ub, unit="%")


class CopyReport(Report, service=23, subtype=23):
    """How far each copying and moving has come; it is reported while there are any."""

    operations: list[OperationStatus] = wire(count=Counted(8))


class DisableCopyReports(Request, service=23, subtype=24):
    """Report no longer how far copying and moving have come."""
