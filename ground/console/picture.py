"""The live display: the latest status, samples, events, commands and files, as tables for a terminal."""

from collections import deque
from typing import TYPE_CHECKING

from ground.console.lines import clock, line, printable, value_text
from ground.records import CommandRecord, EventRecord, FileRecord, GroundRecord, SampleRecord, Status, TransferRecord

if TYPE_CHECKING:  # imported only where it is used: the import of rich takes 50 ms
    from rich.console import RenderableType
    from rich.table import Table

_EVENTS_SHOWN = 8
_TRANSFERS_SHOWN = 5
_BAR_CELLS = 40
_STYLES = {"watch": "cyan", "warning": "yellow", "distress": "bold yellow", "critical": "bold red"}


class Picture:
    """The content of the live display: the latest records. `earlier` counts those that it no longer shows.

    Times are of the viewer's monotonic clock; `since_ns` has the time of arrival of each sample in `samples`.
    """

    def __init__(self) -> None:
        self.samples: dict[str, SampleRecord] = {}
        self.since_ns: dict[str, int] = {}
        self.transfers: dict[str, TransferRecord] = {}
        self.happenings: deque[GroundRecord] = deque()
        self.earlier = 0
        self.status: Status | None = None

    def accept(self, record: GroundRecord, now_ns: int, age_ns: int = 0) -> None:
        """Add a record that was received `age_ns` ago."""
        match record:
            case SampleRecord():
                self.samples[record.report] = record
                self.since_ns[record.report] = now_ns - age_ns
            case TransferRecord():
                self.transfers[record.transaction] = record
                if len(self.transfers) > _TRANSFERS_SHOWN:
                    del self.transfers[next(iter(self.transfers))]
            case Status():
                self.status = record
            case EventRecord() | CommandRecord() | FileRecord():
                self.happenings.append(record)
                if len(self.happenings) > _EVENTS_SHOWN:
                    self.happenings.popleft()
                    self.earlier += 1


def render(picture: Picture, now_ns: int) -> "RenderableType":
    """The whole display at `now_ns`; a small terminal cuts off the end of the longest part."""
    from rich.console import Group

    parts = [_head(picture.status), _transfers(picture), _happenings(picture), _samples(picture, now_ns)]
    return Group(*(part for part in parts if part is not None))


def _head(status: Status | None) -> "RenderableType":
    from rich.text import Text

    if status is None:
        return Text("nothing heard yet", "dim")
    link = status.link
    words = (
        f" {clock(status.now_ns)}  frames {link.frames_received}, corrected {link.frames_corrected},"
        f" lost {link.frames_lost}  command link {link.uplink}"
    )
    heard = ("heard", "bold green") if status.linked else ("not heard", "bold red")
    return Text.assemble((printable(status.node), "bold"), " ", heard, words, no_wrap=True)


def _samples(picture: Picture, now_ns: int) -> "RenderableType | None":
    from rich.text import Text

    if not picture.samples:
        return None
    table = _table("report", "field", "value", "age s")
    for sample in picture.samples.values():
        age = f"{(now_ns - picture.since_ns[sample.report]) / 1e9:.0f}"
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
    for transfer in picture.transfers.values():
        bar = ProgressBar(transfer.size_octets or None, transfer.received_octets, width=_BAR_CELLS)
        octets = Text(f"{transfer.received_octets} of {transfer.size_octets or '?'}")
        table.add_row(Text(printable(transfer.name or transfer.transaction)), bar, octets, Text(transfer.condition))
    return table


def _happenings(picture: Picture) -> "RenderableType | None":
    from rich.text import Text

    earlier = [f"{picture.earlier} earlier"] if picture.earlier else []
    return Text("\n".join([*earlier, *(line(record) for record in picture.happenings)]), no_wrap=True)


def _table(*headers: str) -> "Table":
    from rich.table import Table

    table = Table(box=None, header_style="dim", pad_edge=False)
    for header in headers:
        table.add_column(header, no_wrap=True)
    return table
