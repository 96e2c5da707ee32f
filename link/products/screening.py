"""Products of a scene that was screened for clouds: the cloud mask, and the clear tiles, losslessly compressed.

Both begin with    version 4 | kind 4 | id 32 | target (length 8, UTF-8), then

clouds (kind 3):   rows 16 | columns 16 | runs (to the end; csrc/include/skyrack/image.h), 1 where it is cloudy
tile   (kind 4):   row 16 | column 16 | bands 8 | rows 16 | columns 16 | octets a sample 8 | zlib stream (to the end)

Where not all pixels were data the version is 2, and before the runs, or the zlib stream, stand the runs of those that
were, behind their number of octets (32); in tiles the samples are 0 where there was no data.

The zlib stream (RFC 1950) is of residues: each sample less its left neighbour, less the same difference in the row
above, modulo its range (what lies outside the tile counts as 0); then 0, -1, 1, -2 ... numbered from 0; all low octets
before all high ones.
"""

import struct
import zlib
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from link.errors import DecodeError, TruncatedError

_WHOLE, _PARTLY, _CLOUDS, _TILE = 1, 2, 3, 4
_HEAD, _SHAPE, _PLACE = struct.Struct(">BIB"), struct.Struct(">HH"), struct.Struct(">HHBHHB")
_LENGTH = struct.Struct(">I")
_LEVEL = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudMaskProduct:
    """Cloud mask of the image of capture `id`: `runs` of a mask of `shape` (rows, columns), 1 where it is cloudy.

    `valid_runs`: runs of the mask of pixels that were data; empty where all were.
    """

    id: int
    target: str
    shape: tuple[int, int]
    runs: bytes
    valid_runs: bytes = b""

    def encode(self) -> bytes:
        """The file's octets."""
        head = _head(_CLOUDS, self.id, self.target, is_whole=not self.valid_runs)
        return head + _SHAPE.pack(*self.shape) + _with_length(self.valid_runs) + self.runs

    @classmethod
    def decode(cls, octets: bytes) -> Self:
        """Read a whole file; raises DecodeError."""
        is_whole, number, target, rest = _read_head(_CLOUDS, octets)
        _want(rest, _SHAPE.size)
        rows, columns = _SHAPE.unpack_from(rest)
        valid_runs, runs = _parted(rest[_SHAPE.size :], is_whole=is_whole)
        return cls(id=number, target=target, shape=(rows, columns), runs=runs, valid_runs=valid_runs)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tile:
    """`samples` (band, row, column), uint8 or uint16, from (`row`, `column`) of the image of capture `id`.

    `valid_runs`: runs of the mask of pixels that were data; empty where all were.
    """

    id: int
    target: str
    row: int
    column: int
    samples: NDArray[Any]
    valid_runs: bytes = b""

    def encode(self) -> bytes:
        """The file's octets."""
        head = _head(_TILE, self.id, self.target, is_whole=not self.valid_runs)
        place = _PLACE.pack(self.row, self.column, *self.samples.shape, self.samples.itemsize)
        return head + place + _with_length(self.valid_runs) + zlib.compress(_residues(self.samples), _LEVEL)

    @classmethod
    def decode(cls, octets: bytes) -> Self:
        """Read a whole file; raises DecodeError."""
        is_whole, number, target, rest = _read_head(_TILE, octets)
        _want(rest, _PLACE.size)
        row, column, *shape, itemsize = _PLACE.unpack_from(rest)
        if itemsize not in (1, 2):
            raise DecodeError(f"samples of {itemsize} octets, expected 1 or 2")
        valid_runs, stream = _parted(rest[_PLACE.size :], is_whole=is_whole)
        samples = _samples(_inflated(stream, itemsize * int(np.prod(shape))), shape, itemsize)
        return cls(id=number, target=target, row=row, column=column, samples=samples, valid_runs=valid_runs)


def _head(kind: int, number: int, target: str, *, is_whole: bool) -> bytes:
    name = target.encode()
    return _HEAD.pack((_WHOLE if is_whole else _PARTLY) << 4 | kind, number, len(name)) + name


def _read_head(kind: int, octets: bytes) -> tuple[bool, int, str, bytes]:
    """Whether all pixels were data, id, target, and the octets behind."""
    _want(octets, _HEAD.size)
    head, number, length = _HEAD.unpack_from(octets)
    known = (_WHOLE << 4 | kind, _PARTLY << 4 | kind)
    if head not in known:
        raise DecodeError(f"version and kind {head:#04x}, expected {known[0]:#04x} or {known[1]:#04x}")
    end = _HEAD.size + length
    _want(octets, end)
    try:
        return head == known[0], number, octets[_HEAD.size : end].decode(), octets[end:]
    except UnicodeDecodeError as error:
        raise DecodeError(f"target: {error}") from error


def _with_length(runs: bytes) -> bytes:
    return _LENGTH.pack(len(runs)) + runs if runs else b""


def _parted(octets: bytes, *, is_whole: bool) -> tuple[bytes, bytes]:
    """The runs of valid pixels, which a file has unless all are valid, and the octets behind them."""
    if is_whole:
        return b"", octets
    _want(octets, _LENGTH.size)
    end = _LENGTH.size + _LENGTH.unpack_from(octets)[0]
    _want(octets, end)
    if end == _LENGTH.size:
        raise DecodeError("no runs of valid pixels, which version 2 requires")
    return octets[_LENGTH.size : end], octets[end:]


def _want(octets: bytes, size: int) -> None:
    if len(octets) < size:
        raise TruncatedError(needed=size, given=len(octets))


def _residues(samples: NDArray[Any]) -> bytes:
    differences = samples
    for axis in (2, 1):
        differences = np.diff(differences, axis=axis, prepend=samples.dtype.type(0))
    bits = 8 * samples.itemsize
    signs = differences.view(f"i{samples.itemsize}") >> (bits - 1)
    folded: NDArray[Any] = (differences << 1) ^ signs.view(samples.dtype)
    return folded.astype(f"<u{samples.itemsize}").reshape(-1, 1).view(np.uint8).T.tobytes()


def _samples(octets: bytes, shape: list[int], itemsize: int) -> NDArray[Any]:
    folded = np.frombuffer(octets, np.uint8).reshape(itemsize, -1).T.copy().view(f"<u{itemsize}").reshape(shape)
    differences = (folded >> 1) ^ (0 - (folded & 1))
    for axis in (1, 2):
        differences = np.cumsum(differences, axis=axis, dtype=f"u{itemsize}")
    return differences


def _inflated(stream: bytes, size: int) -> bytes:
    """The `size` octets of a zlib stream that holds exactly these. Raises DecodeError."""
    inflater = zlib.decompressobj()
    try:
        octets = inflater.decompress(stream, size + 1)
    except zlib.error as error:
        raise DecodeError(f"tile: {error}") from error
    if len(octets) != size or not inflater.eof or inflater.unused_data:
        raise DecodeError(f"tile: {len(octets)} octets of samples, expected {size}")
    return octets
