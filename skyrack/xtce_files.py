"""XTCE files of a person: several as one database, with those that they include."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from hal.usage import UsageError, given, read_file, shown
from skyrack.dictionary import OCTETS_MAX

if TYPE_CHECKING:
    from link.dictionary.definition import Definition
    from link.dictionary.xtce.document import Source

_FILES_MAX = 1000
ENDINGS = (".xml", ".xtce")


def load_xtce(paths: Sequence[Path], without: Sequence[str], dialect: str, part: str) -> "Definition":
    """The files, and all those in folders. Raises OSError, or UsageError with all that is refused, by file and line.

    What is passed over is told on standard error.
    """
    from link.dictionary.xtce.reader import read_database

    files = [file for path in paths for file in _files(path)]
    if len(files) > _FILES_MAX:
        raise UsageError(f"{len(files)} XTCE files, expected {_FILES_MAX} at most")
    with given(""):  # each sentence names its file
        reading = read_database(
            [source_of(file) for file in files],
            without,
            "yamcs" if dialect == "yamcs" else "portable",
            "telemetry" if part == "telemetry" else "all",
        )
    for sentence in reading.skipped:
        print(f"skyrack: {sentence}", file=sys.stderr)
    return reading.definition


def _files(path: Path) -> Iterator[Path]:
    if path.is_dir():
        found = sorted(file for file in path.rglob("*") if file.suffix in ENDINGS)
        if not found:
            raise UsageError(f"{shown(path)}: no file in this folder ends in {' or '.join(ENDINGS)}")
        yield from found
    elif path.suffix in ENDINGS:
        yield path
    else:
        raise UsageError(f"{shown(path)}: of several files each has to be XTCE, and end in {' or '.join(ENDINGS)}")


def source_of(path: Path, above: tuple[Path, ...] = ()) -> "Source":
    """A file with those that it includes, which it names from the folder that it is in."""
    from link.dictionary.xtce.document import Source, includes_of

    here = path.resolve()
    if here in above:
        raise UsageError(f"{shown(path)}: includes itself")
    octets = read_file(path, OCTETS_MAX)
    included = {href: source_of(path.parent / href, (*above, here)) for href in includes_of(octets)}
    return Source(shown(path), octets, included)
