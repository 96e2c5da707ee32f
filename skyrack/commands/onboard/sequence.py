"""Check and compile command sequences, which a node stores and runs by itself.

skyrack dictionary export examples/missions/coastwatch.toml > coastwatch.json
skyrack sequence check examples/sequences/look.toml --dictionary coastwatch.json
skyrack sequence compile examples/sequences/look.toml --dictionary coastwatch.json --out look.seq
skyrack sequence compile examples/sequences/look.toml --dictionary coastwatch.json --as requests

FILE is a sequence as a text (TOML) or, to check, a compiled one. D is a dictionary (JSON) or a mission (TOML).
"""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from hal.linux.whole_file import whole_file
from kernels.usage import UsageError, given, read_file, shown
from skyrack.options.dictionaries import load_definitions
from skyrack.parser import subcommand, within

if TYPE_CHECKING:
    from link.dictionary import Dictionary
    from link.sequences.form import StoredSequence

_TEXT_OCTETS_MAX = 1 << 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the subcommands and their options."""
    commands = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    check = subcommand(commands, "check", "say what each step does, or what is wrong with one")
    compiled = subcommand(commands, "compile", "make the file that a node runs, or the requests that load it")
    for one in (check, compiled):
        one.add_argument("file", type=Path, metavar="FILE")
        one.add_argument("--dictionary", type=Path, required=True, metavar="D", help="of the node that is to run it")
    compiled.add_argument("--out", type=Path, metavar="FILE", help="where the compiled file goes")
    compiled.add_argument("--as", dest="form", choices=("file", "requests"), default="file", help="default: file")
    compiled.add_argument(
        "--part-octets", type=within(int, 16, 60_000), default=200, metavar="N", help="of a request; default: 200"
    )


def run(options: argparse.Namespace) -> int:
    """Run the subcommand; a sequence with a fault is a misuse, told in one sentence."""
    if options.action == "compile" and (options.form == "requests") == (options.out is not None):
        wrong = "is missing: where the compiled file goes"
        raise UsageError(f"--out {wrong if options.out is None else 'is not for requests: they go to stdout'}")
    dictionary = _dictionary(options.dictionary)
    sequence = _load(options.file, dictionary)
    if options.action == "check":
        _show(sequence, dictionary)
    elif options.form == "requests":
        _print_requests(sequence, int(options.part_octets))
    else:
        with whole_file(options.out) as file:
            file.write(sequence.encode())
    return 0


def _dictionary(path: Path) -> "Dictionary":
    from link.dictionary import Dictionary

    loaded = load_definitions(path)
    if not isinstance(loaded, Dictionary):
        raise UsageError(f"{shown(path)}: an imported definition, expected the dictionary of a node")
    return loaded


def _load(path: Path, dictionary: "Dictionary") -> "StoredSequence":
    """The sequence in a text or a compiled file, checked. Raises OSError and UsageError."""
    from ground.commands.sequences import compile_sequence
    from link.errors import DecodeError
    from link.sequences.check import complaints
    from link.sequences.form import SEQUENCE_MARKER, StoredSequence

    octets = read_file(path, _TEXT_OCTETS_MAX)
    with given(path):
        if not octets.startswith(SEQUENCE_MARKER):
            return compile_sequence(octets.decode(), dictionary)
        try:
            sequence = StoredSequence.decode(octets)
        except DecodeError as error:
            raise ValueError(str(error)) from None
        complaint = next(complaints(sequence, dictionary), None)
        if complaint:
            raise ValueError(complaint)
        return sequence


def _show(sequence: "StoredSequence", dictionary: "Dictionary") -> None:
    from link.sequences.words import step_words

    octets = len(sequence.encode())
    for number, step in enumerate(sequence.steps):
        print(f"{number:3}  {step_words(step, dictionary)}")
    steps = f"{len(sequence.steps)} step{'s' * (len(sequence.steps) > 1)}"
    print(f"sequence {sequence.number}, {sequence.name}: {steps}, {octets} octets", file=sys.stderr)


def _print_requests(sequence: "StoredSequence", octets_max: int) -> None:
    """The requests that load the sequence in parts, as they are typed."""
    octets = sequence.encode()
    parts = [octets[at : at + octets_max] for at in range(0, len(octets), octets_max)]
    if len(parts) > 255:
        raise UsageError(f"--part-octets {octets_max}: {len(parts)} parts, expected 255 at most")
    for number, part in enumerate(parts):
        said = f"sequence={sequence.number} part={number} parts={len(parts)} content={part.hex()}"
        print(f"sequencing.load_part {said}")
