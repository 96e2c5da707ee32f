"""Checkpoints of a long job: two files, written in turn, so that the last saved one is never the one being replaced.

A file: "SRCP" | CRC-32C of what follows 4 | number 8 | key 32 | octets. The number orders the two; the key identifies
the job: it resumes only from what a job of the same input and parameters saved. A file that is torn, damaged, of
another job, or unreadable counts as absent.
"""

from pathlib import Path
from struct import Struct
from typing import NamedTuple

from fsw.store.storage import replace_file
from hal.medium import HOST, Medium, make_folders
from kernels.coding.crc import crc32c

KEY_OCTETS = 32
_MAGIC = b"SRCP"
_CRC, _NUMBER = Struct(">I"), Struct(">Q")
_COVERED_AT = len(_MAGIC) + _CRC.size
_OCTETS_AT = _COVERED_AT + _NUMBER.size + KEY_OCTETS


class Checkpoint(NamedTuple):
    """What a job saved: `number` is its progress, such as steps done."""

    number: int
    octets: bytes


class Checkpoints:
    """The checkpoints of one job in `folder`, made where it is absent; `key`: KEY_OCTETS, a hash of its input."""

    def __init__(self, folder: Path, key: bytes, medium: Medium = HOST) -> None:
        assert len(key) == KEY_OCTETS, len(key)
        make_folders(folder, medium)
        self._medium = medium
        self._paths, self._key = (folder / "even.ckpt", folder / "odd.ckpt"), key

    def save(self, number: int, octets: bytes) -> None:
        """Save, and wait until the disk has it. Raises OSError, and then the earlier checkpoint is still there."""
        covered = _NUMBER.pack(number) + self._key + octets
        replace_file(self._older(), _MAGIC + _CRC.pack(crc32c(covered)) + covered, self._medium)

    def newest(self) -> Checkpoint | None:
        """The undamaged checkpoint with the higher number, or None."""
        return max(filter(None, map(self._read, self._paths)), default=None)

    def _older(self) -> Path:
        """The file to replace next: a damaged or missing one, else the one with the lower number."""
        return min(self._paths, key=lambda path: found.number if (found := self._read(path)) else -1)

    def _read(self, path: Path) -> Checkpoint | None:
        try:
            octets = self._medium.read(path)
        except OSError:
            return None
        covered = octets[_COVERED_AT:]
        if len(octets) < _OCTETS_AT or octets[:_COVERED_AT] != _MAGIC + _CRC.pack(crc32c(covered)):
            return None
        if octets[_OCTETS_AT - KEY_OCTETS : _OCTETS_AT] != self._key:
            return None
        return Checkpoint(_NUMBER.unpack_from(covered)[0], octets[_OCTETS_AT:])
