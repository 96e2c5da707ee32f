"""A file system in memory that forgets unsynced changes, and can be full, fail, or lose its power in any call.

After a power cut every file holds what was synced, or a part of what was written since, perhaps torn; of the names
added or removed since the last sync of their folder, any part took effect. The outcome is drawn: a real disk may do
any of it.
"""

import errno
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from hal.medium import MediumEntry
from rig.world.power import Power


@dataclass(eq=False, slots=True)
class _File:
    """`safe`: the synced content; `unsafe`: the whole content after each write since, in order.

    What is written behind the end is `grown`, one piece a write, until somebody looks at the content: a file that only
    grows is not copied with each write.
    """

    safe: bytes = b""
    unsafe: list[bytes] = field(default_factory=list)
    grown: list[bytes] = field(default_factory=list)

    @property
    def octets(self) -> bytes:
        return self.versions[-1]

    @property
    def versions(self) -> list[bytes]:
        """The synced content, and the whole content after each write since."""
        for piece in self.grown:
            self.unsafe.append((self.unsafe[-1] if self.unsafe else self.safe) + piece)
        self.grown = []
        return [self.safe, *self.unsafe]

    @property
    def is_unsafe(self) -> bool:
        return bool(self.unsafe or self.grown)

    def write(self, octets: bytes) -> None:
        """Have this content from now on, which is not safe yet."""
        self.unsafe = self.versions[1:]
        self.unsafe.append(octets)

    def sync(self) -> None:
        """Make the content safe."""
        self.safe = b"".join((self.unsafe[-1] if self.unsafe else self.safe, *self.grown))
        self.unsafe, self.grown = [], []


@dataclass(eq=False, slots=True)
class _Folder:
    """Names as they are now, as they were at the last sync, and each change since: names added, or removed (None)."""

    now: dict[str, "_Entry"] = field(default_factory=dict)
    safe: dict[str, "_Entry"] = field(default_factory=dict)
    changes: list[dict[str, "_Entry | None"]] = field(default_factory=list)

    @property
    def is_unsafe(self) -> bool:
        return bool(self.changes)

    def change(self, names: dict[str, "_Entry | None"]) -> None:
        """Add and remove names, as one change."""
        self.changes.append(names)
        _apply(self.now, names)


_Entry = _File | _Folder


class Disk:
    """`Medium` of a computer with `power`; `random` draws what is left after a power cut.

    `octets_max` bounds the size of all files. `failing`, `tearing`, `misdirecting` are probabilities: that a call
    fails, that a write fails after a part of it, that one changes another file of its folder in place of its own. While
    it `is_read_only` nothing can be changed; while it `is_lying`, a sync does nothing. `has_lied`: something that was
    confirmed may be lost. After `cut_after` further calls that change or sync something the power fails, in the middle
    of the last one.
    """

    def __init__(self, random: Random, power: Power, root: _Folder | None = None) -> None:
        self._random, self.power = random, power
        self._root = root or _Folder()
        self.octets_max: int | None = None
        self.failing = self.tearing = self.misdirecting = 0.0
        self.is_read_only = self.is_lying = self._has_strayed = False
        self.cut_after: int | None = None
        self.refused = self.strayed = 0
        self._doubted: set[_Entry] = set()  # confirmed as synced, and not synced since

    def entry(self, path: Path) -> MediumEntry:
        """What is there."""
        self._begin(path)
        found = self._find(path)
        return MediumEntry(True) if isinstance(found, _Folder) else MediumEntry(False, len(found.octets))

    def read(self, path: Path) -> bytes:
        """All octets of a file."""
        self._begin(path)
        return self._file(path).octets

    def read_part(self, path: Path, offset: int, size: int) -> bytes:
        """Some octets of a file."""
        return self.read(path)[offset : offset + size]

    def names(self, folder: Path) -> list[str]:
        """The names in a folder, sorted."""
        self._begin(folder)
        return sorted(self._folder(folder).now)

    def write(self, path: Path, octets: bytes) -> None:
        """Write a file, in place of any content it had."""
        self._put(path, lambda _: octets)

    def overwrite(self, path: Path, octets: bytes) -> None:
        """Write over the first octets of a file."""
        self.write_part(path, 0, octets)

    def write_part(self, path: Path, offset: int, octets: bytes) -> None:
        """Write over the octets of a file from `offset` on."""
        self._put(path, lambda old: old[:offset].ljust(offset, b"\0") + octets + old[offset + len(octets) :])

    def append(self, path: Path, octets: bytes) -> None:
        """Write behind the last octet of a file."""
        entry = self._found(path.parts)
        if isinstance(entry, _File) and not (self.misdirecting or self.tearing or self.octets_max is not None):
            self._begin(path, is_change=True)
            entry.grown.append(octets)
            self._change()
        else:
            self._put(path, lambda old: old + octets)

    def sync(self, path: Path) -> None:
        """Make the content of a file, or the names in a folder, survive a power cut."""
        self._begin(path)
        entry = self._find(path)
        self._change()
        if self.is_lying:
            if entry.is_unsafe:
                self._doubted.add(entry)
            return
        self._doubted.discard(entry)
        if isinstance(entry, _Folder):
            entry.safe, entry.changes = dict(entry.now), []
        else:
            entry.sync()

    def replace(self, old: Path, new: Path) -> None:
        """Rename. After a cut it has the old name or the new one; in two folders perhaps both, or none."""
        self._begin(new, is_change=True)
        file, before, after = self._find(old), self._folder(old.parent), self._folder(new.parent)
        if (isinstance(file, _Folder) and new.name in after.now) or isinstance(after.now.get(new.name), _Folder):
            raise FileExistsError(errno.EEXIST, "File exists", str(new))
        if before is after:
            after.change({old.name: None, new.name: file})
        else:
            after.change({new.name: file})
            before.change({old.name: None})
        self._change()

    def remove(self, path: Path) -> None:
        """Remove the name of a file."""
        self._begin(path, is_change=True)
        self._file(path)
        self._folder(path.parent).change({path.name: None})
        self._change()

    def make_folder(self, folder: Path) -> bool:
        """Make a folder in an existing one."""
        self._begin(folder)
        above = self._folder(folder.parent)
        if folder.name in above.now:
            return False
        self._check_writable(folder)
        above.change({folder.name: _Folder()})
        self._change()
        return True

    def remove_folder(self, folder: Path) -> None:
        """Remove an empty folder."""
        self._begin(folder, is_change=True)
        if self._folder(folder).now:
            raise OSError(errno.ENOTEMPTY, "Directory not empty", str(folder))
        self._folder(folder.parent).change({folder.name: None})
        self._change()

    def after_cut(self, power: Power) -> "Disk":
        """The disk as the next start of the computer finds it, with the same troubles."""
        disk = Disk(self._random, power, self._left(self._root, {}))
        disk.octets_max, disk.is_read_only, disk.is_lying = self.octets_max, self.is_read_only, self.is_lying
        disk.failing, disk.tearing, disk.misdirecting = self.failing, self.tearing, self.misdirecting
        return disk

    def rot(self, path: Path) -> None:
        """Flip a bit of a file, before the zeros at its end, which nobody asked for and nobody is told."""
        file = self._file(path)
        bits = bytearray(file.octets)
        at = self._random.randrange(8 * max(1, len(file.octets.rstrip(b"\0"))))
        bits[at // 8] ^= 0x80 >> at % 8
        file.write(bytes(bits))
        file.sync()

    def read_quietly(self, path: Path) -> bytes:
        """All octets of a file, whatever ails the disk."""
        return self._file(path).octets

    @property
    def has_lied(self) -> bool:
        """Whether something that was confirmed may be lost at the next start."""
        return bool(self._doubted) or self._has_strayed

    @property
    def paths(self) -> list[Path]:
        """All files, sorted."""
        return sorted(_paths(self._root, Path("/")))

    @property
    def octets(self) -> int:
        """The size of all files."""
        return sum(len(file.octets) for file in _files(self._root))

    def _begin(self, path: Path, *, is_change: bool = False) -> None:
        self.power.check()
        if is_change:
            self._check_writable(path)
        if self.failing and self._random.random() < self.failing:
            self.refused += 1
            raise OSError(errno.EIO, "Input/output error", str(path))

    def _check_writable(self, path: Path) -> None:
        if self.is_read_only:
            self.refused += 1
            raise OSError(errno.EROFS, "Read-only file system", str(path))

    def _change(self) -> None:
        """A change or sync is under way, during which the power may fail."""
        if self.cut_after is not None:
            self.cut_after -= 1
            if self.cut_after <= 0:
                self.power.cut()
                self.power.check()

    def _put(self, path: Path, changed: Callable[[bytes], bytes]) -> None:
        """Write the content that `changed` makes of the one before."""
        self._begin(path, is_change=True)
        folder = self._folder(path.parent)
        if self.misdirecting and self._random.random() < self.misdirecting:
            self._stray(folder, path.name, changed)
            return
        entry = folder.now.get(path.name)
        before = entry.octets if isinstance(entry, _File) else b""
        content = changed(before)
        if self.octets_max is not None and self.octets + len(content) - len(before) > max(self.octets_max, self.octets):
            self.refused += 1
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        if not isinstance(entry, _File):
            entry = _File()
            folder.change({path.name: entry})
        if self.tearing and self._random.random() < self.tearing:
            self.refused += 1
            kept = self._random.randint(0, len(content))
            entry.write(content[:kept] + before[kept:])
            raise OSError(errno.EIO, "Input/output error", str(path))
        entry.write(content)
        self._change()

    def _stray(self, folder: _Folder, name: str, changed: Callable[[bytes], bytes]) -> None:
        """Change another file, and leave the one that is meant as it is."""
        others = sorted(other for other, entry in folder.now.items() if isinstance(entry, _File) and other != name)
        self.strayed += 1
        self._has_strayed = True
        if others:
            file = folder.now[self._random.choice(others)]
            assert isinstance(file, _File)
            file.write(changed(file.octets))
        self._change()

    def _file(self, path: Path) -> _File:
        entry = self._find(path)
        if not isinstance(entry, _File):
            raise IsADirectoryError(errno.EISDIR, "Is a directory", str(path))
        return entry

    def _folder(self, path: Path) -> _Folder:
        entry = self._find(path)
        if not isinstance(entry, _Folder):
            raise NotADirectoryError(errno.ENOTDIR, "Not a directory", str(path))
        return entry

    def _find(self, path: Path) -> _Entry:
        entry = self._found(path.parts)
        if entry is None:
            raise FileNotFoundError(errno.ENOENT, "No such file or directory", str(path))
        return entry

    def _found(self, parts: Sequence[str]) -> _Entry | None:
        """What is at the path of these parts, the first of which is the root; None where there is nothing."""
        entry: _Entry | None = self._root
        for name in parts[1:]:
            entry = entry.now.get(name) if isinstance(entry, _Folder) else None
        return entry

    def _left(self, folder: _Folder, done: dict[int, _Entry]) -> _Folder:
        """A folder, and all below it, after a power cut; a file with two names stays one file."""
        names, share = dict(folder.safe), self._random.choice((0.0, 0.5, 1.0))
        for change in folder.changes:
            if self._random.random() < share:
                _apply(names, change)
        left: dict[str, _Entry] = {}
        for name, entry in names.items():
            if id(entry) not in done:
                done[id(entry)] = self._left(entry, done) if isinstance(entry, _Folder) else _File(self._torn(entry))
            left[name] = done[id(entry)]
        return _Folder(left, dict(left))

    def _torn(self, file: _File) -> bytes:
        versions = file.versions
        if len(versions) == 1:
            return file.safe
        number = self._random.randrange(2 * len(versions) - 1)
        if number < len(versions):
            return versions[number]
        before, after = versions[number - len(versions)], versions[number - len(versions) + 1]
        at = self._random.randint(*_differing(before, after))
        return after[:at] + before[at:] if self._random.random() < 0.5 else before[:at].ljust(at, b"\0") + after[at:]


def _differing(before: bytes, after: bytes) -> tuple[int, int]:
    """The first octet in which they differ, and the one behind the last: a tear elsewhere is none."""
    if len(before) != len(after):
        return 0, len(after)
    difference = int.from_bytes(before) ^ int.from_bytes(after)
    if not difference:
        return 0, 0
    lowest = (difference & -difference).bit_length() - 1
    return len(after) - (difference.bit_length() + 7) // 8, len(after) - lowest // 8


def _apply(names: dict[str, _Entry], change: dict[str, "_Entry | None"]) -> None:
    for name, entry in change.items():
        if entry is None:
            names.pop(name, None)
        else:
            names[name] = entry


def _paths(folder: _Folder, path: Path) -> Iterator[Path]:
    for name, entry in folder.now.items():
        if isinstance(entry, _Folder):
            yield from _paths(entry, path / name)
        else:
            yield path / name


def _files(folder: _Folder) -> Iterator[_File]:
    for entry in folder.now.values():
        if isinstance(entry, _Folder):
            yield from _files(entry)
        else:
            yield entry
