"""Service 23 on board (ECSS-E-ST-70-41C §6.23): files and directories of the node's roots, by request.

On completion, what was changed survives a power cut. Moving gives a file another name at once; copying takes time
(copies.py), and its request is completed when it has ended.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from fnmatch import fnmatchcase

from fsw.executive.app import Pending
from fsw.files.copies import Copies
from fsw.files.marks import FileMark, FileMarks
from fsw.files.roots import FilePlace, Roots
from fsw.pus.instructions import execute_each, not_mine
from fsw.pus.paging import pages
from hal.medium import MediumEntry, make_folders
from link.pus.message import Report, Request
from link.pus.services import files
from link.pus.services.files import DirectoryEntry, ObjectType
from link.pus.services.verification import FailureCode, RefusedError

_SIZE_MAX = 0xFFFFFFFF  # that a report can tell
_PATTERN_CHARACTERS_MAX = 60


class FileControl:
    """Requests about the files of `roots`."""

    def __init__(self, roots: Roots, marks: FileMarks, copies: Copies) -> None:
        self._roots, self._marks, self._copies = roots, marks, copies

    def handle(self, request: Request, now_ns: int) -> Iterable[Report] | Pending:
        """Answer one request. Raises RefusedError."""
        with disk_told():
            match request:
                case files.CopyFile():
                    return self._copies.begin(request.operation, *self._ends(request), now_ns)
                case files.MoveFile():
                    self._move(*self._ends(request))
                case files.ReportFile(directory=directory, name=name):
                    return [self._attributes(directory, name)]
                case files.FindFiles(directory=directory, pattern=pattern):
                    return self._found(directory, pattern)
                case files.SummariseDirectory(directory=directory):
                    return self._summary(directory)
                case files.EnableCopyReports(interval=interval_s):
                    self._copies.report_every(interval_s, now_ns)
                case files.DisableCopyReports():
                    self._copies.report_every(0, now_ns)
                case _:
                    self._change(request)
        return ()

    def _change(self, request: Request) -> None:
        match request:
            case files.CreateFile():
                self._create(request)
            case files.DeleteFile(directory=directory, name=name):
                self._delete(self._named(directory, name))
            case files.LockFile(directory=directory, name=name):
                self._lock(self._named(directory, name), is_locked=True)
            case files.UnlockFile(directory=directory, name=name):
                self._lock(self._named(directory, name), is_locked=False)
            case files.CreateDirectory(directory=directory, name=name):
                self._make_folder(self._named(directory, name))
            case files.DeleteDirectory(directory=directory, name=name):
                self._remove_folder(self._named(directory, name))
            case files.RenameDirectory():
                self._rename(request)
            case _:
                self._control(request)

    def _control(self, request: Request) -> None:
        copies = self._copies
        match request:
            case files.SuspendOperations(operations=numbers):
                execute_each(numbers, copies.suspend)
            case files.ResumeOperations(operations=numbers):
                execute_each(numbers, copies.resume)
            case files.AbortOperations(operations=numbers):
                execute_each(numbers, copies.abort)
            case files.SuspendOperationsIn(directory=directory):
                execute_each(self._copying_in(directory), copies.suspend)
            case files.ResumeOperationsIn(directory=directory):
                execute_each(self._copying_in(directory), copies.resume)
            case files.AbortOperationsIn(directory=directory):
                execute_each(self._copying_in(directory), copies.abort)
            case _:
                raise not_mine(request)

    def _copying_in(self, directory: str) -> list[int]:
        return self._copies.within(self._roots.place(directory))

    def _named(self, directory: str, name: str) -> FilePlace:
        """A name in a directory. Raises RefusedError where the name is missing or is itself a path."""
        if not name:
            raise RefusedError(FailureCode.BAD_ARGUMENTS, "the name is missing")
        return self._roots.place(directory, name)

    def _attributes(self, directory: str, name: str) -> Report:
        place = self._named(directory, name)
        size = self._roots.file(place)
        if size > _SIZE_MAX:
            raise RefusedError(FailureCode.EXECUTION_FAILED, f"{place.words} has {size} octets, too many for a report")
        return files.FileAttributes(directory=directory, name=name, size=size, locked=self._marks.is_locked(place))

    def _found(self, directory: str, pattern: str) -> list[Report]:
        if len(pattern) > _PATTERN_CHARACTERS_MAX:
            raise RefusedError(FailureCode.BAD_ARGUMENTS, f"a pattern has {_PATTERN_CHARACTERS_MAX} characters at most")
        starts = [self._roots.place(one) for one in ([directory] if directory else self._roots.names)]
        found = (place for start in starts for place, entry in self._roots.walk(start) if not entry.is_folder)
        paths = [_path(place) for place in found if fnmatchcase(place.parts[-1], pattern or "*")]
        return [*pages(paths, lambda page: files.FoundFiles(directory=directory, pattern=pattern, files=page))]

    def _summary(self, directory: str) -> list[Report]:
        """The entries of a directory; without one, the roots."""
        if directory:
            inside = self._roots.inside(self._roots.place(directory))
        else:
            inside = ((name, MediumEntry(is_folder=True)) for name in self._roots.names)
        entries = [DirectoryEntry(type=_type(entry), name=name) for name, entry in inside]
        return [*pages(entries, lambda page: files.DirectorySummary(directory=directory, entries=page))]

    def _create(self, request: files.CreateFile) -> None:
        place = self._new(self._named(request.directory, request.name))
        self._roots.check_room(place, request.size_max)
        self._marks.put(place, FileMark(request.locked, request.size_max))
        try:
            self._roots.medium.write(place.path, b"")
            self._roots.medium.sync(place.path)
            self._roots.medium.sync(place.path.parent)
        except OSError:
            self._marks.forget(place)
            raise

    def _delete(self, place: FilePlace) -> None:
        self._roots.check_writable(place)
        self._roots.file(place)
        self._marks.check_free(place)
        self._roots.medium.remove(place.path)
        self._roots.medium.sync(place.path.parent)
        self._marks.forget(place)

    def _lock(self, place: FilePlace, *, is_locked: bool) -> None:
        self._roots.check_writable(place)
        self._roots.file(place)
        self._marks.lock(place, is_locked=is_locked)

    def _make_folder(self, place: FilePlace) -> None:
        self._new(place)
        self._roots.check_room(place, 0)
        make_folders(place.path, self._roots.medium)

    def _remove_folder(self, place: FilePlace) -> None:
        self._roots.check_writable(place)
        if next(self._roots.inside(place), None):
            raise RefusedError(FailureCode.NOT_NOW, f"{place.words} is not empty")
        self._roots.medium.remove_folder(place.path)
        self._roots.medium.sync(place.path.parent)

    def _rename(self, request: files.RenameDirectory) -> None:
        old = self._named(request.directory, request.name)
        self._roots.folder(old)
        self._give(old, self._new(self._named(request.directory, request.new_name)))

    def _ends(self, request: files.CopyFile | files.MoveFile) -> tuple[FilePlace, FilePlace]:
        """The file to copy or move, and its new place. Raises RefusedError where there is a file of that name."""
        source = self._named(request.source_directory, request.source_name)
        self._roots.file(source)
        return source, self._new(self._named(request.target_directory, request.target_name or request.source_name))

    def _move(self, source: FilePlace, target: FilePlace) -> None:
        if source.root is not target.root:
            self._roots.check_room(target, self._roots.file(source))
        self._give(source, target)

    def _give(self, old: FilePlace, new: FilePlace) -> None:
        """Give a file or a folder another name."""
        self._roots.check_writable(old)
        self._marks.check_free(old)
        self._roots.medium.replace(old.path, new.path)
        self._marks.move(old, new)
        self._roots.medium.sync(new.path.parent)  # before the folder that it left, so that it is in one of them
        self._roots.medium.sync(old.path.parent)

    def _new(self, place: FilePlace) -> FilePlace:
        """A place where nothing is yet, in a folder that there is. Raises RefusedError."""
        self._roots.check_writable(place)
        self._roots.folder(FilePlace(place.root, place.parts[:-1]))
        if self._roots.entry(place):
            raise RefusedError(FailureCode.NOT_NOW, f"{place.words} exists")
        return place


def _path(place: FilePlace) -> files.Path:
    return files.Path(directory=place.words.rpartition("/")[0], name=place.parts[-1])


def _type(entry: MediumEntry) -> ObjectType:
    return ObjectType.DIRECTORY if entry.is_folder else ObjectType.FILE


@contextmanager
def disk_told() -> Iterator[None]:
    """Raise what the medium refuses as the refusal of a request."""
    try:
        yield
    except OSError as error:
        raise RefusedError(FailureCode.EXECUTION_FAILED, f"the disk says: {error.strerror or error}") from None
