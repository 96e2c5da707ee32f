"""The folder of a recorder: its segments, and the marker by which it is known as ours. Files are removed here only."""

import re
from collections.abc import Iterator
from pathlib import Path

from fsw.store.storage import replace_file
from hal.linux.own_folder import OwnFolder
from hal.medium import Medium

_NAME = re.compile(r"([0-9]{5})-([0-9]{20})\.segment")


class SegmentFiles:
    """The segments in `folder` on `medium`, which is made and marked when something is first written to it.

    All methods raise OSError; writing raises FileExistsError where the folder holds something and is not ours.
    """

    def __init__(self, folder: Path, medium: Medium) -> None:
        self.folder, self.medium = folder, medium
        self._is_ours = False

    def path(self, store: int, first: int) -> Path:
        """The file of the segment of `store` that begins with number `first`."""
        return self.folder / f"{store:05}-{first:020}.segment"

    def found(self) -> Iterator[tuple[int, int]]:
        """Store and first number of each segment, in order."""
        try:
            names = self.medium.names(self.folder)
        except FileNotFoundError:
            return
        for name in names:
            if match := _NAME.fullmatch(name):
                yield int(match[1]), int(match[2])

    def begin(self, path: Path, octets: bytes) -> None:
        """Begin a segment; what an earlier attempt left under its name goes."""
        self._claim()
        self.medium.write(path, octets)

    def rewrite(self, path: Path, octets: bytes) -> None:
        """Replace a segment as a whole; on return the new one survives a crash."""
        self._claim()
        replace_file(path, octets, self.medium)

    def remove(self, path: Path) -> None:
        """Delete a segment; this survives a crash once `sync` returned."""
        self._claim()
        self.medium.remove(path)

    def sync(self) -> None:
        """Wait until the disk has all names of the folder."""
        self.medium.sync(self.folder)

    def _claim(self) -> None:
        if not self._is_ours:
            OwnFolder(self.folder, "recorder", self.medium)
            self._is_ours = True
