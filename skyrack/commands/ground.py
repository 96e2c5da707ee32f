"""Operate a node: serve its link, send commands, watch what it says.

skyrack ground serve --port 'serial:///dev/ttyUSB0?baud=115200' --dictionary coastwatch.json --out station
skyrack ground command imaging.capture target=coast --wait
skyrack ground command parameters.set_values reporter.repeats=1
skyrack ground command scheduling.insert_activities at=2030-01-01T12:00:00Z request="imaging.capture target=coast"
skyrack ground watch
skyrack ground plot NodeStatus.power_w
skyrack ground show 7
skyrack ground list events --archive station
skyrack ground check station
skyrack ground rescue station --out rescued.db
skyrack ground status --wait 30
"""

import argparse
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from kernels.usage import UsageError
from skyrack.parser import Parser, subcommand, within

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ground.archive.reader import ArchiveReader
    from ground.records import CommandRecord, GroundRecord, Survey
    from ground.service.client import Client
    from ground.station.station import Station

_SECONDS = within(float, 0, 1e6)


def add_arguments(parser: Parser) -> None:
    """Add the subcommands: the service and its clients."""
    commands = parser.add_subparsers(
        required=True, metavar="serve | command | show | list | watch | plot | status | check | rescue"
    )
    _add_serve(subcommand(commands, "serve", "serve a node's link, until Ctrl-C"))
    _add_command(subcommand(commands, "command", "send a command"))
    _add_show(subcommand(commands, "show", "show a command's life"))
    _add_list(subcommand(commands, "list", "list commands, events or files, the newest last"))
    watch = subcommand(commands, "watch", "show what happens, as it happens")
    watch.add_argument("--for", dest="seconds", type=_SECONDS, metavar="SECONDS", help="end after this long")
    watch.add_argument("--until", metavar="NAME", help="end at an event, report, file or command that matches this")
    watch.add_argument("--json", action="store_true", help="one JSON object a line")
    watch.set_defaults(act=_watch)
    plot = subcommand(commands, "plot", "draw a parameter over time")
    plot.add_argument("parameter", metavar="PARAMETER", help="REPORT.FIELD of the dictionary")
    plot.add_argument(
        "--last", type=within(int, 1, 100_000), default=1000, metavar="COUNT", help="samples (default %(default)s)"
    )
    plot.add_argument("--json", action="store_true", help="its times and values as one JSON object")
    _add_archive(plot)
    plot.set_defaults(act=_plot)
    status = subcommand(commands, "status", "show counters of link, archive and commands")
    status.add_argument("--json", action="store_true", help="as one JSON object")
    status.add_argument(
        "--wait",
        type=_SECONDS,
        metavar="SECONDS",
        help="until the node is heard and has reported which dictionary it flies",
    )
    status.set_defaults(act=_status)
    for one in commands.choices.values():
        one.add_argument("--socket", type=Path, metavar="PATH", help="the service's socket (default: one per user)")
    _add_check(subcommand(commands, "check", "count the whole and the damaged records of an archive"))
    _add_rescue(subcommand(commands, "rescue", "copy the whole records of an archive to a new one"))


def run(options: argparse.Namespace) -> int:
    """Run the subcommand."""
    return int(options.act(options))


def _add_serve(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", required=True, metavar="URL", help="serial:///dev/NAME?baud=RATE, tcp://, udp://")
    parser.add_argument("--dictionary", required=True, type=Path, metavar="FILE", help="the node's dictionary (JSON)")
    parser.add_argument("--out", required=True, type=Path, metavar="DIR", help="folder of archive and received files")
    parser.add_argument(
        "--round-trip", type=float, default=3.0, metavar="SECONDS",
        help="a frame not acknowledged by then is sent again (default %(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--command-timeout", type=float, default=60.0, metavar="SECONDS",
        help="a command without a report for this long times out (default %(default)s)",
    )  # fmt: skip
    parser.set_defaults(act=_serve)


def _add_command(parser: Parser) -> None:
    parser.add_argument(
        "name", metavar="NAME", help="APP.COMMAND, or a service's request; `skyrack dictionary show` lists them"
    )
    parser.add_argument("arguments", nargs="*", default=[], metavar="NAME=VALUE", help="the command's arguments")
    parser.add_argument("--wait", action="store_true", help="show each stage; succeed only if it is completed")
    parser.add_argument(
        "--timeout", type=_SECONDS, default=300.0, metavar="SECONDS", help="limit of --wait (default %(default)s)"
    )
    parser.add_argument("--confirm", action="store_true", help="send the command although it is hazardous")
    parser.add_argument("--json", action="store_true", help="the command's record as one JSON object")
    parser.set_defaults(act=_command)
    parser.gathers = "arguments"


def _add_show(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "number", type=within(int, 1, 2**31), metavar="NUMBER", help="the command's number, as `list commands` shows it"
    )
    parser.add_argument("--json", action="store_true", help="its record as one JSON object")
    _add_archive(parser)
    parser.set_defaults(act=_show)


def _add_list(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", choices=("commands", "events", "files"))
    parser.add_argument("--last", type=int, default=20, metavar="COUNT", help="how many (default %(default)s)")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    _add_archive(parser)
    parser.set_defaults(act=_list)


def _add_check(parser: argparse.ArgumentParser) -> None:
    _add_examined(parser)
    parser.set_defaults(act=_check)


def _add_rescue(parser: argparse.ArgumentParser) -> None:
    _add_examined(parser)
    parser.add_argument("--out", type=Path, required=True, metavar="NEW", help="a file that does not exist yet")
    parser.set_defaults(act=_rescue)


def _add_examined(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("archive", type=Path, metavar="ARCHIVE", help="an archive, or the folder of a ground service")
    parser.add_argument("--json", action="store_true", help="what was found as one JSON object")


def _add_archive(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--archive", type=Path, metavar="PATH", help="read this archive, or the one in this folder, without a service"
    )


def _serve(options: argparse.Namespace) -> int:
    from ground.service.socket_path import default_path
    from ground.service.start import serve
    from ground.station.station import Patience
    from hal.linux.clock import HostClock

    socket = options.socket or default_path()
    serve(
        port_url=options.port,
        dictionary_path=options.dictionary,
        out=options.out,
        socket=socket,
        clock=HostClock(),
        patience=Patience(
            round_trip_ms=_milliseconds("--round-trip", options.round_trip),
            command_ms=_milliseconds("--command-timeout", options.command_timeout),
        ),
        when_ready=lambda station: _report_ready(station, socket),
    )
    return 0


def _report_ready(station: "Station", socket: Path) -> None:
    import json

    print(json.dumps({"node": station.node, "dictionary": station.version, "socket": str(socket)}), flush=True)


def _milliseconds(option: str, seconds: float) -> int:
    if not 0.01 <= seconds <= 1e6:
        raise UsageError(f"{option} = {seconds:g}, expected 0.01..1000000 seconds")
    return round(1000 * seconds)


def _client(options: argparse.Namespace) -> "Client":
    from ground.service.client import Client

    return Client(options.socket)


def _kept(options: argparse.Namespace) -> "Client | ArchiveReader":
    """The source of archived records: the archive if one is named, else the service."""
    from ground.archive.reader import ArchiveReader

    return ArchiveReader(options.archive) if options.archive else _client(options)


def _command(options: argparse.Namespace) -> int:
    from ground.console.lines import stage_line

    with _client(options) as client:
        record = _send(client, options)
        if options.wait:
            show = None if options.json else lambda stage: print(stage_line(stage), flush=True)
            record = client.wait_command(record.number, timeout_s=options.timeout, on_stage=show)
        elif not options.json:
            print(f"{record.name} is on its way as number {record.number}")
    if options.json:
        _print_json(record)
    if options.wait and record.state != "completed":
        print(f"skyrack ground: {record.name}: {record.state}: {record.reason}", file=sys.stderr)
        return 1
    return 0


def _send(client: "Client", options: argparse.Namespace) -> "CommandRecord":
    with _typed():
        words = [options.name, *options.arguments]
        name = next((word for word in words if "=" not in word), options.name)
        words.remove(name)
        return client.command(name, _arguments(words), confirm=options.confirm)


@contextmanager
def _typed() -> "Iterator[None]":
    """Raise what the service refuses as invalid as UsageError: it is what the user typed."""
    from ground.errors import ServiceRefusedError

    try:
        yield
    except ServiceRefusedError as refused:
        if refused.refusal == "invalid":
            raise UsageError(refused) from refused
        raise


def _arguments(words: list[str]) -> dict[str, int | float | bool | str]:
    pairs = [word.partition("=") for word in words]
    for name, equals, _ in pairs:
        if not (name and equals):
            raise UsageError(f"argument {name!r}, expected NAME=VALUE")
    return {name: value for name, _, value in pairs}


def _show(options: argparse.Namespace) -> int:
    from ground.console.lines import command_lines
    from ground.service.api import ROWS_MAX

    with _kept(options) as kept:
        found = next((one for one in kept.commands(limit=ROWS_MAX) if one.number == options.number), None)
    if found is None:
        print(f"skyrack ground: no command has number {options.number}", file=sys.stderr)
        return 1
    if options.json:
        _print_json(found)
    else:
        print("\n".join(command_lines(found)))
    return 0


def _list(options: argparse.Namespace) -> int:
    from ground.console.lines import day_line
    from ground.service.api import ROWS_MAX

    if not 0 < options.last <= ROWS_MAX:
        raise UsageError(f"--last {options.last}: expected 1..{ROWS_MAX}")
    with _kept(options) as kept:
        for record in getattr(kept, options.what)(limit=options.last):
            if options.json:
                _print_json(record)
            else:
                print(day_line(record))
        _report_unreadable(kept)
    return 0


def _report_unreadable(kept: "Client | ArchiveReader") -> None:
    """Report how many records of a damaged archive were left out; a service reports its own in its status."""
    if count := getattr(kept, "unreadable", 0):
        print(f"skyrack ground: {count} damaged records left out; `skyrack ground check` tells more", file=sys.stderr)


def _check(options: argparse.Namespace) -> int:
    from ground.archive.survey import archive_in, survey

    found = survey(archive_in(options.archive))
    _report_survey(found, options, "damaged")
    return 0 if found.is_sound else 1


def _rescue(options: argparse.Namespace) -> int:
    from contextlib import closing

    from ground.archive.archive import Archive
    from ground.archive.survey import archive_in, rescue

    file = archive_in(options.archive)
    if options.out.exists():
        raise UsageError(f"--out {options.out.resolve()} is there already; name a file that is not")
    with closing(Archive(options.out)) as archive:
        found = rescue(file, archive)
    _report_survey(found, options, "lost")
    return 0


def _report_survey(found: "Survey", options: argparse.Namespace, word: str) -> None:
    from ground.console.lines import survey_lines

    if options.json:
        _print_json(found)
    else:
        print("\n".join(survey_lines(found, word)))


def _watch(options: argparse.Namespace) -> int:
    from ground.console.view import watch
    from hal.linux.clock import HostClock

    with _client(options) as client:
        watch(client, HostClock(), sys.stdout, options.seconds, until=options.until, as_json=options.json)
    return 0


def _plot(options: argparse.Namespace) -> int:
    from ground.console.plot import plot

    with _kept(options) as kept, _typed():
        found = kept.history(options.parameter, limit=options.last)
    if options.json:
        _print_json(found)
    else:
        print("\n".join(plot(found)))
    return 0


def _status(options: argparse.Namespace) -> int:
    from ground.console.lines import status_lines
    from ground.service.client import wait_for_node

    if options.wait is None:
        with _client(options) as client:
            status = client.status()
    else:
        status = wait_for_node(options.socket, timeout_s=options.wait)
    if options.json:
        _print_json(status)
    else:
        print("\n".join(status_lines(status)))
    return 0


def _print_json(record: "GroundRecord") -> None:
    import msgspec

    print(msgspec.json.encode(record).decode())
