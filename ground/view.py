"""What happens, shown as it happens: a live table on a terminal, one line a record elsewhere."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Self, TextIO

from ground.client import Client
from ground.lines import line
from ground.picture import Picture, render
from ground.records import Record, Status
from hal.clock import Clock

if TYPE_CHECKING:  # rich takes 50 ms to import: only where it is used
    from rich.live import Live

_REDRAW_S = 0.25


class View:
    """Shows records on `stream` from `__enter__` to `__exit__`."""

    def __init__(self, clock: Clock, stream: TextIO) -> None:
        self._clock, self._stream = clock, stream
        self._picture, self._drawn_ns = Picture(), 0
        self._live: Live | None = None

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

    def take(self, record: Record | None) -> None:
        """Show a record; None only lets time be seen to pass."""
        if record is not None:
            self._picture.take(record)
        if self._live:
            if self._clock.monotonic_ns() - self._drawn_ns >= _REDRAW_S * 1e9:
                self._draw(self._live)
        elif record is not None and not isinstance(record, Status):
            print(line(record), file=self._stream, flush=True)

    def _draw(self, live: "Live") -> None:
        self._drawn_ns = self._clock.monotonic_ns()
        live.update(render(self._picture, self._clock.utc_ns()), refresh=True)


def watch(client: Client, clock: Clock, stream: TextIO, duration_s: float | None = None) -> None:
    """Show news of everything until `duration_s` is over, or for ever; on a terminal, what is known already as well."""
    client.subscribe("sample", "event", "command", "transfer", "file", "status")
    with View(clock, stream) as view:
        if stream.isatty():
            for record in [*client.latest(), client.status()]:
                view.take(record)
        for news in _news(client, clock, duration_s):
            view.take(news)


def _news(client: Client, clock: Clock, duration_s: float | None) -> Iterator[Record | None]:
    """What happens; None when nothing does for a while."""
    end_ns = None if duration_s is None else clock.monotonic_ns() + int(duration_s * 1e9)
    while end_ns is None or clock.monotonic_ns() < end_ns:
        for record in client.news(_REDRAW_S):
            yield record
            if end_ns and clock.monotonic_ns() >= end_ns:
                return
        yield None
