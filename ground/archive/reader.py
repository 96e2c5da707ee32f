"""Reads an archive without a running service, with the methods of the service's client."""

from collections.abc import Callable
from pathlib import Path
from typing import Self, TypeVar

from ground.archive.archive import Archive
from ground.archive.dictionaries import stored_dictionary
from ground.archive.history import history
from ground.archive.survey import archive_in, check_files, rescue
from ground.errors import ArchiveError, DamagedArchiveError
from ground.records import CommandRecord, EventRecord, FileRecord, History

_Answer = TypeVar("_Answer")


class ArchiveReader:
    """Reads `path`: an archive, or the folder of a ground service that has one. The methods are those of `Client`.

    A damaged archive gives the rows that can be read. Raises ArchiveError where there is none, or none can be read.
    """

    def __init__(self, path: Path) -> None:
        self._file = archive_in(path)
        try:
            check_files(self._file)
            self._archive = Archive(self._file, read_only=True)
        except DamagedArchiveError as error:
            self._archive = self._rescued(error)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._archive.close()

    @property
    def unreadable(self) -> int:
        """How often a damaged record was skipped."""
        return self._archive.unreadable

    def commands(self, since_ns: int = 0, limit: int = 1000) -> list[CommandRecord]:
        """Commands sent since, with all their stages, oldest first."""
        return self._ask(lambda archive: archive.commands(since_ns, limit))

    def events(self, since_ns: int = 0, limit: int = 1000) -> list[EventRecord]:
        """Events received since, the node's and the ground's, oldest first."""
        return self._ask(lambda archive: archive.events(since_ns, limit))

    def files(self, since_ns: int = 0, limit: int = 1000) -> list[FileRecord]:
        """Files received since, oldest first."""
        return self._ask(lambda archive: archive.files(since_ns, limit))

    def history(self, parameter: str, since_ns: int = 0, limit: int = 1000) -> History:
        """The newest values of `parameter`, "report.field", oldest first. Raises ValueError for an unknown one.

        Names are those of the dictionary that was archived last.
        """
        return self._ask(lambda archive: _history(archive, parameter, since_ns, limit))

    def _ask(self, question: Callable[[Archive], _Answer]) -> _Answer:
        """The answer of the archive or, where reading finds it damaged, of what can be rescued of it."""
        try:
            return question(self._archive)
        except DamagedArchiveError as error:
            self._archive.close()
            self._archive = self._rescued(error)
            return question(self._archive)

    def _rescued(self, error: DamagedArchiveError) -> Archive:
        archive = Archive()
        found = rescue(self._file, archive)
        if not any(found.whole.values()):
            raise error
        archive.unreadable = max(1, sum(found.damaged.values()))
        return archive


def _history(archive: Archive, parameter: str, since_ns: int, limit: int) -> History:
    version = archive.newest_dictionary
    dictionary = stored_dictionary(archive, version) if version else None
    if dictionary is None:
        raise ArchiveError("the archive holds no dictionary that can be read")
    return history(archive, dictionary, parameter, since_ns=since_ns, limit=limit)
