"""The folders of a node that the ground can reach, each a named root; no name leads out of one.

A path is `root/folder/.../name`. Its parts are of letters, digits, dots, hyphens and underscores, and begin with none
of the first: there is no `..`, nothing hidden and nothing absolute. No link is followed. What has another name is never
shown, and never touched.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from fsw.store.own_files import OwnFiles
from hal.medium import Medium, MediumEntry
from link.pus.services.verification import FailureCode, RefusedError

DEPTH_MAX, NAME_CHARACTERS_MAX, PATH_CHARACTERS_MAX = 8, 60, 200
WALKED_MAX = 4096
"""How many names are looked at for one request."""
_PART = re.compile(rf"[A-Za-z0-9_][A-Za-z0-9._-]{{0,{NAME_CHARACTERS_MAX - 1}}}")


@dataclass(frozen=True)
class Root:
    """`folder` as the ground knows it: by `name`. It holds at most `octets_max` in `entries_max` files and folders."""

    name: str
    folder: Path
    octets_max: int = 0
    entries_max: int = 0
    is_read_only: bool = False
    only: tuple[str, ...] | None = None
    """The files of `folder` that belong to the root; None: all."""


class FilePlace(NamedTuple):
    """What a path names: parts below a root."""

    root: Root
    parts: tuple[str, ...]

    @property
    def path(self) -> Path:
        """Where it is on the medium."""
        return self.root.folder.joinpath(*self.parts)

    @property
    def words(self) -> str:
        """The path as the ground writes it."""
        return "/".join((self.root.name, *self.parts))

    def below(self, name: str) -> "FilePlace":
        """The place of `name` in this folder."""
        return FilePlace(self.root, (*self.parts, name))


class RootUsage(NamedTuple):
    """What a root holds."""

    octets: int
    entries: int


class Roots:
    """The roots of a node on `medium`. What is not allowed raises RefusedError; methods that touch the medium, OSError.

    A root that can be written to is made and marked as ours at the first write, and never touched if it is not ours.
    """

    def __init__(self, roots: Iterable[Root], medium: Medium) -> None:
        self.medium, self._roots = medium, {root.name: root for root in roots}
        self._owned = {
            name: OwnFiles(root.folder, medium, f".skyrack-{name}", "file management")
            for name, root in self._roots.items()
            if not root.is_read_only
        }

    @property
    def names(self) -> list[str]:
        """The names of all roots, sorted."""
        return sorted(self._roots)

    def place(self, directory: str, name: str = "") -> FilePlace:
        """What `directory`, or `name` in it, means. Raises RefusedError."""
        first, *parts = directory.split("/")
        parts += [name] if name else []
        if first not in self._roots:
            raise _bad(f"no root {first[:NAME_CHARACTERS_MAX]!a}, expected one of {', '.join(self.names)}")
        root = self._roots[first]
        for part in parts:
            if not _PART.fullmatch(part):
                raise _bad(f"{part[:NAME_CHARACTERS_MAX]!a} is no name of a file or directory")
        if len(parts) > DEPTH_MAX or sum(map(len, parts)) + len(parts) + len(first) > PATH_CHARACTERS_MAX:
            raise _bad(f"a path has {DEPTH_MAX} parts and {PATH_CHARACTERS_MAX} characters at most")
        if root.only is not None and parts and (len(parts) > 1 or parts[0] not in root.only):
            raise _bad(f"{first} has nothing but {', '.join(root.only)}")
        return FilePlace(root, tuple(parts))

    def entry(self, place: FilePlace) -> MediumEntry | None:
        """What is at a place; None for nothing. A root is a folder, whether it was made yet or not."""
        found: MediumEntry | None = MediumEntry(is_folder=True)
        path = place.root.folder
        for part in place.parts:
            if found is None or not found.is_folder:
                return None
            path = path / part
            found = self._look(path)
        return found

    def file(self, place: FilePlace) -> int:
        """The size of a file in octets. Raises RefusedError where there is none."""
        found = self.entry(place)
        if found is None or found.is_folder:
            raise _bad(f"no file {place.words}" if found is None else f"{place.words} is a directory")
        return found.octets

    def folder(self, place: FilePlace) -> None:
        """Raises RefusedError where there is no such folder."""
        found = self.entry(place)
        if found is None or not found.is_folder:
            raise _bad(f"no directory {place.words}" if found is None else f"{place.words} is a file")

    def inside(self, place: FilePlace) -> Iterator[tuple[str, MediumEntry]]:
        """Names in a folder, sorted, and what they stand for. Raises RefusedError for what is no folder."""
        self.folder(place)
        try:
            names = self.medium.names(place.path)
        except FileNotFoundError:  # a root that was not made yet
            return
        for name in names:
            if _PART.fullmatch(name) and (place.root.only is None or name in place.root.only):
                found = self._look(place.path / name)
                if found:
                    yield name, found

    def walk(self, place: FilePlace) -> Iterator[tuple[FilePlace, MediumEntry]]:
        """All that is below a folder. Raises RefusedError where that is too much for one request."""
        waiting, count = [place], 0
        while waiting:
            folder = waiting.pop()
            for name, found in self.inside(folder):
                count += 1
                if count > WALKED_MAX:
                    raise RefusedError(FailureCode.NOT_NOW, f"more than {WALKED_MAX} names below {place.words}")
                one = folder.below(name)
                yield one, found
                if found.is_folder:
                    waiting.append(one)

    def usage(self, root: Root) -> RootUsage:
        """What is in a root."""
        found = [entry.octets for _, entry in self.walk(FilePlace(root, ()))]
        return RootUsage(sum(found), len(found))

    def check_writable(self, place: FilePlace) -> None:
        """Raises RefusedError for a root that is only read, or that is not ours, and for a root itself."""
        if place.root.is_read_only:
            raise _bad(f"{place.root.name} can only be read")
        if not place.parts:
            raise _bad(f"{place.words} is a root, which stays")
        self._owned[place.root.name].claim()

    def check_room(self, place: FilePlace, octets: int) -> None:
        """Raises RefusedError where a new entry of so many octets has no room; a file that it replaces makes room."""
        usage, root, before = self.usage(place.root), place.root, self.entry(place)
        entries = usage.entries + (before is None)
        if entries > root.entries_max:
            raise RefusedError(FailureCode.NOT_NOW, f"{root.name} has {usage.entries} entries, no more fit")
        free = max(0, root.octets_max - usage.octets + (before.octets if before else 0))
        if octets > free:
            raise RefusedError(FailureCode.NOT_NOW, f"{octets} octets do not fit into {root.name}: {free} are free")

    def _look(self, path: Path) -> MediumEntry | None:
        """What has a name; None for nothing, and for what is neither file nor folder, such as a link."""
        try:
            return self.medium.entry(path)
        except (FileNotFoundError, NotADirectoryError, PermissionError):
            return None


def _bad(reason: str) -> RefusedError:
    return RefusedError(FailureCode.BAD_ARGUMENTS, reason)
