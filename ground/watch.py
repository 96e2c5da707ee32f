"""What happens, as it happens: a live table on a terminal, one line a record elsewhere."""

import sys
from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ground.client import Client
from ground.lines import clock, line, printable, value_text
from ground.records import CommandRecord, EventRecord, FileRecord, Record, SampleRecord, Status, TransferRecord
from hal.clock import Clock

if TYPE_CHECKING:  # rich takes 50 ms to import: only where it is used
    from rich.console import RenderableType
    from rich.table import Table

_REFRESH_S = 0.25
_EVENTS_SHOWN = 8
_TRANSFERS_SHOWN = 5
_BAR_CELLS = 40
_STYLES = {"watch": "cyan", "warning": "yellow", "distress": "bold yellow", "critical": "bold red"}


class Picture:
    """What a live display shows: the latest of everything."""

    def __init__(self) -> None:
        self.samples: dict[str, SampleRecord] = {}
        self.transfers: dict[str, TransferRecord] = {}
        self.happenings: deque[Record] = deque(maxlen=_EVENTS_SHOWN)
        self.status: Status | None = None

    def take(self, record: Record) -> None:
        """Bring the picture up to date."""
        match record:
            case SampleRecord():
                self.samples[record.report] = record
            case TransferRecord():
                self.transfers[record.transaction] = record
            case Status():
                self.status = record
            case EventRecord() | CommandRecord() | FileRecord():
                self.happenings.append(record)


def watch(client: Client, time: Clock, duration_s: float | None = None) -> None:
    """Show news on stdout until `duration_s` is over, or for ever."""
    client.subscribe("sample", "event", "command", "transfer", "file", "status")
    news = _news(client, time, duration_s)
    if sys.stdout.isatty():
        _show_live(client, time, news)
    else:
        _show_lines(news)


def _news(client: Client, time: Clock, duration_s: float | None) -> Iterator[Record | None]:
    """What happens; None when nothing does for a while."""
    end_ns = None if duration_s is None else time.monotonic_ns() + int(duration_s * 1e9)
    while True:
        for record in client.news(_REFRESH_S):
            yield record
            if end_ns and time.monotonic_ns() >= end_ns:
                return
        if end_ns and time.monotonic_ns() >= end_ns:
            return
        yield None


def _show_lines(news: Iterator[Record | None]) -> None:
    for record in news:
        if record is not None and not isinstance(record, Status):
            print(line(record), flush=True)


def _show_live(client: Client, time: Clock, news: Iterator[Record | None]) -> None:
    from rich.live import Live

    picture = Picture()
    for record in [*client.latest(), client.status()]:
        picture.take(record)
    drawn_ns = 0
    with Live(auto_refresh=False, vertical_overflow="crop") as live:
        for news_or_tick in news:
            if news_or_tick is not None:
                picture.take(news_or_tick)
            if time.monotonic_ns() - drawn_ns >= _REFRESH_S * 1e9:
                drawn_ns = time.monotonic_ns()
                live.update(render(picture, time.utc_ns()), refresh=True)
        live.update(render(picture, time.utc_ns()), refresh=True)


def render(picture: Picture, utc_ns: int) -> "RenderableType":
    """The whole display at `utc_ns`."""
    from rich.console import Group

    parts = [_head(picture.status), _samples(picture, utc_ns), _transfers(picture), _happenings(picture)]
    return Group(*(part for part in parts if part is not None))


def _head(status: Status | None) -> "RenderableType | None":
    from rich.text import Text

    if status is None:
        return None
    link = status.link
    words = (
        f" {clock(status.now_ns)}  frames {link.frames_received}, corrected {link.frames_corrected},"
        f" lost {link.frames_lost}  command link {link.uplink}"
    )
    heard = ("heard", "bold green") if status.linked else ("not heard", "bold red")
    return Text.assemble((printable(status.node), "bold"), " ", heard, words, no_wrap=True)


def _samples(picture: Picture, utc_ns: int) -> "RenderableType | None":
    from rich.text import Text

    if not picture.samples:
        return None
    table = _table("report", "field", "value", "age s")
    for sample in picture.samples.values():
        age = f"{max(0, utc_ns - sample.received_ns) / 1e9:.0f}"
        for number, (name, value) in enumerate(sample.values.items()):
            level = sample.out_of_limits.get(name, "")
            shown = Text(printable(value_text(value, sample.units.get(name, ""))), _STYLES.get(level, ""))
            first = number == 0
            table.add_row(Text(sample.report if first else ""), Text(name), shown, Text(age if first else ""))
    return table


def _transfers(picture: Picture) -> "RenderableType | None":
    from rich.progress_bar import ProgressBar
    from rich.text import Text

    if not picture.transfers:
        return None
    table = _table("file", "", "octets", "")
    for transfer in list(picture.transfers.values())[-_TRANSFERS_SHOWN:]:
        bar = ProgressBar(transfer.size_octets or None, transfer.received_octets, width=_BAR_CELLS)
        octets = Text(f"{transfer.received_octets} of {transfer.size_octets or '?'}")
        table.add_row(Text(printable(transfer.name or transfer.transaction)), bar, octets, Text(transfer.condition))
    return table


def _happenings(picture: Picture) -> "RenderableType | None":
    from rich.text import Text

    return Text("\n".join(line(record) for record in picture.happenings), no_wrap=True)


def _table(*headers: str) -> "Table":
    from rich.table import Table

    table = Table(box=None, header_style="dim", pad_edge=False)
    for header in headers:
        table.add_column(header, no_wrap=True)
    return table
