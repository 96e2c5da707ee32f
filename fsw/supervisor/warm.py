"""The warm process: has all loaded that an executive needs, and forks one whenever the supervisor orders it.

It also forks the executive after next, a *standby*, which practises, so that the memory that it needs is its own, and
waits for its start: it then begins to fly sooner than one that is still to be forked.

    python -m fsw.supervisor.warm CONTROL DOOR SUPERVISOR PRIORITY MODULE NAME ARGUMENT ...

CONTROL and DOOR are descriptors of sockets: to the supervisor, and to the guardian of the jobs. PRIORITY is the
real-time priority of this process and of an executive's first moments, 0 for none. The function NAME of
MODULE, called with the arguments, gives the Flight.
"""

import gc
import os
import select
import signal
import socket
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import NoReturn, Protocol

from fsw.jobs.kin import die_with_parent
from fsw.supervisor.causes import EXIT_EXCEPTION
from fsw.supervisor.lifeline import Lifeline
from fsw.supervisor.messages import OCTETS_MAX, Start, in_words, message_in, start_of, to_octets, wants_tracebacks
from hal.linux.priority import raise_priority

_LEFT_TO_THE_SUPERVISOR = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
_BEACON_S = 10
_CACHES = "PYTHONPYCACHEPREFIX"
_SOURCES_ALONE = {_CACHES: os.devnull, "PYTHONDONTWRITEBYTECODE": "1"}


class Flight(Protocol):
    """What an executive executes, loaded and checked but without a device yet: each flight opens its own."""

    name: str
    state: str
    """The folder whose content survives."""

    def fly(self, start: Start, lifeline: Lifeline, door: int) -> int:
        """Fly until the lifeline says that it is to end; returns an exit status (causes.py), 0 for that one.

        `door` leads to the guardian of the jobs. An exception before the flight began is told to who started the node.
        """
        ...

    def preload(self) -> None:
        """Load what no flight begins with but may need later; called while the first order is awaited."""
        ...

    def practise(self) -> None:
        """Do what a flight does, on no devices; called in a fork that waits for its start."""
        ...

    def send_beacon(self, cause: str, failures: int) -> None:
        """Tell the ground, in one frame, that no executive lives."""
        ...


class WarmProcess:
    """Serves the supervisor `supervisor` at the other end of `control`."""

    def __init__(self, control: socket.socket, door: int, supervisor: int, flight: Flight) -> None:
        self._control, self._door, self._supervisor, self._flight = control, door, supervisor, flight

    def serve(self) -> None:
        """Fork until the supervisor is gone."""
        while True:
            octets, descriptors, _, _ = socket.recv_fds(self._control, OCTETS_MAX, 1)
            if not octets:
                return
            message = message_in(octets)
            if "start" in message:
                with socket.socket(fileno=descriptors[0]) as channel:
                    self._fork(partial(self._fly_at_once, start_of(message["start"]), channel))
            elif "standby" in message:
                with socket.socket(fileno=descriptors[0]) as channel:
                    self._fork(partial(self._stand_by, channel))
            else:
                self._fork(partial(self._send_beacon, message["beacon"], message["failures"]))

    def _fork(self, act: Callable[[], int]) -> None:
        """Have a fork of a fork `act`, so that the supervisor is its parent: it outlives this process, but not that."""
        middle = os.fork()
        if middle:
            os.waitpid(middle, 0)
            return
        status = EXIT_EXCEPTION
        try:
            middle = os.getpid()
            if os.fork():
                os._exit(0)
            self._be_child_of_the_supervisor(middle)
            status = act()
        except BaseException:  # this fork must not go on as a second warm process
            traceback.print_exc()
        finally:
            with suppress(BaseException):
                sys.stdout.flush()
            os._exit(status)

    def _be_child_of_the_supervisor(self, middle: int) -> None:
        """Wait until `middle`, the parent, is gone; end with the supervisor from now on, and now if it is gone."""
        self._control.close()
        with suppress(ProcessLookupError):
            gone = os.pidfd_open(middle)
            select.select([gone], [], [])
            os.close(gone)
        end_with(self._supervisor)

    def _fly_at_once(self, start: Start, channel: socket.socket) -> int:
        lifeline = Lifeline(channel)
        lifeline.hello(os.getpid())
        return self._fly(start, lifeline)

    def _stand_by(self, channel: socket.socket) -> int:
        """Practise, and fly once that is ordered; end where it never is."""
        _be_called("practice")
        lifeline = Lifeline(channel)
        lifeline.hello(os.getpid())
        self._flight.practise()
        gc.collect()
        gc.freeze()
        _be_called("standby")
        start = lifeline.await_start()
        return self._fly(start, lifeline) if start else 0

    def _fly(self, start: Start, lifeline: Lifeline) -> int:
        _be_called("executive")
        try:
            return self._flight.fly(start, lifeline, self._door)
        except BaseException as error:
            if not start.is_first or lifeline.is_flying:
                raise
            if wants_tracebacks():
                traceback.print_exc()
            lifeline.refuse(error)
            return 1

    def _send_beacon(self, cause: str, failures: int) -> int:
        signal.alarm(_BEACON_S)  # whatever a port does, beacons do not pile up
        self._flight.send_beacon(cause, failures)
        return 0


def _be_called(name: str) -> None:
    """Have those who list processes see which of the node's this is; at most 15 characters."""
    with suppress(OSError):
        Path("/proc/self/comm").write_text(name, encoding="ascii")


def end_with(parent: int) -> None:
    """End this process when `parent`, by which it was started, ends; now if it has ended already."""
    die_with_parent()
    if os.getppid() != parent:
        os._exit(1)


def prepare(control: socket.socket, supervisor: int, load: Callable[[], dict[str, object]]) -> None:
    """Load what this process needs, and tell the supervisor what it gave; ends the process where it fails.

    Python writes compiled modules beside their sources, does not sync them, and believes them after a power cut. Where
    one is damaged, this process is executed again without them: slower, and not never.
    """
    for number in _LEFT_TO_THE_SUPERVISOR:
        signal.signal(number, signal.SIG_IGN)
    end_with(supervisor)
    try:
        message = load()
    except BaseException as error:
        _begin_from_sources(error)
        if wants_tracebacks():
            traceback.print_exc()
        _report(control, {"refused": in_words(error)})
        sys.exit(1)
    _report(control, message)


def _begin_from_sources(error: BaseException) -> None:
    """Execute this process again, without compiled modules, if `error` is one of reading them; once.

    What loads a user's own file may have told the error again, in its words.
    """
    words = str(error)
    is_of_compiled = isinstance(error, EOFError) or "marshal data" in words or "Non-code object" in words
    if is_of_compiled and os.environ.get(_CACHES) != os.devnull:
        print(f"skyrack node: {error}: only sources are read", file=sys.stderr, flush=True)
        os.execve(sys.executable, sys.orig_argv, os.environ | _SOURCES_ALONE)


def _report(control: socket.socket, message: dict[str, object]) -> None:
    """Tell the supervisor; where it is gone there is nothing left to do."""
    try:
        control.send(to_octets(message))
    except OSError:
        sys.exit(1)


def main(words: list[str]) -> NoReturn:
    """Load the flight and serve the supervisor."""
    control, door, supervisor, priority, module, name, *arguments = words
    gc.disable()  # nothing that is loaded is garbage: to search it takes a fifth of the time of loading
    if priority != "0":
        raise_priority(int(priority), is_inherited=True)  # an executive is waited for from its fork on
    channel, found = socket.socket(fileno=int(control)), list[Flight]()

    def load() -> dict[str, object]:
        found.append(getattr(import_module(module), name)(*arguments))
        return {"loaded": found[0].name, "state": found[0].state, "stands_by": True}

    prepare(channel, int(supervisor), load)
    gc.freeze()
    try:
        found[0].preload()
    except BaseException as error:
        _begin_from_sources(error)
        raise
    gc.collect()
    gc.enable()
    gc.freeze()  # the memory that forks share then stays shared, and is never searched
    with suppress(ConnectionResetError, BrokenPipeError):
        WarmProcess(channel, int(door), int(supervisor), found[0]).serve()
    sys.exit(0)


if __name__ == "__main__":
    main(sys.argv[1:])
