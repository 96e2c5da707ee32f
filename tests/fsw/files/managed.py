"""File management on a medium in memory, asked as the dispatcher asks it."""

from pathlib import Path

from fsw.executive.app import Pending
from fsw.executive.bus import Bus
from fsw.files.management import FileManagement
from fsw.files.roots import Root, Roots
from fsw.files.workshop import Workshop
from fsw.store.records import Records
from hal.medium import make_folders
from hal.sim.clock import VirtualClock
from tests.hal.recording_medium import RecordingMedium

STATE = Path("/node")
OCTETS_MAX, ENTRIES_MAX = 1000, 6


class Managed:
    """The app with a root to write to, one that is only read, one of one file; `ask` handles a request to its end."""

    def __init__(self, medium=None):
        self.medium, self.clock, self.bus = medium or RecordingMedium(), VirtualClock(), Bus()
        make_folders(STATE / "log", self.medium)
        self.boot()

    def boot(self):
        roots = [
            Root("files", STATE / "files", OCTETS_MAX, ENTRIES_MAX),
            Root("other", STATE / "other", OCTETS_MAX, 1),
            Root("log", STATE / "log", is_read_only=True),
            Root("one", STATE, is_read_only=True, only=("it",)),
        ]
        self.roots = Roots(roots, self.medium)
        self.workshop = Workshop(STATE / "transfers", self.medium, OCTETS_MAX)
        self.records = Records(STATE / "memory", self.medium)
        self.app = FileManagement(self.clock, self.bus, self.records, self.roots, self.workshop)

    def begin(self, request):
        return self.app.handle(request)

    def ask(self, request):
        done = self.begin(request)
        if not isinstance(done, Pending):
            return list(done)
        while not done.is_over:
            self.step()
        if done.failure:
            raise done.failure
        return []

    def step(self):
        assert self.app.due_ns is not None
        self.clock.advance(max(0, self.app.due_ns - self.clock.monotonic_ns()))
        assert list(self.app.step(self.clock.monotonic_ns())) == []

    def put(self, words, octets=b""):
        place = self.roots.place(words)
        if place.root.name in ("files", "other"):
            self.roots.check_writable(place)
        make_folders(place.path.parent, self.medium)
        self.medium.write(place.path, octets)

    def read(self, words):
        return self.medium.read(self.roots.place(words).path)
