"""Flights that do what a test wants: one deed an executive, the last one for all that follow."""

import atexit
import json
import os
import signal
import time
from importlib import import_module
from pathlib import Path

from fsw.jobs.process import JobLimits, ProcessRunner
from fsw.jobs.source import SharedGuardian
from fsw.supervisor.causes import EXIT_COMMANDED, EXIT_RESET
from hal.linux.clock import HostClock
from tests.patience import PATIENCE_S

LIMITS = JobLimits(workers=1, waiting_max=3, memory_octets=200 << 20, timeout_s=PATIENCE_S, attempts=3)


class Flight:
    def __init__(self, folder, deeds):
        self.name, self.state = "test", folder
        self.deeds, self.warm = deeds.split(), os.getpid()

    def fly(self, start, lifeline, door):
        deed = self.deeds[min(start.incarnation, len(self.deeds)) - 1]
        if deed == "refuses":
            raise FileNotFoundError(2, "no such file", "/dev/none")
        if deed == "crashes":
            os.kill(os.getpid(), signal.SIGSEGV)
        lifeline.flies()
        note(self.state, "flights", {**start._asdict(), "pid": os.getpid(), "warm": self.warm})
        match deed:
            case "hangs":
                while True:
                    time.sleep(1)
            case "stops":
                os.kill(os.getpid(), signal.SIGSTOP)
            case "raises":
                raise ValueError("a bug of this flight")
            case "ends":
                return 0
            case "commanded":
                return EXIT_COMMANDED
            case "resets":
                return EXIT_RESET
            case "leaves":
                leave_a_child(self.state)
                os.kill(os.getpid(), signal.SIGKILL)
        return self._cruise(lifeline, door, has_job=deed == "works")

    def preload(self):
        note(self.state, "preloads", {})
        if self.deeds[0] == "preloads":
            note(self.state, "imports", {"value": import_module("torn").VALUE})

    def practise(self):
        note(self.state, "standbys", {"pid": os.getpid()})
        while self.deeds[0] == "dawdles":
            time.sleep(1)

    def send_beacon(self, cause, failures):
        note(self.state, "beacons", {"cause": cause, "failures": failures})

    def _cruise(self, lifeline, door, has_job):
        clock = HostClock()
        runner = ProcessRunner(clock, LIMITS, {"deed": ""}, source=SharedGuardian(door, lifeline.complain))
        if has_job:
            from tests.fsw.jobs.jobs import job  # brings numpy and pytest, which most flights do not wait for

            runner.submit(job(1, "pid"))
        while not lifeline.is_to_end:
            for outcome in runner.poll():
                note(self.state, "outcomes", {"answer": (outcome.answer or b"").decode(), "failure": outcome.failure})
                runner.submit(job(1, "pid"))
            lifeline.beat(clock.monotonic_ns(), clock.monotonic_ns() + 50_000_000)
            clock.wait(clock.monotonic_ns() + 50_000_000, [lifeline, runner])
        note(self.state, "ends", {"pid": os.getpid()})
        return 0


def load(folder, deeds):
    note(folder, "loads", {"pid": os.getpid()})
    if deeds.startswith("imports"):
        note(folder, "imports", {"value": import_module("torn").VALUE})
    if deeds == "cannot be loaded":
        raise ValueError("it cannot be loaded")
    if deeds == "dies":
        os.kill(os.getpid(), signal.SIGKILL)
    return Flight(folder, deeds)


def modules(folder, _):
    note(folder, "guardians", {"pid": os.getpid()})
    return ["deed=tests.fsw.jobs.pipelines_that_fail"]


def leave_a_child(folder):
    """A process that is in nobody's way, and whose parent is gone."""
    if not os.fork():
        if not os.fork():
            os.setsid()
            note(folder, "orphans", {"pid": os.getpid()})
            while True:
                time.sleep(1)
        os._exit(0)
    os.wait()
    while not told(folder, "orphans"):
        time.sleep(0.001)


def note(folder, what, facts):
    with (Path(folder) / what).open("a") as file:
        file.write(json.dumps(facts) + "\n")


def told(folder, what):
    """All that was noted, of whole lines."""
    try:
        lines = (Path(folder) / what).read_text()
    except FileNotFoundError:
        return []
    return [json.loads(line) for line in lines[: lines.rfind("\n") + 1].splitlines()]


def choice(deed, uncounted):
    """What is started next; or none is said, in each way in which a process can fail to."""
    if deed == "raises":
        raise ValueError("a bug of this choice")
    if deed == "dies":
        os.kill(os.getpid(), signal.SIGKILL)
    if deed == "never ends":
        atexit.register(time.sleep, 10 * PATIENCE_S)
    return {"slot": "A", "version": "2"} | (
        {"words": 1} if deed == "is of another version" else {"complaint": uncounted}
    )
