"""The zygote: has the kernels loaded and warm, and forks a worker for each job within a millisecond or two.

    python -m fsw.jobs.zygote DESCRIPTOR NAME=MODULE ... MODULE ...

DESCRIPTOR is its end of the socket (orders.py); each MODULE with a NAME has a function `run` that is the pipeline of
that name, the others are what pipelines will need, imported here so that no worker has to. It is a process of its own
rather than a fork of the node, so that no worker ever holds the node's ports and files. It ends when the node does, and
takes its workers along.
"""

import gc
import os
import select
import signal
import socket
import sys
from contextlib import suppress
from importlib import import_module

import msgspec

from fsw.jobs.job import Pipeline
from fsw.jobs.orders import MESSAGE_OCTETS_MAX, Ended, Order
from fsw.jobs.worker import work


class Zygote:
    """Serves one node. `_workers` are (process, job) by process descriptor, which is readable once the worker ended."""

    def __init__(self, channel: socket.socket, pipelines: dict[str, Pipeline]) -> None:
        self._channel, self._pipelines = channel, pipelines
        self._workers: dict[int, tuple[int, int]] = {}

    def serve(self) -> None:
        """Until the node is gone."""
        while True:
            channel = self._channel.fileno()
            readable, _, _ = select.select([channel, *self._workers], [], [])
            for descriptor in [ready for ready in readable if ready in self._workers]:
                self._reap(descriptor)
            if channel in readable and not self._take_order():
                break
        for process, _ in self._workers.values():
            os.kill(process, signal.SIGKILL)
            os.waitpid(process, 0)

    def _take_order(self) -> bool:
        message, descriptors, _, _ = socket.recv_fds(self._channel, MESSAGE_OCTETS_MAX, 2)
        if not message:
            return False
        order = msgspec.json.decode(message, type=Order)
        process = os.fork()
        if not process:
            self._channel.close()
            work(order, self._pipelines[order.pipeline], *descriptors)
        self._workers[os.pidfd_open(process)] = (process, order.job_id)
        for descriptor in descriptors:
            os.close(descriptor)
        return True

    def _reap(self, descriptor: int) -> None:
        process, job_id = self._workers.pop(descriptor)
        os.close(descriptor)
        _, status, usage = os.wait4(process, 0)
        cpu_s = usage.ru_utime + usage.ru_stime
        ended = Ended(job_id=job_id, status=os.waitstatus_to_exitcode(status), cpu_s=cpu_s)
        self._channel.send(msgspec.json.encode(ended))


def main(arguments: list[str]) -> None:
    """See the module."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a person's ^C is for the node, which then ends us
    descriptor, *named = arguments
    modules = [(name, import_module(module)) for name, _, module in (word.rpartition("=") for word in named)]
    pipelines: dict[str, Pipeline] = {name: module.run for name, module in modules if name}
    gc.freeze()  # collections in workers then leave shared pages shared
    with suppress(BrokenPipeError, ConnectionResetError):  # the node went away while we told it something
        Zygote(socket.socket(fileno=int(descriptor)), pipelines).serve()


if __name__ == "__main__":
    main(sys.argv[1:])
