"""A file system in memory that forgets what was not synced, and can be full, fail, or lose its power in any call.

After a cut every file holds what was synced, or some of what was written since, perhaps torn; of the names that came or
went since their folder was synced any part is there. Which, is drawn: all of it is what a real disk may do.
"""

import errno
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from rig.world.power import Power


@dataclass(eq=False, slots=True)
class _File:
    """`safe`: what the disk has; `unsafe`: the contents that writes since then made of it, one after the other."""

    safe: bytes = b""
    unsafe: list[bytes] = field(default_factory=list)

    @property
    def octets(self) -> bytes:
        return self.unsafe[-1] if self.unsafe else self.safe


@dataclass(eq=False, slots=True)
class _Folder:
    """Names as they are now, as they were at the last sync, and what changed since: names that were given or gone."""

    now: dict[str, "_Entry"] = field(default_factory=dict)
    safe: dict[str, "_Entry"] = field(default_factory=dict)
    changes: list[dict[str, "_Entry | None"]] = field(default_factory=list)

    def change(self, names: dict[str, "_Entry | None"]) -> None:
        """Give and take names, together."""
        self.changes.append(names)
        _apply(self.now, names)


_Entry = _File | _Folder


class Disk:
    """`Medium` of a computer with `power`; `random` draws what a cut leaves.

    `octets_max` bounds what all files take, `failing` is the probability that a call fails, and after `cut_after`
    further calls that change or sync something the power fails, in the middle of the last one.
    """

    def __init__(self, random: Random, power: Power, root: _Folder | None = None) -> None:
        self._random, self._power = random, power
        self._root = root or _Folder()
        self.octets_max: int | None = None
        self.failing = 0.0
        self.cut_after: int | None = None
        self.calls = self.refused = 0

    def read(self, path: Path) -> bytes:
        """All octets of a file."""
        self._begin(path)
        return self._file(path).octets

    def names(self, folder: Path) -> list[str]:
        """What is in a folder, sorted."""
        self._begin(folder)
        return sorted(self._folder(folder).now)

    def write(self, path: Path, octets: bytes) -> None:
        """Give a file this content and no other."""
        self._put(path, octets, 0)

    def overwrite(self, path: Path, octets: bytes) -> None:
        """Write over the first octets of a file."""
        self._put(path, octets, len(octets))

    def append(self, path: Path, octets: bytes) -> None:
        """Write behind the last octet of a file."""
        self._put(path, octets, -1)

    def sync(self, path: Path) -> None:
        """Make the content of a file, or the names in a folder, safe."""
        self._begin(path)
        entry = self._find(path)
        self._change()
        if isinstance(entry, _Folder):
            entry.safe, entry.changes = dict(entry.now), []
        else:
            entry.safe, entry.unsafe = entry.octets, []

    def replace(self, old: Path, new: Path) -> None:
        """Give the file at `old` the name `new`; in one folder it has one of both after a cut, in two perhaps both."""
        self._begin(new)
        file, before, after = self._file(old), self._folder(old.parent), self._folder(new.parent)
        if before is after:
            after.change({old.name: None, new.name: file})
        else:
            after.change({new.name: file})
            before.change({old.name: None})
        self._change()

    def remove(self, path: Path) -> None:
        """Take a file's name away."""
        self._begin(path)
        self._file(path)
        self._folder(path.parent).change({path.name: None})
        self._change()

    def make_folder(self, folder: Path) -> bool:
        """Make a folder in one that is there."""
        self._begin(folder)
        above = self._folder(folder.parent)
        if folder.name in above.now:
            return False
        above.change({folder.name: _Folder()})
        self._change()
        return True

    def after_cut(self, power: Power) -> "Disk":
        """The disk as the next start of the computer finds it."""
        return Disk(self._random, power, self._left(self._root, {}))

    @property
    def octets(self) -> int:
        """What all files take."""
        return sum(len(file.octets) for file in _files(self._root))

    def _begin(self, path: Path) -> None:
        self._power.check()
        if self.failing and self._random.random() < self.failing:
            self.refused += 1
            raise OSError(errno.EIO, "Input/output error", str(path))

    def _change(self) -> None:
        """Something was changed or is being synced: the power may fail right now."""
        self.calls += 1
        if self.cut_after is not None:
            self.cut_after -= 1
            if self.cut_after <= 0:
                self._power.cut()
                self._power.check()

    def _put(self, path: Path, octets: bytes, over: int) -> None:
        """Write; `over`: how many octets of what stood there give way, 0 for all of it, -1 for none."""
        self._begin(path)
        folder = self._folder(path.parent)
        entry = folder.now.get(path.name)
        before = entry.octets if isinstance(entry, _File) else b""
        content = octets if not over else before + octets if over < 0 else octets + before[over:]
        if self.octets_max is not None and self.octets + len(content) - len(before) > max(self.octets_max, self.octets):
            self.refused += 1
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        if not isinstance(entry, _File):
            entry = _File()
            folder.change({path.name: entry})
        entry.unsafe.append(content)
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
        entry: _Entry = self._root
        for name in path.parts[1:]:
            found = entry.now.get(name) if isinstance(entry, _Folder) else None
            if found is None:
                raise FileNotFoundError(errno.ENOENT, "No such file or directory", str(path))
            entry = found
        return entry

    def _left(self, folder: _Folder, done: dict[int, _Entry]) -> _Folder:
        """What is left of a folder and of all that is below it; a file with two names stays one file."""
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
        if not file.unsafe:
            return file.safe
        versions = [file.safe, *file.unsafe]
        number = self._random.randrange(2 * len(versions) - 1)
        if number < len(versions):
            return versions[number]
        before, after = versions[number - len(versions)], versions[number - len(versions) + 1]
        at = self._random.randint(0, len(after))
        return after[:at] + before[at:] if self._random.random() < 0.5 else before[:at].ljust(at, b"\0") + after[at:]


def _apply(names: dict[str, _Entry], change: dict[str, "_Entry | None"]) -> None:
    for name, entry in change.items():
        if entry is None:
            names.pop(name, None)
        else:
            names[name] = entry


def _files(folder: _Folder) -> Iterator[_File]:
    for entry in folder.now.values():
        if isinstance(entry, _Folder):
            yield from _files(entry)
        else:
            yield entry
