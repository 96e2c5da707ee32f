"""Look up, export, import and compare dictionaries: all that a ground station has to know of a node.

skyrack dictionary export examples/missions/coastwatch.toml > coastwatch.json
skyrack dictionary show coastwatch.json imaging
skyrack dictionary export coastwatch.json --to xtce --dialect yamcs > coastwatch.xml
skyrack dictionary import other-mission.xml > other-mission.json
skyrack dictionary diff coastwatch.json coastwatch-next.json
skyrack dictionary check coastwatch.json

FILE is a mission (TOML), a dictionary or an imported definition (JSON), XTCE (XML) or a ccsdspy table (CSV); or a
folder of XTCE files, which are one database.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from kernels.usage import UsageError, did_you_mean, given
from skyrack.options.dictionaries import add_xtce_arguments, definition_in, load_definitions
from skyrack.parser import subcommand, within

if TYPE_CHECKING:
    from link.dictionary import Dictionary
    from link.dictionary.definition import Definition
    from link.dictionary.model import ReportEntry

_FORMS = ("json", "xtce", "markdown", "wireshark", "schema")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the subcommands and their options."""
    commands = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    show = subcommand(commands, "show", "reports, events, commands, parameters and service requests, one line each")
    show.add_argument("file", type=Path, metavar="FILE")
    show.add_argument("words", nargs="*", metavar="WORD", help="only entries with one of these words in their name")
    show.add_argument("--json", action="store_true", help="as one JSON object")
    export = subcommand(commands, "export", "in another form, to stdout")
    export.add_argument("file", type=Path, metavar="FILE")
    export.add_argument("--to", choices=_FORMS, default="json", help="default: json")
    export.add_argument("--dialect", choices=("portable", "yamcs"), default="portable", help="of XTCE")
    export.add_argument(
        "--port", type=within(int, 1, 65_535), default=10015, help="UDP port that Wireshark looks at; default: 10015"
    )
    imported = subcommand(commands, "import", "XTCE files, as one database, or a ccsdspy file as JSON, to stdout")
    imported.add_argument("files", type=Path, nargs="+", metavar="FILE")
    add_xtce_arguments(imported)
    diff = subcommand(commands, "diff", "what differs; exit code 1 if anything does")
    diff.add_argument("file", type=Path, metavar="OLD")
    diff.add_argument("other", type=Path, metavar="NEW")
    check = subcommand(commands, "check", "list entries without text, and what other ground systems cannot read")
    check.add_argument("file", type=Path, metavar="FILE")


def run(options: argparse.Namespace) -> int:
    """Run the subcommand; `diff` and `check` exit with 1 for what they find."""
    actions: dict[str, Callable[[argparse.Namespace], int]] = {
        "show": _show,
        "export": _export,
        "import": _import,
        "diff": _diff,
        "check": _check,
    }
    return actions[options.action](options)


def _show(options: argparse.Namespace) -> int:
    known = list(_entries(load_definitions(options.file)))
    entries = [entry for entry in known if _wanted(entry["name"], options.words)]
    if options.json:
        print(json.dumps(entries))
        return 0
    if not entries and options.words:
        names = {name for entry in known for name in (entry["name"], *entry["name"].split("."))}
        raise UsageError(f"nothing has {' or '.join(options.words)} in its name{did_you_mean(options.words[0], names)}")
    width = max((len(entry["name"]) for entry in entries), default=0)
    for entry in entries:
        print(f"{entry['kind']:9} {entry['id']:>6} {entry['name']:{width}}  {entry['text']}")
    return 0


def _wanted(name: str, words: list[str]) -> bool:
    return not words or any(word.lower() in name.lower() for word in words)


def _entries(loaded: "Dictionary | Definition") -> Iterator[dict[str, str]]:
    from ground.commands.requests import offers
    from link.dictionary import Dictionary

    if not isinstance(loaded, Dictionary):
        for kind in ("packets", "requests"):
            for container in getattr(loaded, kind):
                text = container.text.partition("\n")[0]
                yield {"kind": kind.removesuffix("s"), "id": "", "name": container.name, "text": text}
        return
    for kind in ("reports", "events", "commands", "parameters"):
        for entry in getattr(loaded, kind):
            text = entry.text.partition("\n")[0]
            yield {"kind": kind.removesuffix("s"), "id": f"{entry.id:#x}", "name": entry.name, "text": text}
            if kind == "reports":
                yield from _fields(entry)
    for asked in offers(loaded):
        yield {"kind": "request", "id": asked.type, "name": asked.name, "text": asked.text}


def _fields(report: "ReportEntry") -> Iterator[dict[str, str]]:
    from link.dictionary.exchange.pages import wire_form
    from link.pus.services.parameters import fields_of

    numbers = {entry.name: f"{entry.id:#x}" for entry in fields_of(report)}
    for field in report.fields:
        name = f"{report.name}.{field.name}"
        text = ", ".join(filter(None, (wire_form(field.kind), field.unit, field.text)))
        yield {"kind": " field", "id": numbers.get(name, ""), "name": name, "text": text}


def _export(options: argparse.Namespace) -> int:
    from link.dictionary import Dictionary

    loaded = load_definitions(options.file)
    if options.to == "markdown" and not isinstance(loaded, Dictionary):
        raise UsageError(f"{options.file}: pages are written of a node's dictionary, not of an imported definition")
    with given(options.file):
        written = _written(loaded, options)
    sys.stdout.write(written)
    return 0


def _written(loaded: "Dictionary | Definition", options: argparse.Namespace) -> str:
    match options.to:
        case "xtce":
            from link.dictionary.xtce.writer import write_xtce

            return write_xtce(definition_in(loaded), options.dialect).decode()
        case "wireshark":
            from link.dictionary.exchange.wireshark import dissector

            return dissector(definition_in(loaded), options.port)
        case "markdown":
            from ground.commands.requests import offers
            from link.dictionary.exchange.pages import reference_page

            return reference_page(loaded, offers(loaded))  # type: ignore[arg-type]  # `_export` has looked
        case "schema":
            from link.dictionary.exchange.schema import json_schema

            return json_schema()
    return loaded.to_json().decode()


def _import(options: argparse.Namespace) -> int:
    loaded = load_definitions(*options.files, without=options.without, dialect=options.dialect)
    sys.stdout.write(definition_in(loaded).to_json().decode())
    return 0


def _diff(options: argparse.Namespace) -> int:
    from link.dictionary.exchange.compare import differences

    found = list(differences(load_definitions(options.file), load_definitions(options.other)))
    for line in found:
        print(line)
    return 1 if found else 0


def _check(options: argparse.Namespace) -> int:
    from link.dictionary.xtce.writer import write_xtce

    loaded = load_definitions(options.file)
    troubles = []
    for dialect in ("portable", "yamcs"):
        try:
            write_xtce(definition_in(loaded), dialect)
        except ValueError as error:
            troubles.append(f"no XTCE ({dialect}): {error}")
    for line in [*_untold(loaded), *troubles]:
        print(line)
    print(f"{options.file}: {sum(1 for _ in _entries(loaded))} entries, {len(troubles)} troubles", file=sys.stderr)
    return 1 if troubles else 0


def _untold(loaded: "Dictionary | Definition") -> Iterator[str]:
    """A sentence for each entry of the dictionary that has no text."""
    for entry in _entries(loaded):
        if not entry["text"]:
            yield f"{entry['kind'].strip()} {entry['name']} has no text"
