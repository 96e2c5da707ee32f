"""Send files to a node, get files of it, and see what it has; a ground service does the work, over passes and restarts.

skyrack file list
skyrack file list files/maps
skyrack file put coast.bin files/maps/coast.bin --wait
skyrack file get files/maps/coast.bin
skyrack file transfers

A path on board begins with a root, as `skyrack file list` shows them. What else can be done with files on board, such
as to lock, move and delete, are requests: `skyrack ground command files.delete_file directory=files name=old`.
"""

import argparse
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from kernels.usage import UsageError
from skyrack.parser import Parser, subcommand, within

if TYPE_CHECKING:
    from ground.records import CommandRecord, GroundRecord, TransferRecord
    from ground.service.client import Client

_SECONDS = within(float, 0, 1e6)
_SETTLES_S = 0.2  # in which the answers that came with the completion are here
_ENTRY = re.compile(r"\(type=(\w+) name=([\w.-]+)\)")


def add_arguments(parser: Parser) -> None:
    """Add the subcommands."""
    commands = parser.add_subparsers(required=True, metavar="list | put | get | transfers")
    listing = subcommand(commands, "list", "list the roots, or a directory on board")
    listing.add_argument("directory", nargs="?", default="", metavar="DIRECTORY")
    listing.set_defaults(act=_list)
    put = subcommand(commands, "put", "send a file; it is complete on board, or not there")
    put.add_argument("file", type=Path, metavar="FILE", help="of this computer; the service makes a copy of it")
    put.add_argument("target", metavar="PATH", help="what it is called on board, as files/maps/coast.bin")
    put.add_argument("--wait", action="store_true", help="show how far it is; succeed only if it arrived")
    put.set_defaults(act=_put)
    get = subcommand(commands, "get", "have a file sent to the ground, and print where the service keeps it")
    get.add_argument("source", metavar="PATH", help="what it is called on board")
    get.set_defaults(act=_get)
    transfers = subcommand(commands, "transfers", "show the last transfers, both ways")
    transfers.set_defaults(act=_transfers)
    for one in commands.choices.values():
        one.add_argument("--json", action="store_true", help="one JSON object a line")
        one.add_argument("--socket", type=Path, metavar="PATH", help="the service's socket (default: one per user)")
    for one in (listing, put, get):
        one.add_argument(
            "--timeout", type=_SECONDS, default=300.0, metavar="SECONDS",
            help="how long to wait; a transfer goes on after that (default %(default)s)",
        )  # fmt: skip


def run(options: argparse.Namespace) -> int:
    """Run the subcommand."""
    return int(options.act(options))


def _list(options: argparse.Namespace) -> int:
    from ground.records import EventRecord

    with _client(options) as client:
        client.subscribe("event")
        record = _ordered(client, "files.summarise_directory", {"directory": options.directory}, options)
        if record.state != "completed":
            return _failed(record.reason)
        answers = [one.message for one in client.news(_SETTLES_S) if isinstance(one, EventRecord)]
    for answer in answers:
        if answer.startswith(f"directory={options.directory} entries="):
            for kind, name in _ENTRY.findall(answer):
                _print_entry(name, kind, options)
    return 0


def _print_entry(name: str, kind: str, options: argparse.Namespace) -> None:
    import json

    print(json.dumps({"name": name, "type": kind}) if options.json else name + "/" * (kind == "directory"))


def _put(options: argparse.Namespace) -> int:
    from ground.console.lines import transfer_line

    with _client(options) as client:
        record = client.send_file(options.file, options.target)
        if options.wait:
            show = None if options.json else _shown_progress
            record = client.wait_transfer(record.transaction, timeout_s=options.timeout, on_progress=show)
        reason = _refusal(client, record) if record.condition not in ("", "complete", "suspended") else ""
    if options.json:
        _print_json(record)
    elif not options.wait:
        print(transfer_line(record))
    return 0 if not options.wait or record.condition == "complete" else _failed(reason or record.condition)


def _shown_progress(record: "TransferRecord") -> None:
    from ground.console.lines import transfer_line

    print(transfer_line(record), flush=True)


def _refusal(client: "Client", record: "TransferRecord") -> str:
    """What the node says of a file that it did not accept; empty where it has said nothing."""
    said = [one for one in client.events(record.begun_ns) if one.name == "FileRefused"]
    return said[-1].message if said else ""


def _get(options: argparse.Namespace) -> int:
    import json

    from hal.linux.clock import HostClock

    begun_ns = HostClock().utc_ns()
    with _client(options) as client:
        record = _ordered(client, "files.send", {"path": options.source}, options)
        if record.state != "completed":
            return _failed(record.reason)
        file = client.wait_file(options.source, timeout_s=options.timeout, since_ns=begun_ns)
        path = client.locate(file.name)
    print(json.dumps({"path": str(path), "octets": file.size_octets}) if options.json else path)
    return 0


def _transfers(options: argparse.Namespace) -> int:
    from ground.console.lines import transfer_line

    with _client(options) as client:
        transfers = client.status().transfers
    for record in transfers:
        if options.json:
            _print_json(record)
        else:
            print(transfer_line(record))
    return 0


def _client(options: argparse.Namespace) -> "Client":
    from ground.service.client import Client

    return Client(options.socket)


def _ordered(
    client: "Client", name: str, arguments: dict[str, int | float | bool | str], options: argparse.Namespace
) -> "CommandRecord":
    """A command, once it has ended. Raises UsageError for what the service refuses as typed."""
    from ground.errors import ServiceRefusedError

    try:
        record = client.command(name, arguments)
    except ServiceRefusedError as refused:
        if refused.refusal == "invalid":
            raise UsageError(refused) from refused
        raise
    return client.wait_command(record.number, timeout_s=options.timeout)


def _failed(reason: str) -> int:
    print(f"skyrack file: {reason}", file=sys.stderr)
    return 1


def _print_json(record: "GroundRecord") -> None:
    import msgspec

    print(msgspec.json.encode(record).decode())
