"""Real processes come to harm: a node on a desk is killed, stopped and denied its disk, and is commanded all the same.

What a world does by the thousand in virtual time, here at smaller scale with the kernel's own signals and limits.
"""

import os
import resource
import signal
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest

from fsw.design import dictionary_of
from fsw.jobs.kin import children
from fsw.mission import load_mission
from hal.linux.clock import HostClock
from rig.operator import CableOptions, desk_folder, operating
from tests.patience import PATIENCE_S

MISSION = Path(__file__).parents[2] / "examples" / "missions" / "coastwatch.toml"

pytestmark = pytest.mark.slow


class Flown:
    """An operator's desk, and what harms the node on it."""

    def __init__(self, operation):
        self.operation, self.marked = operation, []
        (self.supervisor,) = [one._process.pid for one in operation.desk._processes if one.name == "node"]

    @property
    def executive(self):
        """The process of the flight loop; 0 while there is none."""
        return next((pid for pid in children(self.supervisor) if called(pid) == "executive"), 0)

    def ask(self):
        """A command that ends, whatever its end; repeated where the link is away, as an operator would."""
        sent = []

        def has_ended():
            command = self.operation.commands.get(sent[-1]) if sent else None
            if command is None and sent:
                return False
            if command and command.state == "completed":
                return True
            if command is None or command.ended:
                with self.operation_refusals():
                    sent.append(self.operation.send("test.ping"))
            return False

        self.operation.wait("a command to be executed", 3 * PATIENCE_S, has_ended)
        return sent

    @contextmanager
    def operation_refusals(self):
        from ground.errors import GroundError

        try:
            yield
        except GroundError:
            self.operation.watch(0.2)

    @property
    def boots(self):
        seen = (sample for sample in self.operation.samples if sample.report == "NodeStatus")
        return max((int(sample.values["boots"]) for sample in seen), default=0)


def called(pid):
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


@pytest.fixture
def flown(tmp_path):
    mission = load_mission(MISSION)
    with desk_folder(tmp_path / "desk") as out:
        wire = CableOptions(baud=115_200, noise=0.0, seed="harm")
        with operating(MISSION, mission, out, wire, HostClock(), lambda _: None) as operation:
            yield Flown(operation)


@pytest.mark.requirement("FSW-SUP-001")
def test_a_node_that_is_killed_again_and_again_is_commanded_each_time(flown):
    """Fewer than the budget of restarts, which would end in safe mode and a reset."""
    random = Random(1)
    flown.operation.wait("the first status", PATIENCE_S, lambda: flown.boots)
    starts = flown.boots
    for number in range(4):
        flown.ask()
        before = flown.executive
        assert before
        os.kill(before, signal.SIGKILL)
        flown.operation.wait("another executive", PATIENCE_S, lambda before=before: flown.executive not in (0, before))
        flown.operation.watch(random.uniform(0, 0.3))
        flown.ask()
        flown.operation.wait("news of the start", PATIENCE_S, lambda count=number: flown.boots >= starts + count + 1)
    numbers = [command.number for command in flown.operation.commands.values() if command.state == "completed"]
    assert len(numbers) >= 8


@pytest.mark.requirement("FSW-SUP-002")
def test_a_stopped_node_is_killed_and_followed(flown):
    flown.ask()
    before = flown.executive
    os.kill(before, signal.SIGSTOP)
    flown.operation.wait("another executive", 2 * PATIENCE_S, lambda: flown.executive not in (0, before))
    flown.ask()


def test_a_node_whose_files_may_not_grow_says_so_and_is_commanded(flown):
    """RLIMIT_FSIZE of 0: each write of a file fails with EFBIG, or SIGXFSZ, which an executive must bear."""
    flown.ask()
    resource.prlimit(flown.executive, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
    flown.ask()
    flown.operation.wait(
        "the node to tell of it",
        PATIENCE_S,
        lambda: any(int(sample.values.get("memory_failed", 0) or 0) for sample in flown.operation.samples),
    )
    resource.prlimit(flown.executive, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    flown.ask()


def test_the_dictionary_of_the_mission_can_be_made():
    """The desk's ground needs it; a mission that cannot be flown would fail all of these for another reason."""
    assert dictionary_of(load_mission(MISSION)).commands
