"""An app of one's own on a bench: alone with the executive, in virtual time, with a disk in memory."""

from pathlib import Path
from random import Random
from typing import Any

from fsw.executive.bus import Bus
from fsw.executive.executive import Executive
from fsw.jobs.inline import InlineRunner
from fsw.own.jobs import SharedRunner
from fsw.own.loading import AppSpec, own_app
from fsw.own.provisions import Provisions
from fsw.pipelines.run import run
from hal.sim.board import ModelBoard
from hal.sim.camera import SceneCamera
from hal.sim.clock import VirtualClock
from link.dictionary.declare import Record
from rig.world.disk import Disk
from rig.world.power import Power

_STATE = Path("/apps")
_NS = 1_000_000_000
_JOB_NS = 100_000_000
_TOLD_MAX = 10_000


class AppBench:
    """The app in `file`, made with `values` of its fields; `told` is all that it reported, the oldest first.

    A job takes 0.1 s. Publish on `bus` what the app subscribes to; its commands are methods of `app`.
    """

    def __init__(self, file: Path | str, *, name: str = "", **values: Any) -> None:
        self.clock, self.bus, self.disk = VirtualClock(), Bus(), Disk(Random("bench"), Power())
        self.disk.make_folder(_STATE)
        self._failures: list[BaseException] = []
        self._queue = self.bus.subscribe(Record, "bench", capacity=_TOLD_MAX, policy="refuse")
        self.told: list[Record] = []
        self._executive = Executive(self.clock, self.bus, note=lambda _name, error, _ns: self._failures.append(error))
        self._runner = SharedRunner(
            InlineRunner(self.clock, {"stages": run}, duration_ns=_JOB_NS, waiting_max=_TOLD_MAX)
        )
        provisions = Provisions(
            clock=self.clock,
            board=ModelBoard(name="bench", idle_watts=2.0, core_watts=1.0),
            camera=SceneCamera({}, self.clock),
            bus=self.bus,
            runner=self._runner,
            medium=self.disk,
            folder=_STATE,
            report=self._executive.report,
        )
        self.app: Any = provisions.app(own_app(AppSpec(Path(file), name, values)))
        self._executive.add(self.app)

    def run(self, seconds: float) -> None:
        """Let time pass, and step the app whenever it is due. Raises what the app raised, the first of it."""
        end_ns = self.clock.monotonic_ns() + round(seconds * _NS)
        while self._executive.next_due_ns <= end_ns:
            self.clock.wait(self._executive.next_due_ns)
            assert not list(self._runner.poll()), "all jobs here are the app's"
            self._executive.run_due()
            self.told += self._queue.drain()
            if self._failures:
                raise self._failures[0]
        self.clock.wait(end_ns)

    def named(self, name: str) -> list[Any]:
        """All reports and events of the class called `name`."""
        return [record for record in self.told if type(record).__name__ == name]
