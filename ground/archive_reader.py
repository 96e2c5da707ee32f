"""What an archive holds, asked as a client asks the service, while none runs."""

from pathlib import Path
from typing import Self

from ground.archive import ARCHIVE_NAME, Archive
from ground.dictionaries import stored_dictionary
from ground.errors import ArchiveError
from ground.history import history
from ground.records import CommandRecord, EventRecord, FileRecord, History


class ArchiveReader:
    """`path`: an archive, or the folder of a ground service that has one. The methods are those of `Client`.

    Raises ArchiveError where there is no archive, or none that can be read.
    """

    def __init__(self, path: Path) -> None:
        file = path / ARCHIVE_NAME if path.is_dir() else path
        if not file.exists():
            raise ArchiveError(f"{file.resolve()}: no archive is there")
        self._archive = Archive(file)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._archive.close()

    def commands(self, since_ns: int = 0, limit: int = 1000) -> list[CommandRecord]:
        """Commands sent since, with all their stages, oldest first."""
        return self._archive.commands(since_ns, limit)

    def events(self, since_ns: int = 0, limit: int = 1000) -> list[EventRecord]:
        """Events received since, the node's and the ground's, oldest first."""
        return self._archive.events(since_ns, limit)

    def files(self, since_ns: int = 0, limit: int = 1000) -> list[FileRecord]:
        """Files received since, oldest first."""
        return self._archive.files(since_ns, limit)

    def history(self, parameter: str, since_ns: int = 0, limit: int = 1000) -> History:
        """The newest values of `parameter`, "report.field", oldest first. Raises ValueError for one that is unknown.

        Names are those of the dictionary that came into the archive last.
        """
        version = self._archive.newest_dictionary
        dictionary = stored_dictionary(self._archive, version) if version else None
        if dictionary is None:
            raise ArchiveError("the archive holds no dictionary that can be read")
        return history(self._archive, dictionary, parameter, since_ns=since_ns, limit=limit)
