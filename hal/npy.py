"""Arrays in numpy's own format, .npy, without numpy, which takes a quarter of a second to load on a slow board.

magic 6 | version 2 | length of the head, 2 octets or 4 from version 2.0 on | head: a literal of Python | numbers
"""

import re
import sys
from ast import literal_eval
from math import prod
from typing import IO, NamedTuple

_MAGIC = b"\x93NUMPY"
_LENGTH_OCTETS = {(1, 0): 2, (2, 0): 4}
_HEAD_OCTETS_MAX = 10_000
_KEYS = {"descr", "fortran_order", "shape"}
_DESCR = re.compile(r"([<>|=]?)([A-Za-z?])([0-9]{0,9})(\[[ -~]*\])?")
_NAMES = {"u": "uint", "i": "int", "f": "float", "c": "complex"}
_NATIVE = "<" if sys.byteorder == "little" else ">"
_CHARACTER_OCTETS = 4


class UnfitArrayError(ValueError):
    """The array is sound, but none of plain numbers or texts, or of another version of the format."""


class ArrayHead(NamedTuple):
    """What an array is: its shape, and the order of octets, kind and size of its items, as numpy writes them."""

    shape: tuple[int, ...]
    is_fortran: bool
    order: str
    kind: str
    size: int

    @property
    def name(self) -> str:
        """numpy's name of the type of items."""
        if self.kind == "b":
            return "bool"
        return f"{_NAMES[self.kind]}{8 * self.size}" if self.kind in _NAMES else f"{self.kind}{self.size}"

    @property
    def item_octets(self) -> int:
        """What one item takes."""
        return self.size * (_CHARACTER_OCTETS if self.kind == "U" else 1)

    @property
    def octets(self) -> int:
        """What all items take."""
        return prod(self.shape) * self.item_octets

    @property
    def is_plain(self) -> bool:
        """Whether the octets stand in memory as this machine has them, row after row."""
        return not self.is_fortran and (self.size == 1 or self.order in {_NATIVE, "=", "|"})


def read_head(file: IO[bytes]) -> ArrayHead:
    """Read the head of an array; its items follow. Raises ValueError, and whatever a literal does."""
    if file.read(len(_MAGIC)) != _MAGIC:
        raise ValueError("no array of numpy")
    version = tuple(file.read(2))
    if version not in _LENGTH_OCTETS:
        raise UnfitArrayError(f"an array of format {version}, expected 1.0 or 2.0")
    length = int.from_bytes(file.read(_LENGTH_OCTETS[version]), "little")
    head = file.read(length) if length <= _HEAD_OCTETS_MAX else b""
    if len(head) != length:
        raise ValueError("its head is cut short, or too long")
    return _head(literal_eval(head.decode("latin-1")))


def read_texts(octets: bytes, head: ArrayHead) -> list[str]:
    """The texts that a row of them holds. Raises ValueError where they are none."""
    code = "utf-32-be" if head.order == ">" else "utf-32-le"
    size = head.item_octets
    texts = (octets[at * size : (at + 1) * size].decode(code) for at in range(prod(head.shape)))
    return [text.rstrip("\0") for text in texts]


def _head(said: object) -> ArrayHead:
    if not isinstance(said, dict) or set(said) != _KEYS:
        raise ValueError("its head does not say type, order and shape")
    descr, is_fortran, shape = said["descr"], said["fortran_order"], said["shape"]
    if not isinstance(shape, tuple) or not all(type(side) is int and side >= 0 for side in shape):
        raise ValueError(f"its shape is {str(shape)[:40]}")
    form = _DESCR.fullmatch(descr) if isinstance(descr, str) else None
    if form is None or form[2] in "OV":
        raise UnfitArrayError("made of Python objects or records, expected plain numbers or texts")
    return ArrayHead(shape, bool(is_fortran), form[1], form[2], int(form[3] or 0))
