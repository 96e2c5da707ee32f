"""A disk that can be copied for nothing, and tells at each call what a power cut may leave of it."""

import errno
from pathlib import Path

FOLDERS = {"", "/slots", "/slots/G", "/slots/A", "/slots/B"}


class Disk:
    """`Medium` over two dicts of contents by path: `now`, and `safe`, what a cut leaves of it for sure.

    Each call has a number, from 1 on. At the call `fails_at` EIO is raised, before it or, if it changes something,
    behind it as well (`is_late`). At the change `lies_at` nothing is changed, and with `misplaced` the octets land over
    the first ones of that file; the caller is told that all is well. `left` collects what cuts leave.
    """

    def __init__(self, now, safe=None, fails_at=0, is_late=False, lies_at=0, misplaced=None, is_watched=False):
        self.now, self.safe = now, now if safe is None else safe
        self.fails_at, self.is_late, self.lies_at, self.misplaced = fails_at, is_late, lies_at, misplaced
        self.is_watched, self.left, self.calls, self.changes = is_watched, [], 0, 0

    def read(self, path: Path) -> bytes:
        self._call()
        try:
            return self.now[str(path)]
        except KeyError:
            raise FileNotFoundError(errno.ENOENT, "No such file or directory") from None

    def read_part(self, path: Path, offset: int, size: int) -> bytes:
        return self.read(path)[offset : offset + size]

    def names(self, folder: Path) -> list[str]:
        raise NotImplementedError

    def write(self, path: Path, octets: bytes) -> None:
        self._change({str(path): octets})

    def overwrite(self, path: Path, octets: bytes) -> None:
        self._change({str(path): octets + self.now.get(str(path), b"")[len(octets) :]})

    def append(self, path: Path, octets: bytes) -> None:
        self._change({str(path): self.now.get(str(path), b"") + octets})

    def replace(self, old: Path, new: Path) -> None:
        if str(old) not in self.now:
            raise FileNotFoundError(errno.ENOENT, "No such file or directory")
        self._change({str(new): self.now[str(old)], str(old): None})

    def remove(self, path: Path) -> None:
        if str(path) not in self.now:
            raise FileNotFoundError(errno.ENOENT, "No such file or directory")
        self._change({str(path): None})

    def sync(self, path: Path) -> None:
        self._call()
        name = str(path)
        if name in FOLDERS:  # names only: a file whose octets are not safe yet keeps those that are
            below = {one for one in {*self.now, *self.safe} if one.rpartition("/")[0] == name}
            gone = {one for one in below if one not in self.now}
            moved = {one: self.now[one] for one in below - gone}
        else:
            gone, moved = set(), {name: self.now[name]} if name in self.now else {}
        self.safe = {one: octets for one, octets in {**self.safe, **moved}.items() if one not in gone}
        if self.safe == self.now:
            self.safe = self.now

    def make_folder(self, folder: Path) -> bool:
        assert str(folder) in FOLDERS, folder
        return False

    def _call(self):
        self.calls += 1
        if self.calls == self.fails_at and not self.is_late:
            raise OSError(errno.EIO, "Input/output error")

    def _change(self, changes):
        self._call()
        self.changes += 1
        if self.changes == self.lies_at:
            changes = self._lie(changes)
        before = self.now
        self.now = {name: octets for name, octets in {**before, **changes}.items() if octets is not None}
        if self.is_watched:
            self._watch(before, changes)
        if self.calls == self.fails_at:
            raise OSError(errno.EIO, "Input/output error")

    def _lie(self, changes):
        octets = next(iter(changes.values()))
        if self.misplaced is None or octets is None:
            return {}
        return {self.misplaced: octets + self.now.get(self.misplaced, b"")[len(octets) :]}

    def _watch(self, before, changes):
        """A cut leaves what is safe, all that was done, or the last change torn."""
        self.left += [self.safe, self.now]
        for name, octets in changes.items():
            old = before.get(name, b"")
            if octets is None or len(changes) > 1:
                continue
            for cut in {0, 4, len(octets) // 2, len(octets) - 1}:
                self.left.append({**before, name: octets[:cut] + old[cut:]})
                self.left.append({**before, name: octets[:cut]})
