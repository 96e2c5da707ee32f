"""A value that survives restarts: two slots, written in turn, so that one is whole whenever the power fails.

A slot is a file of fixed size, so that even a disk that filled up meanwhile takes the next value:
marker 4 | CRC-32C of the record's name and of what follows 4 | incarnation 8 | length 4 | MessagePack | zeros.
The incarnation grows with every stored value; the sound slot with the greater one holds the newest value.
"""

import errno
from collections.abc import Callable
from enum import Enum, auto
from functools import partial
from itertools import count
from pathlib import Path
from struct import Struct
from typing import Generic, NamedTuple, TypeVar

import msgspec

from hal.medium import HOST, Medium, make_folders
from kernels.coding.crc import crc32c

_MARKER = b"Sky2"
_CRC, _HEAD = Struct(">I"), Struct(">QI")
_BODY_AT = len(_MARKER) + _CRC.size + _HEAD.size
_SLOTS = ("a", "b")
_NO_FILE = {errno.EISDIR, errno.ELOOP, errno.ENXIO, errno.EPERM}  # a folder, a link, a pipe
_Value = TypeVar("_Value", bound=msgspec.Struct)


class RecordOrigin(Enum):
    """Where a record's value comes from."""

    NEW = auto()
    """There was no record yet: the default."""
    KEPT = auto()
    """Both slots are sound: what was stored last."""
    DOUBTED = auto()
    """A slot is damaged or cannot be read: the last value stored, or the one before; where no slot is sound, the
    default."""


class _Slot(NamedTuple):
    """The content of one slot. `body` is None where nothing was stored yet, or where the slot `is_damaged`."""

    incarnation: int = 0
    body: bytes | None = None
    is_damaged: bool = False


_NOTHING, _DAMAGED = _Slot(), _Slot(is_damaged=True)


class Durable(Generic[_Value]):
    """The record `name` in `folder`: `value` is the last one given to `store`, before the restart or since.

    `damaged` counts the slots that were found damaged or unreadable, at the start or by `check`, `failed` the values
    that the medium did not take; `fault` says why the last one failed, and is empty while the medium holds `value`.
    `is_lost`: at the start no slot was sound, though there was one. A value takes at most `octets_max`, as MessagePack.
    `sync_names` makes safe what names are in the folder, as records share it.
    """

    def __init__(
        self,
        folder: Path,
        name: str,
        default: _Value,
        octets_max: int,
        medium: Medium = HOST,
        sync_names: Callable[[], None] | None = None,
    ) -> None:
        self.value = default
        self.origin = RecordOrigin.NEW
        self.damaged = self.failed = 0
        self.is_lost = False
        self.fault = "nothing was stored yet"
        self.name = name
        self._folder, self._medium = folder, medium
        self._sync_names = sync_names or partial(medium.sync, folder)
        self._paths = [folder / f"{name}.{slot}" for slot in _SLOTS]
        self._octets_max = octets_max
        self._incarnation, self._next = 0, 0
        self._sized: set[int] = set()  # slots that have their full size, and whose name survives a crash
        self._sums: dict[int, tuple[int, int]] = {}  # size and CRC of what a slot is to hold, where that is known
        self._is_unsure = False  # a slot may hold a greater incarnation than the next one that is stored
        self._load(type(default))

    def store(self, value: _Value) -> None:
        """Keep `value`; on return it survives a crash. Raises OSError, and then it may survive a crash or not.

        To be called before the act that the value protects.
        """
        body = msgspec.msgpack.encode(value)
        assert len(body) <= self._octets_max, (self.name, len(body))
        self.value = value
        for _ in _SLOTS if self._is_unsure else _SLOTS[:1]:
            self._put(body)
        self._is_unsure = False
        self.fault = ""

    def check(self) -> str:
        """Read both slots: what is wrong with them, "" where they hold what was stored. `renew` mends it."""
        return next(filter(None, (self._found_wrong(number) for number in self._sums)), "")

    def renew(self) -> None:
        """Store the value again, in both slots. Raises OSError."""
        self._is_unsure = True
        self.store(self.value)

    def _put(self, body: bytes) -> None:
        self._incarnation += 1
        try:
            self._write(self._next, _slot(self.name, self._incarnation, body))
        except OSError as error:
            self.failed += 1
            self.fault = error.strerror or str(error)
            raise
        self._next = 1 - self._next

    def _found_wrong(self, number: int) -> str:
        """What is wrong with a slot, also counted."""
        size, crc = self._sums[number]
        try:
            octets = self._medium.read_part(self._paths[number], 0, size)
        except OSError as error:
            self.damaged += 1
            return error.strerror or str(error)
        if crc32c(octets) == crc:
            return ""
        self.damaged += 1
        return "it is damaged" if _slot_in(self.name, octets).is_damaged else "it has an older value"

    def _load(self, kind: type[_Value]) -> None:
        slots = [self._read(number) for number in range(len(_SLOTS))]
        sound = [(slot.incarnation, number, slot.body) for number, slot in enumerate(slots) if slot.body is not None]
        self.damaged = sum(slot.is_damaged for slot in slots)
        if self.damaged:
            self.origin = RecordOrigin.DOUBTED
        for incarnation, number, body in sorted(sound, reverse=True):
            try:
                self.value = msgspec.msgpack.decode(body, type=kind)
            except msgspec.ValidationError:  # written by another version of this software: treated as damaged
                self.damaged, self.origin = self.damaged + 1, RecordOrigin.DOUBTED
                continue
            self._adopt(number, incarnation)
            return
        self.is_lost = self._is_unsure = self.damaged > 0

    def _adopt(self, number: int, incarnation: int) -> None:
        """Use this slot's value, and write the other slot next. Sync the slot first: what is acted on must survive."""
        self._incarnation, self._next = incarnation, 1 - number
        if self.origin is RecordOrigin.NEW:
            self.origin = RecordOrigin.KEPT
        try:
            self._medium.sync(self._paths[number])
            self._sync_names()
            self.fault = ""
        except OSError as error:
            self.fault = error.strerror or str(error)

    def _read(self, number: int) -> _Slot:
        try:
            octets = self._medium.read_part(self._paths[number], 0, _BODY_AT + self._octets_max)
        except FileNotFoundError:
            return _NOTHING
        except OSError:
            return _DAMAGED
        slot = _slot_in(self.name, octets)
        if slot.body is not None:
            size = _BODY_AT + len(slot.body)
            self._sums[number] = size, crc32c(octets[:size])
        return slot

    def _write(self, number: int, octets: bytes) -> None:
        path = self._paths[number]
        self._sums.pop(number, None)
        self._overwrite(number, path, octets)
        self._sums[number] = len(octets), crc32c(octets)

    def _overwrite(self, number: int, path: Path, octets: bytes) -> None:
        if number in self._sized:
            self._medium.overwrite(path, octets)
            self._medium.sync(path)
            return
        make_folders(self._folder, self._medium)
        octets = octets.ljust(_BODY_AT + self._octets_max, b"\0")
        try:
            self._medium.overwrite(path, octets)
        except OSError as error:
            if error.errno not in _NO_FILE:
                raise
            self._set_aside(path)
            self._medium.overwrite(path, octets)
        self._medium.sync(path)
        self._medium.sync(self._folder)
        self._sized.add(number)

    def _set_aside(self, path: Path) -> None:
        """Give what somebody put in a slot's place another name: it is not ours to delete. Raises OSError."""
        taken = set(self._medium.names(self._folder))
        free = next(name for number in count(1) if (name := f"{path.name}.{number}") not in taken)
        self._medium.replace(path, path.with_name(free))


def _slot(name: str, incarnation: int, body: bytes) -> bytes:
    covered = _HEAD.pack(incarnation, len(body)) + body
    return _MARKER + _CRC.pack(crc32c(name.encode() + covered)) + covered


def _slot_in(name: str, octets: bytes) -> _Slot:
    if len(octets) < _BODY_AT or not octets.startswith(_MARKER):
        return _DAMAGED
    (crc,) = _CRC.unpack_from(octets, len(_MARKER))
    incarnation, length = _HEAD.unpack_from(octets, len(_MARKER) + _CRC.size)
    covered = octets[len(_MARKER) + _CRC.size : _BODY_AT + length]
    if crc32c(name.encode() + covered) != crc or len(covered) != _HEAD.size + length:
        return _DAMAGED
    return _Slot(incarnation, octets[_BODY_AT : _BODY_AT + length])
