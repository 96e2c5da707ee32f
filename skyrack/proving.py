"""What new software must show before it is started: the node that it is a version of runs it so, beside itself.

    python fsw/supervisor/ahead.py FOLDER skyrack.proving vectors MISSION STATE
    python fsw/supervisor/ahead.py FOLDER skyrack.proving shadow MISSION STATE

`vectors`: kernels give their stored answers, and mission, apps and stages load. `shadow`: the node flies for a minute
of virtual time on a copy of what the real one remembers, and nothing in it fails. Where something does, the last line
that is printed says what, and the status is not 0.
"""

import sys
from pathlib import Path

from fsw.assembly import build_node
from fsw.devices import Devices
from fsw.jobs.inline import InlineRunner
from fsw.mission import load_mission
from fsw.store.crash_log import CrashLog
from hal.linux.clock import HostClock
from hal.port import PortState
from hal.sim.board import ModelBoard
from hal.sim.camera import SceneCamera
from hal.sim.clock import VirtualClock
from kernels.selftest import failed_families
from skyrack.flight import load_flight
from skyrack.jobs import job_modules
from skyrack.overlay import Overlay

SHADOW_S = 60
_NS = 1_000_000_000


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
