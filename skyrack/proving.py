"""What new software must show before it is started: the node that it is a version of runs it so, beside itself.

    python fsw/supervisor/ahead.py FOLDER skyrack.proving vectors MISSION STATE
    python fsw/supervisor/ahead.py FOLDER skyrack.proving shadow MISSION STATE

`vectors`: kernels give their stored answers, and mission, apps and stages load. `shadow`: the node flies for a minute
of virtual time on a copy of what the real one remembers, and nothing in it fails. Where something does, the last line
that is printed says what, and the status is not 0.
"""

import errno
import os
import sys
from pathlib import Path

from fsw.assembly import Devices, build_node
from fsw.jobs.inline import InlineRunner
from fsw.mission import load_mission
from fsw.store.crash_log import CrashLog
from hal.linux.clock import HostClock
from hal.medium import HOST, MediumEntry
from hal.port import PortState
from hal.sim.board import ModelBoard
from hal.sim.camera import SceneCamera
from hal.sim.clock import VirtualClock
from kernels.selftest import failed_families
from skyrack.flight import job_modules, load_flight

SHADOW_S = 60
_NS = 1_000_000_000


class Overlay:
    """`Medium` over the host's: what is written stays in memory."""

    def __init__(self) -> None:
        self._written: dict[Path, bytes | None] = {}

    def read(self, path: Path) -> bytes:
        """What was written, or else what is there."""
        if path not in self._written:
            return HOST.read(path)
        octets = self._written[path]
        if octets is None:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))
        return octets

    def entry(self, path: Path) -> MediumEntry:
        """A written file, or what is there."""
        return MediumEntry(is_folder=False, octets=len(self.read(path))) if path in self._written else HOST.entry(path)

    def read_part(self, path: Path, offset: int, size: int) -> bytes:
        """A part of what was written, or else of what is there."""
        return self.read(path)[offset : offset + size]

    def names(self, folder: Path) -> list[str]:
        """The names there and the written ones."""
        try:
            names = set(HOST.names(folder))
        except FileNotFoundError:
            names = set()
        for path, octets in self._written.items():
            if path.parent == folder:
                (names.discard if octets is None else names.add)(path.name)
        return sorted(names)

    def write(self, path: Path, octets: bytes) -> None:
        """Replace the content."""
        self._written[path] = octets

    def overwrite(self, path: Path, octets: bytes) -> None:
        """Write over the first octets."""
        self._written[path] = octets + self._before(path)[len(octets) :]

    def write_part(self, path: Path, offset: int, octets: bytes) -> None:
        """Write from `offset` on."""
        before = self._before(path).ljust(offset, b"\0")
        self._written[path] = before[:offset] + octets + before[offset + len(octets) :]

    def append(self, path: Path, octets: bytes) -> None:
        """Write behind the last octet."""
        self._written[path] = self._before(path) + octets

    def sync(self, path: Path) -> None:
        """Nothing: none of it is to survive."""

    def replace(self, old: Path, new: Path) -> None:
        """Rename."""
        self._written[new], self._written[old] = self.read(old), None

    def remove(self, path: Path) -> None:
        """Remove."""
        self.read(path)
        self._written[path] = None

    def make_folder(self, folder: Path) -> bool:  # noqa: ARG002
        """Nothing: a file needs none here."""
        return False

    def remove_folder(self, folder: Path) -> None:
        """Nothing."""

    def _before(self, path: Path) -> bytes:
        try:
            return self.read(path)
        except FileNotFoundError:
            return b""


class Deaf:
    """`Port` to nobody: it takes all and gives nothing."""

    state, next_wake_ns = PortState(), None

    def read(self, size_max: int) -> bytes:  # noqa: ARG002
        """Nothing."""
        return b""

    def write(self, octets: bytes) -> int:
        """All of it."""
        return len(octets)

    def fileno(self) -> int:
        """No descriptor."""
        return -1

    line_fileno = fileno

    def close(self) -> None:
        """Nothing is open."""


class ProvingLog(CrashLog):
    """`CrashLog` that keeps the failures."""

    def __init__(self) -> None:
        super().__init__(Path())
        self.failures: list[str] = []

    def note(self, name: str, error: BaseException, utc_ns: int) -> None:  # noqa: ARG002
        """Keep the failure."""
        self.failures.append(f"{name}: {type(error).__name__}: {error}")


def vectors(mission: str, state: str) -> str:
    """What is wrong with the software as it is loaded, or nothing."""
    if failed := failed_families():
        return f"kernels fail: {', '.join(failed)}"
    load_flight(mission, "", state, "", "0")
    job_modules(mission)
    return ""


def shadow(mission: str, state: str) -> str:
    """What goes wrong in a minute of flight on a copy of the node's memory, or nothing."""
    loaded, told = load_mission(Path(mission)), ProvingLog()
    clock = VirtualClock(utc_ns=HostClock().utc_ns())
    said = loaded.board
    devices = Devices(
        clock=clock,
        port=Deaf(),
        bits_per_second=loaded.radio.bits_per_second,
        camera=SceneCamera(loaded.scenes, clock),
        board=ModelBoard(name=said.name, idle_watts=said.idle_watts, core_watts=said.core_watts),
        runner=InlineRunner(clock, {}, duration_ns=0, waiting_max=0),
        medium=Overlay(),
    )
    node = build_node(loaded, devices, Path(state), told)
    while clock.monotonic_ns() < SHADOW_S * _NS and not told.failures:
        node.step()
        clock.wait(max(node.next_wake_ns, clock.monotonic_ns() + 1))
    if told.failures:
        return told.failures[0]
    return "" if node.telecom.downlink.units else "it sent nothing"


def main(words: list[str]) -> None:
    """Rehearse; exit with what is wrong."""
    kind, mission, state = words
    try:
        wrong = {"vectors": vectors, "shadow": shadow}[kind](mission, state)
    except BaseException as error:
        wrong = f"{type(error).__name__}: {error}"
    sys.exit(wrong or 0)


if __name__ == "__main__":
    main(sys.argv[1:])
