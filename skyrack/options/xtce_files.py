"""Loads XTCE files that a user names: several as one database, with the files that they include."""

import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kernels.usage import UsageError, given, read_file, shown

if TYPE_CHECKING:
    from link.dictionary.definition import Definition
    from link.dictionary.xtce.document import XtceFile

DEFINITION_OCTETS_MAX = 32 << 20
"""The largest file of a dictionary or definition."""
_FILES_MAX, _ALL_OCTETS_MAX = 1000, 4 * DEFINITION_OCTETS_MAX
ENDINGS = (".xml", ".xtce")
_UNKNOWN = re.compile(r": no [a-z ]+ is called ")
_ABOUT_OTHERS = "\nwhat is called so may stand in another file: give all files of the database, or their folder"


def load_xtce(paths: Sequence[Path], without: Sequence[str], dialect: str, part: str) -> "Definition":
    """The definition in files and folders. Raises OSError, or UsageError with all that is refused, by file and line.

    Skipped parts are reported on standard error.
    """
    from link.dictionary.xtce.ledger import XtceRefusedError
    from link.dictionary.xtce.reader import read_database

    files = list({file.resolve(): file for path in paths for file in _files(path)}.values())
    if len(files) > _FILES_MAX:
        raise UsageError(f"{len(files)} XTCE files, expected {_FILES_MAX} at most")
    with given(""):  # each sentence names its file
        sources = _outermost(sources_of(files))
        _check_said(without, sources)
        try:
            reading = read_database(
                sources,
                without,
                "yamcs" if dialect == "yamcs" else "portable",
                "telemetry" if part == "telemetry" else "all",
            )
        except XtceRefusedError as error:
            is_alone = len(files) == 1 and _UNKNOWN.search(str(error))
            raise UsageError(f"{error}{_ABOUT_OTHERS}" if is_alone else str(error)) from error
    for sentence in reading.skipped:
        print(f"skyrack: {sentence}", file=sys.stderr)
    return reading.definition


def _outermost(sources: "Sequence[XtceFile]") -> "list[XtceFile]":
    """The sources without those that another one includes, as in a folder that holds both."""
    inside = {one.name for source in sources for one in _all(source.included.values())}
    return [source for source in sources if source.name not in inside]


def _all(sources: "Iterable[XtceFile]") -> "Iterator[XtceFile]":
    for source in sources:
        yield source
        yield from _all(source.included.values())


def _check_said(without: Sequence[str], sources: "Sequence[XtceFile]") -> None:
    """Raises UsageError for an element to leave out that is in none of the sources."""
    for name in without:
        tag = re.compile(rb"<(?:[\w.-]+:)?" + re.escape(name).encode() + rb"[\s/>]")
        if not any(tag.search(source.octets) for source in _all(sources)):
            raise UsageError(f"--without {name}: no element is called so")


def _files(path: Path) -> Iterator[Path]:
    if path.is_dir():
        found = sorted(file for file in path.rglob("*") if file.suffix.lower() in ENDINGS)
        if not found:
            raise UsageError(f"{shown(path)}: no file in this folder ends in {' or '.join(ENDINGS)}")
        yield from found
    elif path.suffix.lower() in ENDINGS:
        yield path
    else:
        raise UsageError(f"{shown(path)}: of several files each has to be XTCE, and end in {' or '.join(ENDINGS)}")


def sources_of(files: Iterable[Path]) -> "list[XtceFile]":
    """The files with those that they include. Raises OSError, or UsageError for too many files or octets."""
    return _Sources().read(files)


@dataclass(slots=True)
class _Sources:
    """Reads files and those that they include; one included twice counts twice, as its content is there twice."""

    files: int = 0
    octets: int = 0

    def read(self, paths: Iterable[Path], above: tuple[Path, ...] = ()) -> "list[XtceFile]":
        """Read files with those that they include, whose paths are relative to the including file's folder."""
        return [self._source(path, above) for path in paths]

    def _source(self, path: Path, above: tuple[Path, ...]) -> "XtceFile":
        from link.dictionary.xtce.document import XtceFile, includes_of

        here = path.resolve()
        if here in above:
            raise UsageError(f"{shown(path)}: includes itself")
        octets = read_file(path, DEFINITION_OCTETS_MAX)
        self.files, self.octets = self.files + 1, self.octets + len(octets)
        if self.files > _FILES_MAX or self.octets > _ALL_OCTETS_MAX:
            raise UsageError(
                f"{shown(path)}: with those that are included, expected {_FILES_MAX} files and {_ALL_OCTETS_MAX} "
                "octets at most"
            )
        named = list(dict.fromkeys(includes_of(octets)))
        included = self.read((path.parent / href for href in named), (*above, here))
        return XtceFile(shown(path), octets, dict(zip(named, included, strict=True)))
