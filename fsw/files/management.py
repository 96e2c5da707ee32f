"""The app of file management: service 23 on the node's roots, what is remembered of files, and copies under way."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from fsw.executive.app import App, AppReport, Pending
from fsw.executive.bus import Bus
from fsw.files.control import FileControl
from fsw.files.copies import Copies
from fsw.files.marks import FileMarks, MarkTable
from fsw.files.roots import Roots
from fsw.files.workshop import Workshop
from fsw.store.records import Records
from hal.clock import Clock
from link.pus.message import Report, Request


@dataclass
class FileManagement(App, period_ms=10_000, budget_ms=20):
    """Answers service 23 about `roots`; `marks` says which files are locked or in use."""

    clock: Clock
    bus: Bus
    records: Records
    roots: Roots
    workshop: Workshop

    def __post_init__(self) -> None:
        self._record = self.records.open("file marks", MarkTable(), FileMarks.STATE_OCTETS_MAX)
        self.marks = FileMarks(self._record.value)
        self.copies = Copies(self.roots, self.marks, self.workshop)
        self._control = FileControl(self.roots, self.marks, self.copies)

    def handle(self, request: Request) -> Iterable[Report] | Pending:
        """Answer one request of service 23; before its completion is told, what it changed is stored."""
        try:
            return self._control.handle(request, self.clock.monotonic_ns())
        finally:
            self.keep()

    def keep(self) -> None:
        """Store the marks if they have changed. Where the medium fails, the record says so."""
        if self.marks.state != self._record.value:
            with suppress(OSError):  # the record counts it
                self._record.store(self.marks.state)

    @property
    def due_ns(self) -> int | None:
        """When a piece is to be copied, or a report to be made."""
        return self.copies.due_ns

    def step(self, now_ns: int) -> Iterator[AppReport]:
        """Copy a piece, and report how far all copies have come, if that is due."""
        self.copies.step(now_ns)
        report = self.copies.pop_report(now_ns)
        if report:
            self.bus.publish(report)
        yield from ()
