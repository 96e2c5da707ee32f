"""The zygote: keeps the kernels loaded, forks a worker for each attempt, and enforces its time limit.

It is a fork of its guardian (guardian.py) rather than of the node, so that no worker ever holds the node's ports and
files. When a worker ends, or its time does, all its descendants are ended as well, and only then is that reported. The
zygote ends when the node or the guardian does, and ends its workers with it.
"""

import os
import select
import signal
import socket
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

import msgspec

from fsw.jobs.job import Pipeline
from fsw.jobs.kin import end_children, wait_for
from fsw.jobs.orders import MESSAGE_OCTETS_MAX, Attempt, Ended, Ready
from fsw.jobs.output import Output
from fsw.jobs.reason import ending, words
from fsw.jobs.worker import work
from hal.clock import Clock, Waitable

_NS_PER_S = 1_000_000_000


@dataclass(slots=True, eq=False)
class _Worker:
    """A worker and its time limit. `descriptor` (pidfd) is readable once it ended."""

    attempt: Attempt
    process: int
    descriptor: int
    output: Output
    deadline_ns: int
    is_late: bool = False

    def fileno(self) -> int:
        return self.descriptor

    def kill(self) -> None:
        """Kill the worker and all of its session in one call, which no fork can outrun."""
        with suppress(ProcessLookupError):  # it has not made its session yet
            os.killpg(self.process, signal.SIGKILL)
        os.kill(self.process, signal.SIGKILL)


class Zygote:
    """Serves one node. `guardian` is the descriptor (pidfd) of the process that ends what the zygote leaves behind."""

    def __init__(self, clock: Clock, channel: socket.socket, guardian: int, pipelines: Mapping[str, Pipeline]) -> None:
        self._clock, self._channel, self._guardian, self._pipelines = clock, channel, guardian, pipelines
        self._workers: dict[int, _Worker] = {}

    def serve(self) -> None:
        """Serve until the node or the guardian is gone."""
        try:
            self._report(Ready(process=os.getpid()))
            while self._turn():
                pass
        finally:
            for worker in self._workers.values():
                worker.kill()
            end_children()

    def _turn(self) -> bool:
        outputs = [worker.output for worker in self._workers.values() if worker.output.fileno() >= 0]
        wanted: list[int | Waitable] = [self._channel, self._guardian, *self._workers.values(), *outputs]
        ready, _, _ = select.select(wanted, [], [], self._patience_s())
        if self._guardian in ready:
            return False
        for output in outputs:
            if output in ready:
                output.pass_on()
        self._end_late()
        for worker in [worker for worker in self._workers.values() if worker in ready]:
            self._bury(worker)
        return self._channel not in ready or self._read_order()

    def _patience_s(self) -> float | None:
        """Seconds until the next worker's time is over; None: no worker runs."""
        deadlines = [worker.deadline_ns for worker in self._workers.values() if not worker.is_late]
        return max(0, min(deadlines) - self._clock.monotonic_ns()) / _NS_PER_S if deadlines else None

    def _read_order(self) -> bool:
        message, descriptors, _, _ = socket.recv_fds(self._channel, MESSAGE_OCTETS_MAX, 3)
        if not message:
            return False
        attempt = msgspec.json.decode(message, type=Attempt)
        try:
            self._fork(attempt, descriptors)
        except OSError as error:  # no memory for a process, or the limit of processes is reached
            self._report(Ended(job_id=attempt.job_id, cause=f"no worker, {words(error)}", cpu_s=0.0))
        finally:
            for descriptor in descriptors:
                os.close(descriptor)
        return True

    def _fork(self, attempt: Attempt, descriptors: list[int]) -> None:
        reading, writing = os.pipe()
        try:
            process = os.fork()
            if not process:
                work(attempt, self._pipelines, descriptors, writing)
        except OSError:
            os.close(reading)
            raise
        finally:
            os.close(writing)
        deadline_ns = self._clock.monotonic_ns() + round(attempt.timeout_s * _NS_PER_S)
        output = Output(reading, attempt.job_id)
        self._workers[process] = _Worker(attempt, process, os.pidfd_open(process), output, deadline_ns)

    def _end_late(self) -> None:
        now_ns = self._clock.monotonic_ns()
        for worker in self._workers.values():
            if now_ns >= worker.deadline_ns and not worker.is_late:
                worker.is_late = True
                worker.kill()

    def _bury(self, worker: _Worker) -> None:
        """Report the end of a worker, after ending its descendants, which are now children of this process."""
        worker.kill()
        del self._workers[worker.process]
        status, cpu_s = wait_for(worker.process)
        os.close(worker.descriptor)
        cpu_s += end_children(spared=self._workers)
        worker.output.end()
        cause = f"timeout ({worker.attempt.timeout_s} s)" if worker.is_late else f"worker {ending(status)}"
        self._report(Ended(job_id=worker.attempt.job_id, cause=cause, cpu_s=cpu_s))

    def _report(self, state: Ready | Ended) -> None:
        self._channel.send(msgspec.json.encode(state))
