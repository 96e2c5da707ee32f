"""Records as lines of text, for logs and for output that is not a terminal."""

import textwrap
from datetime import UTC, datetime
from typing import get_args

from msgspec.structs import replace

from ground.records import (
    TIME_UNIT,
    CommandRecord,
    CommandStage,
    CommandState,
    EventRecord,
    FileRecord,
    GroundRecord,
    JsonValue,
    SampleRecord,
    Status,
    Survey,
    TransferRecord,
)


def clock(utc_ns: int) -> str:
    """A time as hours to milliseconds, UTC."""
    return datetime.fromtimestamp(utc_ns / 1e9, UTC).strftime("%H:%M:%S.%f")[:-3]


def day(utc_ns: int) -> str:
    """The day of a time, UTC."""
    return datetime.fromtimestamp(utc_ns / 1e9, UTC).strftime("%Y-%m-%d")


def line(record: GroundRecord) -> str:
    """A record as one line; control characters in it are made visible."""
    return printable(f"{clock(_received_ns(record))}  {_words(record)}")


def changed(sample: SampleRecord, before: SampleRecord | None) -> SampleRecord:
    """`sample` with only the values that differ from `before` or are out of their limits."""
    if before is None:
        return sample
    values = {
        name: value
        for name, value in sample.values.items()
        if name not in before.values or before.values[name] != value or name in sample.out_of_limits
    }
    return replace(sample, values=values)


def fitted(text: str, columns: int) -> str:
    """A line folded at its spaces to `columns`; the lines after the first are indented to stand under its words."""
    indent = " " * len("00:00:00.000  ")
    return "\n".join(textwrap.wrap(text, columns, subsequent_indent=indent, break_on_hyphens=False))


def day_line(record: GroundRecord) -> str:
    """A record as one line that begins with the day, for records that may be old."""
    return printable(f"{day(_received_ns(record))} {line(record)}")


def command_lines(command: CommandRecord) -> list[str]:
    """One command in full: its arguments, its state, and each of its stages."""
    asked = " ".join([command.name, *(f"{name}={value_text(value)}" for name, value in command.arguments.items())])
    state = f"{command.state}: {command.reason}" if command.reason else command.state
    stages = (f"  {day(stage.received_ns)} {stage_line(stage)}" for stage in command.stages)
    return [printable(f"command {command.number}  {asked}"), printable(f"  {state}"), *stages]


def stage_line(stage: CommandStage) -> str:
    """One stage of a command as one line."""
    return printable(f"{clock(stage.received_ns)}  {stage.name}{f': {stage.detail}' if stage.detail else ''}")


def value_text(value: JsonValue, unit: str = "") -> str:
    """A value as people read it."""
    match value:
        case None:
            return "-"
        case bool():
            return "on" if value else "off"
        case int() if unit == TIME_UNIT:
            return clock(value)
    text = f"{value:.6g}" if isinstance(value, float) else str(value)
    return f"{text} {unit}" if unit else text


def status_lines(status: Status) -> list[str]:
    """The page of `skyrack ground status`."""
    link, archive = status.link, status.archive
    rows = {
        "node": f"{status.node}, {'heard' if status.linked else 'not heard'}, on {status.port}",
        "dictionary": f"{status.dictionary}{_flown(status)}",
        "last frame": "none yet" if link.last_frame_ns is None else clock(link.last_frame_ns),
        "frames": f"{link.frames_received} received, {link.frames_corrected} of them corrected,"
        f" {link.frames_uncorrectable} beyond correction, {link.frames_lost} lost,"
        f" {link.frames_twice} twice",
        "octets": f"{link.octets_received} received, {link.octets_skipped} of them noise, {link.octets_sent} sent",
        "packets": f"{link.packets} archived, {link.duplicates} twice, {sum(link.strays.values())} not understood",
        "command link": link.uplink,
        "commands": ", ".join(f"{count} {state}" for state, count in status.commands.items()) or "none",
        "archive": archive.fault or "sound",
        "dropped": _counted(status.dropped),
        "failed": _counted(status.failed),
    }
    lines = [f"{name:13}{words}" for name, words in rows.items()]
    return [printable(text) for text in [*lines, *(f"{'file':13}{_transfer(one)}" for one in status.transfers)]]


def survey_lines(found: Survey, word: str) -> list[str]:
    """The counts of a survey of an archive; `word` names the rows that are not whole."""
    rows = [f"{table:13}{count} whole, {found.damaged[table]} {word}" for table, count in found.whole.items()]
    return [printable(text) for text in [found.archive, *rows, found.fault or "its structure is sound"]]


def printable(text: str) -> str:
    """The text with control characters escaped: telemetry may hold sequences that would steer a terminal."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)


def _counted(counters: dict[str, int]) -> str:
    return ", ".join(f"{count} {what}" for what, count in counters.items() if count) or "nothing"


def _flown(status: Status) -> str:
    if status.node_dictionary in (None, status.dictionary):
        return ""
    return f", but the node flies {status.node_dictionary}: no command is sent"


def _words(record: GroundRecord) -> str:
    match record:
        case SampleRecord():
            return f"{record.report}  {'  '.join(_values(record))}"
        case EventRecord():
            late = " (recorded)" if record.playback else ""
            return f"{record.severity.upper():6} {record.name}: {record.message}{late}"
        case CommandRecord():
            return f"command {record.number} {record.name}: {_standing(record)}"
        case TransferRecord():
            return f"file {_transfer(record)}"
        case FileRecord():
            return f"file {record.name} is here, {record.size_octets} octets"
        case Status():
            return f"{record.link.frames_received} frames, {record.link.frames_lost} lost"
    raise AssertionError(record)


def _values(record: SampleRecord) -> list[str]:
    return [
        f"{name}={value_text(value, record.units.get(name, ''))}{'!' if name in record.out_of_limits else ''}"
        for name, value in record.values.items()
    ]


def transfer_line(record: TransferRecord) -> str:
    """A transfer in one line."""
    return printable(_transfer(record))


def _standing(command: CommandRecord) -> str:
    """The last stage, unless it was heard of late: what was recorded comes down after the end of its command."""
    last = command.stages[-1].name
    return command.state if last in get_args(CommandState) else last


def _transfer(record: TransferRecord) -> str:
    percent = f", {100 * record.received_octets // record.size_octets} %" if record.size_octets else ""
    ended = f", {record.condition}" if record.condition else ""
    way = " up" if record.direction == "up" else ""
    return f"{record.name or record.transaction}{way}: {record.received_octets} octets{percent}{ended}"


def _received_ns(record: GroundRecord) -> int:
    match record:
        case SampleRecord() | EventRecord() | FileRecord():
            return record.received_ns
        case CommandRecord():
            return record.stages[-1].received_ns
        case TransferRecord():
            return record.updated_ns
        case Status():
            return record.now_ns
    raise AssertionError(record)
