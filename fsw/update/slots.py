"""Where bundles lie: two slots and a golden copy, as folders on a medium.

    G/bundle    the golden copy, put there when the board is made ready, never by command
    A/bundle    a whole signed bundle, replaced only by one whose signature was good
    A/incoming  what is being received for slot A: the chunks, one behind the other
    B/...       the same
    boot.a, boot.b  the record that says which one is started (fsw/update/record.py)

A chunk is: length 4 | CRC-32C of the name of the upload, of the offset and of the octets 4 | octets. The name is the
SHA-256 of the whole, so that chunks of another upload are none of this one.
"""

from dataclasses import dataclass, field
from pathlib import Path
from struct import Struct
from typing import Protocol

from fsw.store.durable import Durable, RecordOrigin
from fsw.store.storage import replace_file
from fsw.update.record import RECORD_OCTETS_MAX, SlotName, UpdateRecord
from hal.medium import HOST, Medium, make_folders
from kernels.coding.crc import crc32c

_CHUNK, _OFFSET = Struct(">II"), Struct(">I")
_BUNDLE, _INCOMING, _RECORD = "bundle", "incoming", "boot"


class Slots(Protocol):
    """What the machine of updates asks of a store of slots. Every call raises OSError."""

    def bundle(self, slot: SlotName) -> bytes:
        """The bundle in a slot; FileNotFoundError where there is none."""

    def install(self, slot: SlotName, octets: bytes) -> None:
        """Replace the bundle of slot A or B; after a crash the slot has the old one or the new one, as a whole."""

    def begin(self, slot: SlotName) -> None:
        """Forget what was received for a slot."""

    def append(self, slot: SlotName, upload: str, octets: bytes) -> None:
        """Keep the next octets of an upload; on return they survive a crash."""

    def received(self, slot: SlotName, upload: str) -> bytes:
        """The octets of an upload that are there, from the first on without a gap."""

    def count(self, slot: SlotName, upload: str) -> int:
        """How many octets `received` would give, as far as that is known without reading them."""


@dataclass
class FolderSlots:
    """Slots as folders in `folder`, which are made when they are first needed. `golden`: the file of slot G, if it lies

    elsewhere.
    """

    folder: Path
    medium: Medium = HOST
    _sound: dict[SlotName, tuple[str, int]] = field(default_factory=dict)
    """Of the slots whose chunks are all sound: the upload, and how many octets of it are there."""
    golden: Path | None = None

    def path(self, slot: SlotName) -> Path:
        """The file of a slot's bundle."""
        return self.golden if self.golden and slot is SlotName.G else self.folder / slot.name / _BUNDLE

    def bundle(self, slot: SlotName) -> bytes:
        """The bundle in a slot."""
        return self.medium.read(self.path(slot))

    def install(self, slot: SlotName, octets: bytes) -> None:
        """Replace the bundle of slot A or B."""
        assert slot is not SlotName.G
        make_folders(self.path(slot).parent, self.medium)
        replace_file(self.path(slot), octets, self.medium)

    def begin(self, slot: SlotName) -> None:
        """Forget what was received for a slot."""
        self._sound.pop(slot, None)
        path = self._incoming(slot)
        try:
            self.medium.remove(path)
        except FileNotFoundError:
            return
        self.medium.sync(path.parent)

    def append(self, slot: SlotName, upload: str, octets: bytes) -> None:
        """Keep the next octets of an upload."""
        path, at = self._incoming(slot), self.count(slot, upload)
        is_sound = self._sound.pop(slot, None) is not None
        if is_sound:
            self.medium.append(path, _chunk(upload, at, octets))
            self.medium.sync(path)
        else:
            make_folders(path.parent, self.medium)
            there = self.received(slot, upload)
            whole = _chunk(upload, 0, there) if there else b""
            replace_file(path, whole + _chunk(upload, at, octets), self.medium)
        self._sound[slot] = upload, at + len(octets)

    def received(self, slot: SlotName, upload: str) -> bytes:
        """The octets of an upload that are there; a chunk that is damaged or was cut ends them."""
        self._sound.pop(slot, None)
        try:
            octets = self.medium.read(self._incoming(slot))
        except FileNotFoundError:
            return b""
        found, end = _sound_part(upload, octets)
        if end == len(octets):
            self._sound[slot] = upload, len(found)
        return found

    def count(self, slot: SlotName, upload: str) -> int:
        """How many octets of an upload are there; they are read once, and counted from then on."""
        known, octets = self._sound.get(slot, ("", 0))
        return octets if known == upload else len(self.received(slot, upload))

    def record(self) -> Durable[UpdateRecord]:
        """The record beside the slots, as it is now. One process at a time may store it.

        Where one of its two copies cannot be read, or is damaged, the other one may be the older of them.
        """
        record = Durable(self.folder, _RECORD, UpdateRecord(), RECORD_OCTETS_MAX, self.medium)
        if record.origin is RecordOrigin.DOUBTED:
            record.value = record.value.doubted()
        return record

    def _incoming(self, slot: SlotName) -> Path:
        return self.folder / slot.name / _INCOMING


def _chunk(upload: str, offset: int, octets: bytes) -> bytes:
    return _CHUNK.pack(len(octets), _crc(upload, offset, octets)) + octets


def _sound_part(upload: str, octets: bytes) -> tuple[bytes, int]:
    """The octets of all chunks up to the first that is not sound, and where that begins."""
    found, at = bytearray(), 0
    while len(octets) - at >= _CHUNK.size:
        size, crc = _CHUNK.unpack_from(octets, at)
        chunk = octets[at + _CHUNK.size : at + _CHUNK.size + size]
        if not chunk or len(chunk) != size or _crc(upload, len(found), chunk) != crc:
            break
        found += chunk
        at += _CHUNK.size + size
    return bytes(found), at


def _crc(upload: str, offset: int, octets: bytes) -> int:
    return crc32c(upload.encode() + _OFFSET.pack(offset) + octets)
