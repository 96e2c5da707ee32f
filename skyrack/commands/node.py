"""Run the flight software of a node: on a board, or as a process on this machine.

skyrack node examples/missions/coastwatch.toml --port 'serial:///dev/ttyAMA0?baud=115200'
skyrack node examples/missions/coastwatch.toml --port tcp-listen://127.0.0.1:5100 --state /tmp/coastwatch

It flies until it is asked to end (^C, SIGTERM), with exit code 0; asked twice, it ends at once. A port that goes away
is opened again, and to tcp-listen:// the ground may come at any time; products that it does not have yet wait in the
state folder.
"""

import argparse
import errno
import gc
import os
import sys
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from kernels.usage import UsageError, given, shown
from skyrack.options.stop_signal import StopSignal

_FAILING_DISK = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO}  # the node flies on without state
if TYPE_CHECKING:  # imported in `run`: a refused command line must not wait for them
    from fsw.mission import Mission
    from hal.board import Board


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options: mission, port and state folder."""
    parser.add_argument("mission", type=Path, metavar="MISSION", help="the mission file (TOML)")
    parser.add_argument("--port", required=True, metavar="URL", help="serial://, tcp://, tcp-listen:// or udp://")
    parser.add_argument(
        "--state", type=Path, metavar="DIR", help="data that survives a restart (default ~/.local/state/skyrack/NODE)"
    )


def run(options: argparse.Namespace) -> int:
    """Fly until a signal."""
    from fsw.assembly import Devices, build_node, dictionary_of
    from fsw.jobs.process import JobLimits, ProcessRunner
    from fsw.mission import load_mission
    from fsw.pipelines import PIPELINES
    from fsw.pipelines.load import module_of
    from hal.linux.claim import claim_folder
    from hal.linux.clock import HostClock
    from hal.port import PortState
    from hal.ports import open_port
    from hal.sim.camera import SceneCamera

    mission = load_mission(options.mission)
    with given(options.mission):
        dictionary_of(mission)  # checked here: a conflict is a mistake in the user's apps
    clock, said = HostClock(), mission.jobs
    limits = JobLimits(
        workers=said.workers,
        waiting_max=said.waiting_max,
        memory_octets=said.memory_mib << 20,
        timeout_s=said.timeout_s,
        attempts=said.attempts,
    )
    with ExitStack() as devices:
        state = options.state or _default_state(mission.node.name)
        try:
            devices.enter_context(claim_folder(state, "a node"))
        except OSError as error:
            if error.errno not in _FAILING_DISK:
                raise
            print(f"skyrack node: {state}: {error.strerror}; nothing will survive a restart", file=sys.stderr)
        ours = [module_of(stage.name) for stage in mission.stages if not stage.is_file]
        runner = ProcessRunner(clock, limits, PIPELINES, ours)
        devices.callback(runner.close)
        port = open_port(options.port, clock)
        devices.callback(port.close)
        on_board = Devices(
            clock=clock,
            port=port,
            bits_per_second=port.bits_per_second or mission.radio.bits_per_second,
            camera=SceneCamera(mission.scenes, clock),
            board=_board(mission),
            runner=runner,
        )
        node = build_node(mission, on_board, state)
        stop = devices.enter_context(StopSignal())  # not earlier: until the loop runs, a signal must end the process
        _say(f"{mission.node.name} flies on {options.port}, its state is in {shown(state)}")
        told = PortState()
        gc.collect()
        gc.freeze()  # spares the garbage collector objects that live until the end
        while not stop.requested:
            node.step()
            for news in port.state.news_since(told):
                _say(news.sentence)
            told = port.state
            clock.wait(node.next_wake_ns, [*node.waits_for, stop])
    return 0


def _say(sentence: str) -> None:
    with suppress(OSError):  # a closed pipe or a full disk must not end the flight
        print(f"skyrack node: {sentence}", file=sys.stderr, flush=True)


def _default_state(node: str) -> Path:
    try:
        base = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    except RuntimeError:  # no HOME, and a user id without an entry in /etc/passwd, as in a container
        raise UsageError("this user has no home folder, so say where the node keeps its state: --state DIR") from None
    return Path(base) / "skyrack" / node


def _board(mission: "Mission") -> "Board":
    """The sensors of this computer, or else the board that the mission models."""
    from hal.linux.board import MeasuredBoard, board_name, find_input_rail
    from hal.sim.board import ModelBoard

    said = mission.board
    model = ModelBoard(name=said.name, idle_watts=said.idle_watts, core_watts=said.core_watts)
    rail = find_input_rail()
    return MeasuredBoard(board_name(), rail, model) if rail else model
