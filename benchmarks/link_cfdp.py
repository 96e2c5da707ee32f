"""CFDP class 2: a file from entity to entity in one process, both ends together, beside cfdp-py."""

import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.harness import Row, compare, peer
from link.cfdp import ChecksumType, Entity, Settings

FILE_OCTETS = 1 << 20
HEADER_OCTETS = 16
MEMORY = Path("/dev/shm")  # in memory, so that the disk is not measured


class Disk:
    """`FileStore` of the files in one folder, as on a board and a ground station."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def open(self, name: str) -> "Reader":
        return Reader(self._root / name)

    def create(self) -> "Writer":
        return Writer(self._root)

    def admit(self, name: str, size: int) -> None:
        pass

    def reopen(self, token: str) -> "Writer":
        raise FileNotFoundError(token)


class Reader:
    def __init__(self, path: Path) -> None:
        self._file = path.open("rb", buffering=0)
        self.size = path.stat().st_size

    def read(self, offset: int, size: int) -> bytes:
        return os.pread(self._file.fileno(), size, offset)

    def close(self) -> None:
        self._file.close()


class Writer:
    token = ""

    def sync(self) -> None:
        pass

    def __init__(self, root: Path) -> None:
        self._root, self._path = root, root / ".part"
        self._file = self._path.open("w+b", buffering=0)

    def write(self, offset: int, octets: bytes) -> None:
        os.pwrite(self._file.fileno(), octets, offset)

    def read(self, offset: int, size: int) -> bytes:
        return os.pread(self._file.fileno(), size, offset)

    def keep(self, name: str) -> None:
        self._file.close()
        self._path.rename(self._root / name)

    def discard(self) -> None:
        self._file.close()
        self._path.unlink()


def ours(root: Path, segment_octets: int) -> bytes:
    """Send the file "f" to "g" with our entities; returns the octets that arrived."""
    settings = Settings(pdu_octets_max=segment_octets + HEADER_OCTETS, checksum=ChecksumType.CRC32)
    near, far = Entity(1, Disk(root), settings), Entity(2, Disk(root), settings)
    near.put("f", "g", 2)
    while near.transactions or far.transactions:
        for end, other in ((near, far), (far, near)):
            if octets := end.pop_pdu(0):
                other.accept(octets, 0)
    return (root / "g").read_bytes()


def theirs(root: Path, segment_octets: int) -> bytes:
    """Send the file "f" to "g" with cfdp-py; returns the octets that arrived."""
    from benchmarks.peer_cfdp_py import Peer  # imported here because it may not be installed

    near, far = (Peer(own, other, segment_octets=segment_octets) for own, other in ((1, 2), (2, 1)))
    near.put(root / "f", root / "h", 2)
    while near.busy or far.busy:
        for end, other in ((near, far), (far, near)):
            pass_on(end.drain(), other, end)
    return (root / "h").read_bytes()


def pass_on(pdus: list[bytes], to: Any, back: Any) -> None:
    """Feed PDUs to one end, its answers to the other, and so on."""
    for octets in pdus:
        pass_on(to.accept(octets), back, to)


def rows() -> Iterator[Row]:
    with TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
        root = Path(folder)
        (root / "f").write_bytes(bytes(range(256)) * (FILE_OCTETS // 256))
        for segment_octets, hold in ((1024, 5), (4096, 3)):
            yield compare(
                f"CFDP class 2, 1 MiB by {segment_octets} B", "cfdp-py", partial(ours, root, segment_octets),
                partial(theirs, root, segment_octets) if peer("cfdppy") else None,
                amount=FILE_OCTETS / segment_octets / 1e3, unit="kPDU/s", hold=hold)  # fmt: skip
