"""Folders that are ours alone: only what lies in one of them is ever deleted or replaced.

A folder becomes ours when we make it or find it empty. From then on it holds a marker, the file `.skyrack-OWNER`. Any
other folder is refused with a sentence that names it. The owner is part of the marker's name, so that one program does
not take the folder of another one. A folder with our marker is taken without writing to it: a full disk prevents no
start.
"""

import errno
import os
import shutil
from itertools import count
from pathlib import Path

from hal.medium import HOST, Medium, make_folders

MARKER_PREFIX = ".skyrack-"
_FOUND_IN_EMPTY = frozenset({"lost+found"})  # a new file system has this folder in its root


class OwnFolder:
    """`path`, which is made where there is none, as a folder of `owner`: one word, such as "demo".

    Raises FileExistsError, with a sentence that names it, for a folder that holds something and no marker of `owner`.
    """

    def __init__(self, path: Path, owner: str, medium: Medium = HOST) -> None:
        self.path, self.marker, self._medium = path, path / f"{MARKER_PREFIX}{owner}", medium
        try:
            names = medium.names(path)
        except FileNotFoundError:
            names = []
        if self.marker.name not in names:
            self._claim(owner, [name for name in names if name not in _FOUND_IN_EMPTY])

    def remove(self, path: Path) -> None:
        """Delete a file or folder of ours, if it is there; links are deleted, not followed. Raises OSError."""
        self._check(path)
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif os.path.lexists(path):
            self._medium.remove(path)

    def replace(self, path: Path, target: Path) -> None:
        """Rename the file `path` of ours to `target`, replacing a file there, and sync its folder. Raises OSError."""
        self._check(path)
        self._medium.replace(path, target)
        self._medium.sync(target.parent)

    def _claim(self, owner: str, strange: list[str]) -> None:
        if strange:
            raise FileExistsError(
                errno.EEXIST,
                f"{self.path.resolve()} is not empty ({_few(strange)}) and not ours: nothing in it is touched; "
                "name another folder",
            )
        make_folders(self.path, self._medium)
        sentence = f"This folder belongs to Skyrack ({owner}), which may delete all that is in it.\n"
        self._medium.write(self.marker, sentence.encode())
        self._medium.sync(self.marker)
        self._medium.sync(self.path)

    def _check(self, path: Path) -> None:
        assert self.path in path.parents, f"{path} is not in {self.path}"


def set_aside(path: Path, *companions: str) -> Path:
    """Give what is at `path` the first free name of `PATH.1`, `PATH.2`, ...; returns that name. Raises OSError.

    A file beside it with its name and one of the endings `companions` is renamed alike, before `path` itself.
    """
    endings = (*companions, "")
    candidates = (path.with_name(f"{path.name}.{n}") for n in count(1))
    free = next(one for one in candidates if not any(os.path.lexists(_ended(one, ending)) for ending in endings))
    for ending in endings:
        if not ending or os.path.lexists(_ended(path, ending)):
            HOST.replace(_ended(path, ending), _ended(free, ending))
    HOST.sync(path.parent)
    return free


def _ended(path: Path, ending: str) -> Path:
    return path.with_name(path.name + ending)


def _few(names: list[str]) -> str:
    return ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")
