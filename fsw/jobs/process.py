"""Jobs in worker processes: the node's side. A worker that dies, hangs or eats memory costs its job one attempt."""

import fcntl
import os
import signal
import socket
import subprocess
import sys
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from numpy.typing import NDArray

from fsw.jobs.job import Job, JobsFullError, Outcome
from fsw.jobs.orders import DIGEST_OCTETS, MESSAGE_OCTETS_MAX, Ended, Exit, Order
from hal.clock import Clock

_SEALS = fcntl.F_SEAL_WRITE | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_SEAL
_CLOSING_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class JobLimits:
    """`workers` at a time, `waiting_max` more in line, `attempts` a job; the others are limits of each worker."""

    workers: int
    waiting_max: int
    memory_octets: int
    timeout_s: float
    attempts: int


@dataclass(slots=True)
class _Work:
    """A job under way: the sealed memory that holds its samples, and the memory for the result of this attempt."""

    job: Job
    samples_fd: int
    result_fd: int = -1
    attempts: int = 0
    start_utc_ns: int = 0
    start_ns: int = 0
    cpu_s: float = 0.0


class ProcessRunner:
    """`Runner` whose jobs run under `limits`. `pipelines`: the module that has the function `run`, by pipeline name.

    `warm`: modules that the pipelines will need, imported once for all jobs.
    """

    def __init__(self, clock: Clock, limits: JobLimits, pipelines: Mapping[str, str], warm: Iterable[str] = ()) -> None:
        self._clock, self._limits, self._pipelines, self._warm = clock, limits, pipelines, tuple(warm)
        self._waiting: deque[_Work] = deque()
        self._running: dict[int, _Work] = {}
        self._channel, self._zygote = self._start_zygote()  # warm before the first job comes

    @property
    def unfinished(self) -> int:
        """Jobs that run or wait."""
        return len(self._waiting) + len(self._running)

    def submit(self, job: Job) -> None:
        """Copy the samples into sealed memory and start a worker, now or when one is free."""
        assert job.pipeline in self._pipelines, job.pipeline
        if self.unfinished >= self._limits.workers + self._limits.waiting_max:
            raise JobsFullError(f"{self.unfinished} jobs run or wait")
        self._waiting.append(_Work(job, _sealed_memory(job.samples)))
        self._start_waiting()

    def poll(self) -> Iterator[Outcome]:
        """Outcomes of the workers that ended; starts the next ones."""
        for ended in self._receive():
            work = self._running.pop(ended.job_id)
            work.cpu_s += ended.cpu_s
            outcome = self._judge(work, ended.status)
            if outcome:
                yield outcome
        self._start_waiting()

    def next_wake_ns(self) -> int | None:
        """Not known; `fileno` becomes readable."""
        return None

    def fileno(self) -> int:
        """The socket to the zygote."""
        return self._channel.fileno()

    def close(self) -> None:
        """The zygote ends its workers and itself when its socket closes."""
        self._channel.close()
        for work in (*self._waiting, *self._running.values()):
            _close_all(work)
        self._waiting.clear()
        self._running.clear()
        try:
            self._zygote.wait(_CLOSING_S)
        except subprocess.TimeoutExpired:
            self._zygote.kill()
            self._zygote.wait()

    def _start_zygote(self) -> tuple[socket.socket, subprocess.Popen[bytes]]:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.setblocking(False)
        modules = [f"{name}={module}" for name, module in self._pipelines.items()]
        with theirs:
            zygote = subprocess.Popen(
                # -P: the folder that a person happens to stand in is no place to import from
                [sys.executable, "-P", "-m", "fsw.jobs.zygote", str(theirs.fileno()), *modules, *self._warm],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},  # threads do not survive a fork
            )
        return ours, zygote

    def _receive(self) -> Iterator[Ended]:
        if self._channel.fileno() < 0:
            return
        try:
            while message := self._channel.recv(MESSAGE_OCTETS_MAX):
                yield msgspec.json.decode(message, type=Ended)
        except BlockingIOError:
            return
        except ConnectionResetError:
            pass
        yield from self._bury_zygote()

    def _bury_zygote(self) -> Iterator[Ended]:
        """Its death ends every attempt under way. `_start` makes a new one, so that attempts bound how often."""
        self._channel.close()
        self._zygote.wait()
        yield from [Ended(job_id=job_id, status=-signal.SIGKILL, cpu_s=0.0) for job_id in self._running]

    def _start_waiting(self) -> None:
        while self._waiting and len(self._running) < self._limits.workers:
            if not self._start(self._waiting[0]):
                return
            work = self._waiting.popleft()
            self._running[work.job.id] = work

    def _start(self, work: _Work) -> bool:
        """Whether the zygote took the order."""
        if self._channel.fileno() < 0:
            self._channel, self._zygote = self._start_zygote()
        work.result_fd = os.memfd_create("result")
        order = Order(
            job_id=work.job.id,
            pipeline=work.job.pipeline,
            dtype=work.job.samples.dtype.str,
            shape=list(work.job.samples.shape),
            parameters=dict(work.job.parameters),
            memory_octets=self._limits.memory_octets,
            timeout_s=self._limits.timeout_s,
        )
        try:
            socket.send_fds(self._channel, [msgspec.json.encode(order)], [work.samples_fd, work.result_fd])
        except (BlockingIOError, BrokenPipeError, ConnectionResetError):  # `poll` sees to a zygote that died
            os.close(work.result_fd)
            work.result_fd = -1
            return False
        if not work.attempts:
            work.start_utc_ns, work.start_ns = self._clock.utc_ns(), self._clock.monotonic_ns()
        work.attempts += 1
        return True

    def _judge(self, work: _Work, status: int) -> Outcome | None:
        """The outcome, or None where the job gets another attempt. An exception would only come again."""
        result = _contents(work.result_fd)
        os.close(work.result_fd)
        work.result_fd = -1
        if status not in (Exit.DONE, Exit.FAILED) and work.attempts < self._limits.attempts:
            self._waiting.appendleft(work)
            return None
        os.close(work.samples_fd)
        done = status == Exit.DONE
        return Outcome(
            job_id=work.job.id,
            answer=result[DIGEST_OCTETS:] if done else None,
            failure="" if done else self._reason(status, result),
            input_sha256=result[:DIGEST_OCTETS].hex() if done else "",
            attempts=work.attempts,
            start_utc_ns=work.start_utc_ns,
            end_utc_ns=self._clock.utc_ns(),
            wall_s=(self._clock.monotonic_ns() - work.start_ns) / 1e9,
            cpu_s=work.cpu_s,
        )

    def _reason(self, status: int, result: bytes) -> str:
        if status == Exit.FAILED:
            return result.decode(errors="replace")
        if status == Exit.OUT_OF_MEMORY:
            return f"out of memory ({self._limits.memory_octets} octets)"
        if status == -signal.SIGALRM:
            return f"timeout ({self._limits.timeout_s} s)"
        return f"worker ended by {signal.Signals(-status).name}" if status < 0 else f"worker ended with status {status}"


def _sealed_memory(samples: NDArray[Any]) -> int:
    """Descriptor of a copy of `samples` that nobody can change any more."""
    descriptor = os.memfd_create("samples", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    rest = samples.data.cast("B")
    while rest:
        rest = rest[os.write(descriptor, rest) :]
    fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, _SEALS)
    return descriptor


def _contents(descriptor: int) -> bytes:
    return os.pread(descriptor, os.fstat(descriptor).st_size, 0)


def _close_all(work: _Work) -> None:
    for descriptor in (work.samples_fd, work.result_fd):
        if descriptor >= 0:
            os.close(descriptor)
