"""The guardian: keeps kernels and stages loaded, forks a zygote for each node that asks, and ends what that leaves.

    python -m fsw.jobs.guardian DOOR NAME=MODULE ... MODULE ...

DOOR is the descriptor of a socket on which a node sends its end of a channel (orders.py) to ask for a zygote, which as
a fork of a warm process serves within milliseconds. The guardian holds the channel, too, until no process of the zygote
is left: when the node finds it closed, no worker of it runs any more. Each MODULE with a NAME has a function `run` that
is the pipeline of that name; the others are imported because pipelines will need them, so that no worker has to. Where
no process holds the other end of DOOR any more, the guardian ends all zygotes and itself.
"""

import gc
import os
import select
import signal
import socket
import sys
import traceback
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module

import msgspec

from fsw.jobs.job import Pipeline
from fsw.jobs.kin import adopt_orphans, end_children, wait_for
from fsw.jobs.orders import Gone
from fsw.jobs.reason import ending, words
from fsw.jobs.zygote import Zygote
from hal.linux.clock import HostClock

_LEFT_TO_THE_NODE = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
_ORDER_OCTETS = 16  # an order says nothing: the descriptor that comes with it is all


@dataclass(slots=True, eq=False)
class _Served:
    """A zygote: its process, a descriptor (pidfd) that is readable once that ended, and its channel to its node."""

    process: int
    descriptor: int
    channel: socket.socket

    def fileno(self) -> int:
        return self.descriptor


class Guardian:
    """Serves the orders that come through `door`; a zygote ends with the process that holds the other end of it."""

    def __init__(self, door: socket.socket, pipelines: Mapping[str, Pipeline]) -> None:
        self._door, self._pipelines = door, pipelines
        self._own = os.pidfd_open(os.getpid())
        self._zygotes: dict[int, _Served] = {}

    def serve(self) -> None:
        """Serve until nobody is left who could ask for a zygote."""
        try:
            while self._turn():
                pass
        finally:
            end_children()

    def _turn(self) -> bool:
        wanted: list[socket.socket | _Served] = [self._door, *self._zygotes.values()]
        ready, _, _ = select.select(wanted, [], [])
        for served in [one for one in self._zygotes.values() if one in ready]:
            self._bury(served)
        return self._door not in ready or self._accept_order()

    def _accept_order(self) -> bool:
        message, descriptors, _, _ = socket.recv_fds(self._door, _ORDER_OCTETS, 1)
        for descriptor in descriptors:
            self._fork(socket.socket(fileno=descriptor))
        return bool(message)

    def _fork(self, channel: socket.socket) -> None:
        try:
            process = os.fork()
        except OSError as error:  # no memory for a process, or the limit of processes is reached
            _report(channel, Gone(cause=f"no zygote, {words(error)}"))
            channel.close()
            return
        if not process:
            self._be_zygote(channel)
        self._zygotes[process] = _Served(process, os.pidfd_open(process), channel)

    def _be_zygote(self, channel: socket.socket) -> None:
        """Serve the node at the other end of `channel`, and end this process."""
        status = 1
        try:
            for other in (self._door, *(one.channel for one in self._zygotes.values())):
                other.close()  # else its other end could not see that nobody serves it any more
            adopt_orphans()
            with suppress(BrokenPipeError, ConnectionResetError):  # the node ended while a message was sent to it
                Zygote(HostClock(), channel, self._own, self._pipelines).serve()
            status = 0
        except BaseException:  # whatever it is, this fork must not go on as a second guardian
            traceback.print_exc()
        finally:
            os._exit(status)

    def _bury(self, served: _Served) -> None:
        """Tell of the end of a zygote, after ending its descendants, which are now children of this process."""
        del self._zygotes[served.process]
        status, _ = wait_for(served.process)
        os.close(served.descriptor)
        end_children(spared=self._zygotes)
        _report(served.channel, Gone(cause=f"zygote {ending(status)}"))
        served.channel.close()


def _report(channel: socket.socket, gone: Gone) -> None:
    with suppress(OSError):  # the node is gone as well, or takes nothing: it will see that the channel is closed
        channel.send(msgspec.json.encode(gone), socket.MSG_DONTWAIT)


def guard(door: int, named: list[str]) -> None:
    """Import what pipelines need (NAME=MODULE, or MODULE), and serve the nodes that ask through `door`."""
    for number in _LEFT_TO_THE_NODE:
        signal.signal(number, signal.SIG_IGN)  # ^C and a service's stop are for the node, which then ends this process
    adopt_orphans()
    modules = [(name, import_module(module)) for name, _, module in (word.rpartition("=") for word in named)]
    pipelines: dict[str, Pipeline] = {name: module.run for name, module in modules if name}
    gc.collect()
    gc.freeze()  # garbage collection in zygotes and workers then leaves shared pages shared
    Guardian(socket.socket(fileno=door), pipelines).serve()


if __name__ == "__main__":
    guard(int(sys.argv[1]), sys.argv[2:])
