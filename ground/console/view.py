"""Live views of the news: a table on a terminal, lines of text or of JSON elsewhere."""

import shutil
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Protocol, Self, TextIO

import msgspec

from ground.console.lines import changed, fitted, line
from ground.console.picture import Picture, render
from ground.errors import WaitError
from ground.records import CommandRecord, EventRecord, FileRecord, GroundRecord, SampleRecord, Status
from ground.service.client import Client
from ground.service.feed import topic_and_key
from hal.clock import Clock

if TYPE_CHECKING:  # imported only where it is used: the import of rich takes 50 ms
    from rich.live import Live

_REDRAW_S = 0.25
_COLUMNS = 100  # width of lines where the output is not a terminal
_COLUMNS_MIN = 40


class Shown(Protocol):
    """A view that shows records between `__enter__` and `__exit__`."""

    def __enter__(self) -> Self:
        """Open the view."""

    def __exit__(self, *_: object) -> None:
        """Close the view."""

    def accept(self, record: GroundRecord | None) -> None:
        """Show a record; None only updates the ages that are shown."""


class View:
    """Shows records on `stream`. If that is not a terminal, a sample's line has the values that changed since its last
    one, and long lines are folded.
    """

    def __init__(self, clock: Clock, stream: TextIO) -> None:
        self._clock, self._stream = clock, stream
        self._picture, self._drawn_ns = Picture(), 0
        self._live: Live | None = None
        self._columns = max(_COLUMNS_MIN, shutil.get_terminal_size((_COLUMNS, 0)).columns)

    def __enter__(self) -> Self:
        if self._stream.isatty():
            from rich.console import Console
            from rich.live import Live

            self._live = Live(console=Console(file=self._stream), auto_refresh=False, vertical_overflow="crop")
            self._live.start()
            self._draw(self._live)
        return self

    def __exit__(self, *_: object) -> None:
        if self._live:
            self._draw(self._live)
            self._live.stop()

    def accept(self, record: GroundRecord | None, age_ns: int = 0) -> None:
        """Show a record that was received `age_ns` ago; None only updates the ages that are shown."""
        before = self._picture.samples.get(record.report) if isinstance(record, SampleRecord) else None
        if record is not None:
            self._picture.accept(record, self._clock.monotonic_ns(), age_ns)
        if self._live:
            if self._clock.monotonic_ns() - self._drawn_ns >= _REDRAW_S * 1e9:
                self._draw(self._live)
        elif record is not None and not isinstance(record, Status):
            told = changed(record, before) if isinstance(record, SampleRecord) else record
            if not before or not isinstance(told, SampleRecord) or told.values:  # a sample without changes gets no line
                print(fitted(line(told), self._columns), file=self._stream, flush=True)

    def _draw(self, live: "Live") -> None:
        self._drawn_ns = self._clock.monotonic_ns()
        live.update(render(self._picture, self._drawn_ns), refresh=True)


class JsonLines:
    """Writes each record to `stream` as one line, {"topic": ..., "record": {...}}, as in the service's news."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Do nothing: each line is complete once it is written."""

    def accept(self, record: GroundRecord | None) -> None:
        """Write a record as one line; None writes nothing."""
        if record is not None:
            news = {"topic": topic_and_key(record)[0], "record": record}
            print(msgspec.json.encode(news).decode(), file=self._stream, flush=True)


def watch(
    client: Client,
    clock: Clock,
    stream: TextIO,
    duration_s: float | None = None,
    *,
    until: str | None = None,
    as_json: bool = False,
) -> None:
    """Show news of all topics for `duration_s`, or for ever; on a terminal, the present state first.

    `until`: end at the first event, sample, file or command whose name fits this pattern. Raises WaitError where
    none came in `duration_s`.
    """
    client.subscribe("sample", "event", "command", "transfer", "file", "status")
    view: Shown = JsonLines(stream) if as_json else View(clock, stream)
    with view:
        if stream.isatty() and isinstance(view, View):
            view.accept(status := client.status())
            for sample in client.latest():
                view.accept(sample, max(0, status.now_ns - sample.received_ns))
        for news in _news(client, clock, duration_s):
            view.accept(news)
            if until is not None and fnmatchcase(_name(news), until):
                return
    if until is not None:
        raise WaitError(f"waited {duration_s:g} s in vain for {until}")


def _name(record: GroundRecord | None) -> str:
    """The name that is compared with `until`; empty for a record without one."""
    match record:
        case EventRecord(name=name) | FileRecord(name=name) | CommandRecord(name=name) | SampleRecord(report=name):
            return name
    return ""


def _news(client: Client, clock: Clock, duration_s: float | None) -> Iterator[GroundRecord | None]:
    """The news; None whenever none comes for a while."""
    end_ns = None if duration_s is None else clock.monotonic_ns() + int(duration_s * 1e9)
    while end_ns is None or clock.monotonic_ns() < end_ns:
        for record in client.news(_REDRAW_S):
            yield record
            if end_ns and clock.monotonic_ns() >= end_ns:
                return
        yield None
