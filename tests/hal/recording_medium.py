"""A file system in memory that remembers what was not synced, and shows what a power cut may leave of it."""

import errno
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from hal.medium import MediumEntry

OLD, NEW = "old", "new"
ROOT = Path("/")


@dataclass(eq=False)
class _File:
    """`safe`: what the disk has; `unsafe`: the contents that writes since then made of it, one after the other."""

    safe: bytes = b""
    unsafe: list[bytes] = field(default_factory=list)

    @property
    def octets(self) -> bytes:
        return self.unsafe[-1] if self.unsafe else self.safe

    def torn(self) -> Iterator[bytes]:
        """What may be there after a cut: some of what was written last over some of what was there before."""
        versions = [self.safe, *self.unsafe]
        yield from versions
        for before, after in pairwise(versions):
            for cut in sorted({0, 1, 4, len(after) // 3, len(after) // 2, len(after) - 1}):
                if 0 <= cut < len(after):
                    yield after[:cut] + before[cut:]
                    yield before[:cut].ljust(cut, b"\0") + after[cut:]


@dataclass(eq=False)
class _Folder:
    """Names safe and as they are now."""

    safe: dict[str, "_File | _Folder"] = field(default_factory=dict)
    now: dict[str, "_File | _Folder"] = field(default_factory=dict)


class RecordingMedium:
    """`Medium` in memory. `calls` tells what changed it or synced it: a name and a path each.

    `fail(call, path)` is asked before each call and may raise OSError; `on_call` is told after each that changed or
    synced something, which is where a power cut is of interest.
    """

    def __init__(self, fail=lambda call, path: None, on_call=lambda medium: None):
        self.root, self.calls, self.fail, self.on_call = _Folder(), [], fail, on_call

    def entry(self, path: Path) -> MediumEntry:
        self.fail("entry", path)
        found = self._find(path)
        return MediumEntry(True) if isinstance(found, _Folder) else MediumEntry(False, len(found.octets))

    def read_part(self, path: Path, offset: int, size: int) -> bytes:
        return self.read(path)[offset : offset + size]

    def read(self, path: Path) -> bytes:
        self.fail("read", path)
        file = self._folder(path.parent).now.get(path.name)
        if file is None:
            raise FileNotFoundError(path)
        return file.octets

    def names(self, folder: Path) -> list[str]:
        self.fail("names", folder)
        return sorted(self._folder(folder).now)

    def write(self, path: Path, octets: bytes) -> None:
        self._put("write", path, lambda _old: octets)

    def overwrite(self, path: Path, octets: bytes) -> None:
        self._put("overwrite", path, lambda old: octets + old[len(octets) :])

    def write_part(self, path: Path, offset: int, octets: bytes) -> None:
        end = offset + len(octets)
        self._put("write_part", path, lambda old: old[:offset].ljust(offset, b"\0") + octets + old[end:])

    def append(self, path: Path, octets: bytes) -> None:
        self._put("append", path, lambda old: old + octets)

    def sync(self, path: Path) -> None:
        self.fail("sync", path)
        entry = self._find(path)
        if isinstance(entry, _Folder):
            entry.safe = dict(entry.now)
        else:
            entry.safe, entry.unsafe = entry.octets, []
        self._called("sync", path)

    def replace(self, old: Path, new: Path) -> None:
        self.fail("replace", new)
        self._folder(new.parent).now[new.name] = self._folder(old.parent).now.pop(old.name)
        self._called("replace", new)

    def remove(self, path: Path) -> None:
        self.fail("remove", path)
        if self._folder(path.parent).now.pop(path.name, None) is None:
            raise FileNotFoundError(path)
        self._called("remove", path)

    def make_folder(self, folder: Path) -> bool:
        self.fail("make_folder", folder)
        names = self._folder(folder.parent).now
        if folder.name in names:
            return False
        names[folder.name] = _Folder()
        self._called("make_folder", folder)
        return True

    def remove_folder(self, folder: Path) -> None:
        self.fail("remove_folder", folder)
        if self._folder(folder).now:
            raise OSError(errno.ENOTEMPTY, "Directory not empty")
        del self._folder(folder.parent).now[folder.name]
        self._called("remove_folder", folder)

    def after_cut(self, folder: Path = ROOT) -> "Iterator[RecordingMedium]":
        """What a power cut now may leave: of what was not synced nothing, everything, or one thing in `folder` torn."""
        for names in (OLD, NEW):
            for octets in (OLD, NEW):
                yield self._left(names, octets, {})
            for file in self._unsafe_files(self._find(folder)):
                for content in file.torn():
                    yield self._left(names, OLD, {file: content})
                    yield self._left(names, NEW, {file: content})

    def _left(self, names: str, octets: str, torn: dict[_File, bytes]) -> "RecordingMedium":
        medium = RecordingMedium()
        medium.root = _after(self.root, names, octets, torn, {})
        return medium

    def _unsafe_files(self, folder: _Folder) -> list[_File]:
        entries = {id(entry): entry for entry in (*folder.safe.values(), *folder.now.values())}.values()
        found = [entry for entry in entries if isinstance(entry, _File) and entry.unsafe]
        return found + [file for entry in entries if isinstance(entry, _Folder) for file in self._unsafe_files(entry)]

    def _put(self, call, path, content):
        self.fail(call, path)
        file = self._folder(path.parent).now.setdefault(path.name, _File())
        file.unsafe.append(content(file.octets))
        self._called(call, path)

    def _called(self, call, path):
        self.calls.append((call, path))
        self.on_call(self)

    def _folder(self, path: Path) -> _Folder:
        folder = self._find(path)
        assert isinstance(folder, _Folder), path
        return folder

    def _find(self, path: Path):
        entry = self.root
        for name in path.parts:
            if name != "/":
                if not isinstance(entry, _Folder) or name not in entry.now:
                    raise FileNotFoundError(path)
                entry = entry.now[name]
        return entry


def _after(folder, names, octets, torn, done):
    """A copy of what is left, everything in it safe; a file with two names stays one file."""
    kept = folder.safe if names == OLD else folder.now
    left = {}
    for name, entry in kept.items():
        if id(entry) not in done:
            if isinstance(entry, _Folder):
                done[id(entry)] = _after(entry, names, octets, torn, done)
            else:
                done[id(entry)] = _File(torn.get(entry, entry.safe if octets == OLD else entry.octets))
        left[name] = done[id(entry)]
    return _Folder(left, dict(left))


def only_reads(number):
    """`fail` of a disk that takes nothing, for the reason `number`."""

    def fail(call, path):
        if call not in {"read", "names", "entry", "sync"}:
            raise OSError(number, "disk")

    return fail


def only_on(name, failing):
    """`fail` of a disk that cannot do one call to files of one name."""

    def fail(call, path):
        if (call, path.name) == (failing, name):
            raise OSError(errno.EIO, "disk")

    return fail
