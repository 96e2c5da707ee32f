"""Run the flight software of a node: on a board, or as a process on this machine.

skyrack node examples/missions/coastwatch.toml --port 'serial:///dev/ttyAMA0?baud=115200'
skyrack node examples/missions/coastwatch.toml --port tcp-listen://127.0.0.1:5100 --state /tmp/coastwatch

It flies until it is asked to end (^C, SIGTERM), with exit code 0; asked twice, it ends at once. A port that goes away
is opened again, and to tcp-listen:// the ground may come at any time; products that it does not have yet wait in the
state folder.

What flies is restarted within milliseconds where it crashes or hangs. Under systemd, Type=notify and WatchdogSec= make
the service manager watch the node in turn.
"""

import argparse
import errno
import os
import shlex
import shutil
import sys
from contextlib import ExitStack, closing, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from kernels.usage import UsageError, shown
from skyrack.parser import within

if TYPE_CHECKING:
    from hal.linux.watchdog import HardwareWatchdog

_PATIENCE_S = 20.0  # twice as long as an executive may take to end
_FAILING_DISK = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO}  # the node flies on without state


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options: mission, port and state folder, and what of this board the node may use."""
    parser.add_argument("mission", type=Path, metavar="MISSION", help="the mission file (TOML)")
    parser.add_argument("--port", required=True, metavar="URL", help="serial://, tcp://, tcp-listen:// or udp://")
    parser.add_argument(
        "--state", type=Path, metavar="DIR", help="data that survives a restart (default ~/.local/state/skyrack/NODE)"
    )
    parser.add_argument("--record", default="", metavar="FILE", help="record the flight for `skyrack replay`")
    parser.add_argument(
        "--watchdog", metavar="DEVICE", help="feed this hardware watchdog, as /dev/watchdog0, while all is well"
    )
    parser.add_argument(
        "--reset-board",
        type=shlex.split,
        default=(),
        metavar="COMMAND",
        help="resets this board, as 'systemctl reboot'; executed where the flight fails again and again",
    )
    parser.add_argument(
        "--priority",
        type=within(int, 0, 98),
        default=10,
        metavar="0..98",
        help="real-time priority of the flight loop, where this user may have one (default 10; 0: none)",
    )


def run(options: argparse.Namespace) -> int:
    """Supervise the flight until a signal. Nothing heavy is imported here: the supervisor is to stay small."""
    from fsw.supervisor.causes import WATCHDOG
    from fsw.supervisor.processes import Supervised
    from fsw.supervisor.run import Supervision, Watcher
    from hal.linux.claim import claim_folder
    from hal.linux.clock import HostClock
    from hal.linux.priority import drop_priority, raise_priority
    from hal.linux.service_manager import ServiceManager
    from skyrack.options.stop_signal import StopSignal
    from skyrack.software import has_updates

    if options.state and options.state.exists() and not options.state.is_dir():
        raise UsageError(f"--state {shown(options.state)}: not a folder")
    if options.reset_board and not shutil.which(options.reset_board[0]):
        _report(f"--reset-board {options.reset_board[0]}: no such program, so the board will not be reset")
    base = "" if options.state else _base()
    choosing = (str(options.mission), str(options.state or ""), base)
    plan = Supervised(
        module="skyrack.flight",
        flight="load_flight",
        jobs="job_modules",
        jobs_module="skyrack.jobs",
        arguments=(
            str(options.mission),
            options.port,
            str(options.state or ""),
            base,
            str(options.priority),
            options.record,
        ),
        reset=tuple(options.reset_board),
        priority=options.priority and max(1, options.priority - 1),
        choosing=("skyrack.software", "software_choice", *choosing) if has_updates(options.mission) else (),
    )
    with ExitStack() as claimed:

        def claim(_: str, state: str) -> None:
            try:
                claimed.enter_context(claim_folder(Path(state), "a node"))
            except OSError as error:
                if error.errno not in _FAILING_DISK:
                    raise
                _report(f"{state}: {error.strerror}; nothing will survive a restart")

        watchers: list[Watcher] = [claimed.enter_context(closing(ServiceManager()))]
        cause = ""
        watchdog, no_watchdog = _watchdog(options.watchdog)  # only now: from here on, its timer runs
        plan = plan._replace(arguments=(*plan.arguments, no_watchdog))
        if watchdog:
            claimed.push(partial(_disarm, watchdog))
            watchers.append(watchdog)
            cause = WATCHDOG if watchdog.has_reset else ""
        if options.priority:
            raise_priority(options.priority + 1)  # so that a flight loop that spins can be ended
            claimed.callback(drop_priority)
        stop = claimed.enter_context(StopSignal(_PATIENCE_S))
        Supervision(plan, HostClock(), report=_report, loaded=claim, watchers=watchers, cause=cause).run(stop)
    return 0


def _watchdog(device: str | None) -> "tuple[HardwareWatchdog | None, str]":
    """The watchdog that a person wants fed, and what the node lacks where there is none: it flies in any case."""
    if not device:
        return None, ""
    from hal.linux.watchdog import open_watchdog

    return open_watchdog(device)


def _disarm(watchdog: "HardwareWatchdog", kind: type[BaseException] | None, *_: object) -> None:
    """Stop the watchdog's timer where the node ends as it was asked to; else it resets the board."""
    if kind is None:
        watchdog.close()


def _base() -> str:
    """The folder that holds the state folders of this user's nodes."""
    try:
        base = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    except RuntimeError:  # no HOME, and a user id without an entry in /etc/passwd, as in a container
        raise UsageError("this user has no home folder, so say where the node keeps its state: --state DIR") from None
    return str(Path(base) / "skyrack")


def _report(sentence: str) -> None:
    with suppress(OSError):  # a closed pipe or a full disk must not end the flight
        print(f"skyrack node: {sentence}", file=sys.stderr, flush=True)
