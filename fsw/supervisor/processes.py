"""The supervisor's processes on Linux: started, listened to, ended and buried.

The guardian of the jobs is reached through a door, a pair of sockets whose ends both stay open here: one goes to each
guardian in turn, the other through the warm process to each executive, so that either may be replaced alone.
"""

import os
import select
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from fsw.jobs.kin import adopt_orphans, children, end_children
from fsw.supervisor.causes import UNASKED, cause_of
from fsw.supervisor.messages import OCTETS_MAX, Chosen, Start, Told, chosen_in, message_in, to_octets
from fsw.supervisor.supervisor import Who

_ENDING_MS = 5_000
_MODULES = {Who.WARM: "fsw.supervisor.warm", Who.JOBS: "fsw.supervisor.jobs"}
_AHEAD = str(Path(__file__).with_name("ahead.py"))
_CHOOSING_MS = 60_000
_MS = 1_000_000


class Supervised(NamedTuple):
    """What is supervised: two functions of `module`, called with `arguments` in processes of their own.

    `flight` gives a Flight (warm.py), `jobs` the words for the guardian (fsw/jobs/guardian.py); that one is of
    `jobs_module`, if there is one, so that the guardian need not load the flight. `reset`: a command that
    resets the board, or none. `priority`: real-time priority at which both load, below that of a flight; 0 for none.
    `choosing`: module, function and arguments that choose the software (choosing.py); none: what is installed.
    """

    module: str
    flight: str
    jobs: str
    arguments: tuple[str, ...]
    reset: tuple[str, ...] = ()
    priority: int = 0
    choosing: tuple[str, ...] = ()
    jobs_module: str = ""


class ProcessNews(NamedTuple):
    """What a process said (`message`), or that it ended for `cause`."""

    who: Who
    message: Told
    cause: str = ""


class HostProcesses:
    """`ProcessTable` of this host, to be closed, which ends all of them.

    `report` tells a person; `forbidden` says why the board must not be reset, and counts resets that are asked for.
    """

    def __init__(self, plan: Supervised, report: Callable[[str], None], forbidden: Callable[[], str]) -> None:
        self.report, self._plan, self._forbidden = report, plan, forbidden
        self._door, self._guardians_door = _pair()
        self._sockets: dict[Who, socket.socket] = {}
        self._pids: dict[Who, int] = {}
        self._descriptors: dict[Who, int] = {}
        self._buried: dict[int, str] = {}  # processes that ended before they said who they are
        self._can_stand_by = False  # whether the warm process knows what a standby is: other versions do not
        self.has_standby = False  # whether there is one that waits for its start
        self._strangers: list[int] | None = None  # other children of this process, once it adopts orphans

    def choose(self, uncounted: int) -> Chosen:
        """Have a process choose, and wait for it; where it cannot, what is installed is started."""
        if not self._plan.choosing:
            return Chosen()
        try:
            answer, writing = os.pipe()
        except OSError as error:
            return Chosen(is_counted=False, complaint=f"no software could be chosen: {error.strerror}")
        try:
            os.set_inheritable(writing, True)
            words = [sys.executable, "-P", "-m", "fsw.supervisor.choosing", str(writing), *self._plan.choosing]
            try:
                pid = os.posix_spawn(sys.executable, [*words, str(uncounted)], os.environ)
            except OSError as error:
                return Chosen(is_counted=False, complaint=f"no software could be chosen: {error.strerror}")
            finally:
                os.close(writing)
            poll = select.poll()
            poll.register(answer, select.POLLIN)
            octets = os.read(answer, OCTETS_MAX) if poll.poll(_CHOOSING_MS) else b""  # it was written at once
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        finally:
            os.close(answer)
        try:
            return chosen_in(message_in(octets))
        except ValueError:
            return Chosen(is_counted=False, complaint="no software could be chosen")

    def start(self, who: Who, folder: str = "") -> None:
        """Start the warm process or the guardian."""
        ours, theirs = _pair()
        door = self._guardians_door if who is Who.JOBS else self._door
        module, function = self._plan.module, self._plan.flight
        if who is Who.JOBS:
            module, function = self._plan.jobs_module or module, self._plan.jobs
        handed = (theirs, door)
        for one in handed:
            one.set_inheritable(True)
        try:
            # -P: nothing is imported from the current folder; -u: what was printed survives a kill
            run = [_AHEAD, folder] if folder else ["-m"]
            words = [sys.executable, "-P", "-u", *run, _MODULES[who], *(str(one.fileno()) for one in handed)]
            words += [str(os.getpid()), str(self._plan.priority), module, function]
            pid = os.posix_spawn(
                sys.executable,
                [*words, *self._plan.arguments],
                {**os.environ, "OPENBLAS_NUM_THREADS": "1"},  # a library's threads do not survive a fork
                file_actions=[(os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0)],
            )
        finally:
            theirs.close()
            door.set_inheritable(False)
        self._drop_socket(who)
        ours.setblocking(False)  # a stopped process takes no message, and must not stop this one
        self._sockets[who] = ours
        self._know(who, pid)

    def order(self, start: Start) -> None:
        """Have the standby fly, or else the warm process fork an executive, whose lifeline is made here."""
        if self._strangers is None:
            self._strangers = [pid for pid in children(os.getpid()) if pid not in self._pids.values()]
            adopt_orphans()  # from now on: an executive is forked by a process that ends at once
        self._drop_socket(Who.EXECUTIVE)
        self._buried.clear()
        message: Told = {"start": start._asdict()}
        if not self._order_standby(message):
            self.dismiss()
            self._fork(Who.EXECUTIVE, message)

    def stand_by(self) -> None:
        """Have the warm process fork a standby, which takes the next order."""
        self.dismiss()
        if self._can_stand_by:
            self._fork(Who.STANDBY, {"standby": True})

    def dismiss(self) -> None:
        """End the standby, if there is one. Whatever else of it comes is no news."""
        self._drop_socket(Who.STANDBY)
        if Who.STANDBY in self._pids:
            os.kill(self._pids.pop(Who.STANDBY), signal.SIGKILL)
            self._drop_descriptor(Who.STANDBY)

    def kill(self, who: Who) -> None:
        """End a process; an executive of which nothing is known yet, by ending the warm process that was to fork it."""
        pid = self._pids.get(who) or self._pids.get(Who.WARM)
        if pid:
            os.kill(pid, signal.SIGKILL)

    def ask_to_end(self) -> None:
        """Close this end of the executive's lifeline for writing, which it sees."""
        if Who.EXECUTIVE in self._sockets:
            with suppress(OSError):
                self._sockets[Who.EXECUTIVE].shutdown(socket.SHUT_WR)

    def send_beacon(self, cause: str, failures: int) -> None:
        """Have a beacon sent, if there is a warm process that can."""
        with suppress(OSError):
            self._send_to_warm({"beacon": cause, "failures": failures}, [])

    def reset_board(self, cause: str) -> str:  # noqa: ARG002
        """Execute the command of the plan, and do not wait for it."""
        if not self._plan.reset:
            return "no command was given that resets it"
        if why_not := self._forbidden():
            return why_not
        try:
            os.posix_spawnp(self._plan.reset[0], self._plan.reset, os.environ)
        except OSError as error:
            return f"{self._plan.reset[0]}: {error.strerror}"
        return ""

    def wait(self, timeout_ns: int | None, others: list[int]) -> list[ProcessNews]:
        """News, as soon as there are any, after `timeout_ns`, or when one of the descriptors `others` is readable."""
        poll = select.poll()
        for one in (*others, *map(socket.socket.fileno, self._sockets.values()), *self._descriptors.values()):
            poll.register(one, select.POLLIN)
        poll.poll(None if timeout_ns is None else max(0, -(-timeout_ns // _MS)))
        news = [*self._messages()]
        return [*news, *self._bury()]  # the last words of who ended come before its end

    def close(self) -> None:
        """End everybody: the guardian in order, so that no worker is left."""
        self.dismiss()
        for who in (Who.EXECUTIVE, Who.WARM):
            if who in self._pids:
                self.kill(who)
        for one in (*self._sockets.values(), self._door, self._guardians_door):
            one.close()
        for pid in (pid for who, pid in self._pids.items() if who not in self._descriptors):
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        for who, descriptor in self._descriptors.items():
            poll = select.poll()
            poll.register(descriptor, select.POLLIN)
            if not poll.poll(_ENDING_MS):
                self.kill(who)
            os.close(descriptor)
            os.waitpid(self._pids[who], 0)
        if self._strangers is not None:
            end_children(spared=self._strangers)

    def _order_standby(self, message: Told) -> bool:
        """Have the standby fly: it is the executive then; whether there was one."""
        if not self.has_standby:
            return False
        self.has_standby, channel = False, self._sockets.pop(Who.STANDBY)
        try:
            channel.send(to_octets(message), socket.MSG_DONTWAIT)
        except OSError:
            channel.close()
            return False
        self._sockets[Who.EXECUTIVE] = channel
        self._pids[Who.EXECUTIVE] = self._pids.pop(Who.STANDBY)
        if Who.STANDBY in self._descriptors:
            self._descriptors[Who.EXECUTIVE] = self._descriptors.pop(Who.STANDBY)
        return True

    def _fork(self, who: Who, message: Told) -> None:
        """Have the warm process do it, and hand it the other end of a new socket."""
        ours, theirs = _pair()
        with theirs:
            self._send_to_warm(message, [theirs.fileno()])
        self._sockets[who] = ours

    def _send_to_warm(self, message: Told, descriptors: list[int]) -> None:
        if Who.WARM not in self._sockets:
            raise BrokenPipeError
        socket.send_fds(self._sockets[Who.WARM], [to_octets(message)], descriptors)

    def _messages(self) -> Iterator[ProcessNews]:
        for who, channel in list(self._sockets.items()):
            while octets := _received(channel):
                message = message_in(octets)
                if who is Who.STANDBY:
                    self._accept_standby(message)
                elif "pid" in message:
                    yield from self._meet(message["pid"])
                else:
                    self._can_stand_by = message.get("stands_by", self._can_stand_by)
                    yield ProcessNews(who, message)
            if octets is None:
                continue
            self._drop_socket(who)
            if who in {Who.EXECUTIVE, Who.STANDBY} and who not in self._pids:
                yield ProcessNews(who, {}, UNASKED)  # nobody was forked, or it ended before it could say a word

    def _accept_standby(self, message: Told) -> None:
        if "pid" in message:
            self._know(Who.STANDBY, message["pid"])
        self.has_standby = "waits" in message

    def _meet(self, pid: int) -> Iterator[ProcessNews]:
        """The executive says who it is."""
        if pid in self._buried:
            yield ProcessNews(Who.EXECUTIVE, {}, self._buried.pop(pid))
        else:
            self._know(Who.EXECUTIVE, pid)

    def _know(self, who: Who, pid: int) -> None:
        """Without a descriptor to spare for it, its end is noticed when its socket closes, or its silence lasts."""
        self._pids[who] = pid
        with suppress(OSError):
            self._descriptors[who] = os.pidfd_open(pid)

    def _bury(self) -> Iterator[ProcessNews]:
        """Wait for those who ended, and end whatever an executive leaves behind."""
        for pid, status in self._waited():
            who = next((who for who, one in self._pids.items() if one == pid), None)
            if who is None:
                self._buried[pid] = cause_of(status)
                continue
            del self._pids[who]
            self._drop_descriptor(who)
            self._drop_socket(who)
            if who is Who.EXECUTIVE and Who.STANDBY not in self._pids:
                self.dismiss()  # one that is not known yet ends with whatever is left
            if who is Who.EXECUTIVE:  # what it left behind may hold a port that its successor needs
                with suppress(OSError):  # no descriptor to look for them with
                    end_children(spared=[*self._pids.values(), *(self._strangers or ())])
            yield ProcessNews(who, {}, cause_of(status))

    def _waited(self) -> Iterator[tuple[int, int]]:
        """Process and status of each child that has ended; whoever else uses this process keeps his."""
        spared, ours = self._strangers, list(self._pids.values())
        if spared is not None:
            with suppress(OSError):  # no descriptor to look with: those that are known
                ours = children(os.getpid())
        for pid in ours:
            if spared is None or pid not in spared:
                with suppress(ChildProcessError):  # what an executive left behind is waited for at its end
                    ended, status = os.waitpid(pid, os.WNOHANG)
                    if ended:
                        yield ended, status

    def _drop_descriptor(self, who: Who) -> None:
        descriptor = self._descriptors.pop(who, None)
        if descriptor is not None:
            os.close(descriptor)

    def _drop_socket(self, who: Who) -> None:
        if who is Who.STANDBY:
            self.has_standby = False
        channel = self._sockets.pop(who, None)
        if channel is not None:
            channel.close()


def _pair() -> tuple[socket.socket, socket.socket]:
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)


def _received(channel: socket.socket) -> bytes | None:
    """The next message; None: none now, b"": there will be no more."""
    try:
        return channel.recv(OCTETS_MAX, socket.MSG_DONTWAIT)
    except BlockingIOError:
        return None
    except ConnectionResetError:
        return b""
