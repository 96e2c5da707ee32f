"""Packets as received into files, one for each APID, in a form that other programs read as a recording."""

from pathlib import Path

import numpy as np

from ground.recordings.frames.intake import Batch
from ground.recordings.output.export import path_of, paths_of
from hal.linux.whole_file import WholeFile
from link.packets.size import ENCAPSULATION

_ENCAPSULATED = 1 << 11  # in place of an APID, which has eleven bits


class RawExport:
    """Consecutive packets, each APID in its own file: FILE.APID.bin, or FILE.SPACECRAFT-APID.bin where frames name the
    spacecraft; a single file is FILE.bin itself. Encapsulation packets are all in one file.

    A file is open only while packets are appended, because there may be as many as APIDs. They get their names at the
    end.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._files: dict[str, WholeFile] = {}
        self._beside: dict[str, WholeFile] = {}

    def add_batch(self, batch: Batch) -> None:
        """Write packets."""
        index = batch.index
        is_encapsulated = index.records["identification"] >> 13 == ENCAPSULATION
        kinds = np.where(is_encapsulated, _ENCAPSULATED, index.apid)
        for spacecraft_id, own in batch.by_spacecraft():
            for kind in np.unique(kinds[own]).tolist():
                packets = map(index.packet, np.flatnonzero(own & (kinds == kind)).tolist())
                name = "encapsulation" if kind == _ENCAPSULATED else str(kind)
                self._write(name if spacecraft_id is None else f"{spacecraft_id}-{name}", b"".join(packets))

    def beside(self, name: str) -> WholeFile:
        """A further file, not of packets, with `name` in its file name."""
        if name not in self._beside:
            self._beside[name] = _closed(path_of(self._path, name))
        return self._beside[name]

    def _write(self, name: str, octets: bytes) -> None:
        if name not in self._files:
            self._files[name] = _closed(path_of(self._path, name) if self._files else self._path)
        self._files[name].append(octets)

    def close(self) -> list[Path]:
        """Complete the files; returns their paths."""
        paths = paths_of(self._path, list(self._files))
        for file in self._beside.values():
            file.settle()
        return [file.settle(path) for file, path in zip(self._files.values(), paths, strict=True)]

    def drop(self) -> None:
        """Delete all files."""
        for file in (*self._files.values(), *self._beside.values()):
            file.drop()


def _closed(path: Path) -> WholeFile:
    """A new empty file, closed, to append to."""
    whole = WholeFile(path)
    whole.file.close()
    return whole
