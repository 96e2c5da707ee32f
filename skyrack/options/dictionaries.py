"""Loads the dictionaries and definitions that a user names: one file by its ending, or XTCE in several files."""

import argparse
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from kernels.usage import UsageError, given, read_file, shown
from skyrack.options.xtce_files import DEFINITION_OCTETS_MAX, load_xtce

if TYPE_CHECKING:
    from link.dictionary import Dictionary
    from link.dictionary.definition import Definition

_EXPECTED = (
    "no dictionary by its ending, expected JSON, a mission (.toml), XTCE (.xml, .xtce) or a ccsdspy table (.csv)"
)
_FOREIGN = {
    "a dictionary of F Prime": re.compile(
        rb'\A\s*\{(?=.*"(?:frameworkVersion|telemetryPacketSets|projectVersion)")', re.DOTALL
    ),
    "a definition of COSMOS": re.compile(rb"^[ \t]*(?:TELEMETRY|COMMAND)[ \t]+\S+[ \t]+\S+", re.MULTILINE),
}
"""Dictionaries of other systems, recognised by octets in them."""


def add_xtce_arguments(parser: "argparse.ArgumentParser | argparse._ArgumentGroup") -> None:
    """Add the options for the reading of XTCE."""
    parser.add_argument("--without", action="append", default=[], metavar="ELEMENT", help="XTCE element to leave out")
    help_ = "of XTCE: in that of Yamcs a LeadingSize is octets"
    parser.add_argument("--dialect", choices=("portable", "yamcs"), default="portable", help=help_)


def load_definitions(
    *paths: Path, without: Iterable[str] = (), dialect: str = "portable", part: str = "all"
) -> "Dictionary | Definition":
    """The dictionary or definition in a file; several XTCE files, or a folder, are one database. Skipped parts are
    reported on standard error. Raises OSError, or UsageError naming the file and what is wrong.
    """
    (path, *others) = paths
    if others or path.is_dir() or path.suffix.lower() in (".xml", ".xtce"):
        return load_xtce(paths, tuple(without), dialect, part)
    from link.dictionary import Dictionary
    from link.dictionary.definition import Definition

    if list(without) or dialect != "portable":
        said = f"--without {next(iter(without))}" if list(without) else f"--dialect {dialect}"
        raise UsageError(f"{said} is about XTCE, which {shown(path)} is not")
    if path.suffix == ".toml":
        from fsw.design import dictionary_of
        from fsw.mission import load_mission

        mission = load_mission(path)
        with given(path):  # the user's own apps may declare conflicting packets
            return dictionary_of(mission)
    octets = read_file(path, DEFINITION_OCTETS_MAX)
    if path.suffix.lower() == ".csv":
        return _table(path, octets)
    if foreign := next((name for name, mark in _FOREIGN.items() if mark.search(octets)), None):
        raise UsageError(f"{shown(path)}: {foreign}, which is not read here; packets can be read without a dictionary")
    if path.suffix != ".json" and not octets.lstrip().startswith(b"{"):
        raise UsageError(f"{shown(path)}: {_EXPECTED}")
    with given(path):
        return Definition.from_json(octets) if b'"packets"' in octets else Dictionary.from_json(octets)


def _table(path: Path, octets: bytes) -> "Definition":
    """The definition in a ccsdspy table (CSV)."""
    from link.dictionary.exchange.ccsdspy import header_fields, read_csv

    with given(path):
        try:
            text = octets.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise ValueError(f"octet {error.start} is no UTF-8: save the table as CSV in UTF-8") from None
        table = read_csv(text, path.stem)
    early = header_fields(table)
    if early:
        said = f"{' and '.join(early[:2])} would lie in the primary header, where bit_offset begins to count"
        print(f"skyrack: {shown(path)}: {said}; of offsets from its end the column is data_bit_offset", file=sys.stderr)
    return table


def definition_in(loaded: "Dictionary | Definition") -> "Definition":
    """The definition of whole packets in a dictionary or definition."""
    from link.dictionary import Dictionary
    from link.pus.definition import definition_of

    return definition_of(loaded) if isinstance(loaded, Dictionary) else loaded
