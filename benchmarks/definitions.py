"""`python -m benchmarks.definitions FOLDER... [--json FILE]`: which foreign XTCE definitions load, by repository.

A repository is a folder in FOLDER, or FOLDER itself if it holds the files. Each file is read by itself, with those that
it includes: unchanged, for telemetry alone, in the dialect of Yamcs, and both. The first refusal is that of the first
file that does not load unchanged. Exit code 0: all was read or refused; 1: a file failed otherwise; 2: misused.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from kernels.usage import UsageError
from link.dictionary.xtce.ledger import XtceRefusedError
from link.dictionary.xtce.lower import Dialect
from link.dictionary.xtce.reader import DatabasePart, read_database
from skyrack.options.xtce_files import ENDINGS, sources_of

_WAYS: dict[str, tuple[Dialect, DatabasePart]] = {
    "load": ("portable", "all"),
    "telemetry": ("portable", "telemetry"),
    "yamcs": ("yamcs", "all"),
    "both": ("yamcs", "telemetry"),
}
_ROOT = b"SpaceSystem"


class Row(NamedTuple):
    """A repository: its files, how many load in each way, and the first sentence that refuses one."""

    repository: str
    files: int
    loads: dict[str, int]
    refusal: str
    failed: list[str]
    """The exception of each file that was neither read nor refused."""

    def record(self) -> dict[str, object]:
        """The row as plain data for JSON."""
        return {
            "repository": self.repository,
            "files": self.files,
            **self.loads,
            "refusal": self.refusal,
            "failed": self.failed,
        }


def rows(folder: Path, told: Callable[[str], None] = lambda _said: None) -> Iterator[Row]:
    """Of each repository in a folder that has definitions; each file and what is wrong with it is `told`."""
    for repository in sorted(path for path in folder.iterdir() if path.is_dir()):
        files = definitions_in(repository)
        if files:
            yield row(repository.name, repository, files, told)
    own = [file for file in definitions_in(folder) if file.parent == folder]
    if own:
        yield row(folder.resolve().name, folder, own, told)


def definitions_in(folder: Path) -> list[Path]:
    """The files whose outermost element seems to be a space system."""
    found = (path for path in folder.rglob("*") if path.suffix.lower() in ENDINGS and path.is_file())
    return sorted(path for path in found if _ROOT in path.read_bytes().replace(b"\0", b"")[:20_000])


def row(name: str, folder: Path, files: Sequence[Path], told: Callable[[str], None]) -> Row:
    """Read all files of a repository in each way."""
    loads, first, failed = dict.fromkeys(_WAYS, 0), "", []
    for file in files:
        where = str(file.relative_to(folder))
        for way in _WAYS:
            try:
                sentences = refusals(file, way)
            except Exception as error:  # any exception that is not a refusal is a finding
                failed.append(f"{where}: {type(error).__name__}: {error}")
                continue
            loads[way] += not sentences
            if sentences and way == "load":
                first = first or _within(sentences[0], file, where)
                for sentence in sentences:
                    told(f"{name}/{_within(sentence, file, where)}")
    return Row(name, len(files), loads, first, failed)


def refusals(file: Path, way: str) -> tuple[str, ...]:
    """All refusals of a file; none if it loads."""
    dialect, part = _WAYS[way]
    try:
        (source,) = sources_of([file])
        read_database([source], (), dialect, part)
    except XtceRefusedError as error:
        return error.sentences
    except (ValueError, OSError, UsageError) as error:
        return (str(error),)
    return ()


def _within(sentence: str, file: Path, where: str) -> str:
    """A sentence with the file's place in its repository."""
    return sentence.replace(str(file), where)


def table(found: Sequence[Row]) -> Iterator[str]:
    """The table in Markdown, line by line."""
    yield "| repository | files | load | telemetry alone | `--dialect yamcs` | both | first refusal |"
    yield "|---|---|---|---|---|---|---|"
    for one in found:
        counts = " | ".join(str(one.loads[way]) for way in _WAYS)
        yield f"| {one.repository} | {one.files} | {counts} | {one.refusal.replace('|', chr(92) + '|')} |"
    counts = " | ".join(str(sum(one.loads[way] for one in found)) for way in _WAYS)
    yield f"| all | {sum(one.files for one in found)} | {counts} | |"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.definitions", description="Foreign XTCE, read.")
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER", help="with a folder for each repository")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the rows there as well")
    parser.add_argument("--every", action="store_true", help="every refusal of every file, before the table")
    options = parser.parse_args(arguments)
    for folder in options.folders:
        if not folder.is_dir():
            parser.error(f"{folder}: no such folder")
    told = print if options.every else lambda _said: None
    found = [one for folder in options.folders for one in rows(folder, told)]
    if not found:
        parser.error("no XTCE definition in these folders")
    print("\n".join(table(found)))
    failed = [f"{one.repository}/{said}" for one in found for said in one.failed]
    for said in failed:
        print(said, file=sys.stderr)
    if options.json:
        options.json.write_text(json.dumps([one.record() for one in found], indent=1) + "\n", encoding="utf-8")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
