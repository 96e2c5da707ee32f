"""Decode a recording: what is in it, packet by packet, or as columns.

skyrack decode recording.bin                                   summary: who sends what, how much, and what is missing
skyrack decode recording.bin --dictionary mission.xml --list   each packet with its values
skyrack decode recording.bin --dictionary table.csv --apid 10 --out values.npz
skyrack decode frames.bin --frames aos --frame-octets 1113 --no-fecf
skyrack decode cadus.bin --frames aos --frame-octets 892 --cadu --no-fecf
skyrack decode downlink.bin --frames tm --dictionary coastwatch.json --json
skyrack decode passes.bin --drop-duplicates --join --out packets.bin

FILE - is standard input; @OPTIONS reads options from a file, one a line, with its value; # begins a remark.
"""

import argparse
import json
import mmap
import os
import stat
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from kernels.usage import UsageError
from skyrack.options.intake import add_intake_arguments, decoder_of, reception_of
from skyrack.parser import within

if TYPE_CHECKING:
    from ground.recordings.decoding import Decoder
    from ground.recordings.frames.intake import Batch
    from ground.recordings.output.export import Export
    from ground.recordings.output.raw_export import RawExport

_ENCAPSULATION = 7  # packet version number of encapsulation packets (CCSDS 133.1-B-3)
_LARGE_OCTETS = 16 << 20  # larger recordings get a progress bar
_MAPPED_OCTETS, _STREAM_OCTETS_MAX = 1 << 28, 1 << 30


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options: the recording, its format, and the output."""
    parser.fromfile_prefix_chars = "@"
    parser.add_argument("file", metavar="FILE", help="the recording")
    parser.add_argument("--list", action="store_true", help="each packet, one line, instead of the summary")
    parser.add_argument(
        "--out", type=Path, metavar="FILE",
        help="write what was decoded, by the ending: .csv, .npz, .parquet (one file for each kind of packet), .pcap; "
             ".bin: the packets as they came, one file for each APID",
    )  # fmt: skip
    parser.add_argument(
        "--time", default="", metavar="FIELD",
        help="of seconds, for rates and capture files (default: the one with epoch; without an epoch: since 1970); "
             "FIELD:ms counts another unit, DAY:d,MSEC:ms,USEC:us are the parts of one time",
    )  # fmt: skip
    parser.add_argument(
        "--any-version", action="store_true", help="follow packets' lengths alone, whatever version their headers claim"
    )
    parser.add_argument(
        "--epoch", default="", metavar="TIME",
        help="what --time counts from, as 2000-01-01T12:00:00Z, if not from 1970 (days: 1958)",
    )  # fmt: skip
    parser.add_argument(
        "--list-frames", action="store_true", help="each frame, one line, and what is in it but packets"
    )
    parser.add_argument(
        "--skip", type=within(int, 0, 1 << 40), default=0, metavar="OCTETS",
        help="pass over what stands first: in the recording, or in each datagram (default 0)",
    )  # fmt: skip
    parser.add_argument(
        "--port", type=within(int, 1, 65535), metavar="N", help="of a network capture: datagrams to this UDP port only"
    )
    parser.add_argument(
        "--json", action="store_true", help="the summary as one JSON object; with --list each packet instead"
    )
    add_intake_arguments(parser)


def run(options: argparse.Namespace) -> int:
    """0 if there was a packet, 1 if there was none."""
    from ground.recordings.output.export import open_export
    from ground.recordings.output.frame_lines import list_frames
    from ground.recordings.output.places import check_places
    from ground.recordings.recording import read_recording
    from skyrack.options.foreign import hint_of, mixed_up, unwrapped

    if options.any_version and (options.frames or options.crc):
        raise UsageError("--any-version is for bare packets without --crc: it checks nothing but their lengths")
    if options.list_frames and options.json:
        raise UsageError("--list-frames writes lines for people: without --json")
    if options.list_frames and not options.frames:
        raise UsageError("--list-frames is about frames: say which with --frames")
    if options.epoch and not options.time:
        raise UsageError("--epoch is what --time counts from: say --time FIELD")
    reception = reception_of(options)
    found = unwrapped(_octets_of(options.file), reception, options)
    octets, decoder = found.octets, decoder_of(options, options.time, _epoch_ns(options.epoch))
    if options.out:
        check_places(options.out, [Path(options.file), *(options.dictionary or ())], decoder.definition)
    with ExitStack() as dropped:
        export = open_export(options.out, _recorded_ns(options.file)) if options.out else None
        if export:
            dropped.callback(export.drop)
        if reception.frames:
            list_frames(reception.frames, is_listed=options.list_frames, out=_raw(export))
        with _progress(len(octets)) as show:
            for batch in read_recording(octets, reception, any_version=options.any_version, ends=found.ends):
                show(reception.octets)
                if options.dictionary or options.list or export:
                    _accept(batch, decoder, export, options)
        account = {"file": options.file, **reception.account(), **decoder.account()}
        account["written"] = [str(path) for path in export.close()] if export else []
    account["notes"] = found.notes
    _show(account, options)
    for hint in filter(None, (mixed_up(account, options), hint_of(octets, reception, options))):
        print(f"skyrack decode: {hint}", file=sys.stderr)
    return 0 if reception.tally.packets else 1


def _accept(
    batch: "Batch", decoder: "Decoder", export: "Export | RawExport | None", options: argparse.Namespace
) -> None:
    """Decode packets, in bulk where only their values are wanted."""
    from ground.recordings.output.export import TableExport
    from ground.recordings.output.packet_line import packet_json, packet_line
    from ground.recordings.output.raw_export import RawExport

    if isinstance(export, RawExport):
        export.add_batch(batch)
        export = None
        if not (options.dictionary or options.list):
            return
    if not (options.list or options.any_version):
        batch = batch.where(batch.index.records["identification"] >> 13 != _ENCAPSULATION)
    alone: Iterable[int] = range(len(batch.index))
    if not options.list and (export is None or isinstance(export, TableExport)):
        tables, alone = decoder.read_tables(batch.index)
        if export:
            for table in tables:
                export.add_table(table.name, table.columns)
    for number in alone:
        packet, channel = batch.index.packet(number), batch.channel(number)
        is_other = packet[0] >> 5 == _ENCAPSULATION and not options.any_version
        read = None if is_other else decoder.read(packet)
        if options.list and options.json:
            utc_ns = decoder.utc_ns(read.values) if read else None
            print(packet_json(packet, read if options.dictionary else None, channel, utc_ns))
        elif options.list:
            print(packet_line(packet, read if options.dictionary else None, channel))
        if export and read:
            export.add(read.name, read.values, packet, decoder.utc_ns(read.values))


def _raw(export: "Export | RawExport | None") -> "RawExport | None":
    from ground.recordings.output.raw_export import RawExport

    return export if isinstance(export, RawExport) else None


def _epoch_ns(text: str) -> int | None:
    """A typed time in nanoseconds since 1970; None for an empty text. Raises UsageError."""
    from link.errors import DecodeError
    from link.time.calendar import decode_ascii

    try:
        return decode_ascii(text.encode()) if text else None
    except DecodeError:
        raise UsageError(f"--epoch {text}: expected a time as 2000-01-01T12:00:00Z") from None


def _octets_of(name: str) -> memoryview:
    """The octets of a file. A large one is mapped and read as needed; others are read at once, since a mapped file must
    not shrink meanwhile.
    """
    if name == "-":
        return _all_of(sys.stdin.buffer, "standard input")
    with Path(name).open("rb") as file:
        status = os.fstat(file.fileno())
        if stat.S_ISREG(status.st_mode) and status.st_size > _MAPPED_OCTETS:
            return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        return _all_of(file, name)


def _all_of(file: BinaryIO, name: str) -> memoryview:
    """All octets of a stream. Raises UsageError if there are too many: a device may never end."""
    octets = bytearray()
    while piece := file.read(1 << 20):
        octets += piece
        if len(octets) > _STREAM_OCTETS_MAX:
            raise UsageError(f"{name}: more than {_STREAM_OCTETS_MAX} octets and no end: save it to a file first")
    return memoryview(octets)


def _recorded_ns(name: str) -> int:
    """The time of a file's last change in nanoseconds since 1970; 0 for standard input."""
    return 0 if name == "-" else Path(name).stat().st_mtime_ns


def _show(account: dict[str, Any], options: argparse.Namespace) -> None:
    from ground.recordings.output.summary import summary_lines

    if options.json:
        print(json.dumps(account), file=sys.stderr if options.list else sys.stdout)
    else:
        is_listed = options.list or options.list_frames
        print("\n".join(summary_lines(account)), file=sys.stderr if is_listed else sys.stdout)


@contextmanager
def _progress(octets: int) -> Iterator[Callable[[int], None]]:
    """A function to call with the octets done; for a large file on a terminal, it draws a progress bar."""
    try:
        from rich.console import Console
        from rich.progress import Progress
    except ImportError:
        octets = 0
    if octets < _LARGE_OCTETS or not sys.stderr.isatty():
        yield lambda _: None
        return
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("decoding", total=octets)
        yield lambda done: bar.update(task, completed=done)
