"""Jobs in worker processes, the node's side. A worker that crashes, hangs or exceeds its memory costs one attempt."""

from __future__ import annotations

import os
import socket
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from fsw.jobs.job import Job, JobsFullError, Outcome, dtype_of
from fsw.jobs.kin import end_family
from fsw.jobs.memory import sealed
from fsw.jobs.orders import MESSAGE_OCTETS_MAX, ORDER_OCTETS_MAX, Attempt, Ended, Gone, JobOrder, Ready
from fsw.jobs.reason import words
from fsw.jobs.result import Result, read_result, result_room
from fsw.jobs.source import OwnGuardian, ZygoteSource
from hal.clock import Clock

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
else:
    from kernels.late import np

_NS_PER_S = 1_000_000_000
_STARTING_NS = 120 * _NS_PER_S
_GRACE_NS = 5 * _NS_PER_S
"""How long the zygote may be silent after a worker's time is over, before it is taken for stopped and is ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobLimits:
    """`workers` at a time, `waiting_max` more in the queue, `attempts` a job; the others are limits of each worker."""

    workers: int
    waiting_max: int
    memory_octets: int
    timeout_s: float
    attempts: int


@dataclass(slots=True)
class _Work:
    """A job under way. `memories` are the descriptors of its order, its samples and its result.

    `start_*` are the times of the first attempt, `deadline_ns` is that of the present one.
    """

    job: Job
    memories: list[int]
    attempts: int = 0
    start_utc_ns: int = 0
    start_ns: int = 0
    deadline_ns: int = 0
    cpu_s: float = 0.0


class ProcessRunner:
    """`Runner` whose jobs run under `limits`. `pipelines`: the module that has the function `run`, by pipeline name.

    `warm`: modules that the pipelines will need, imported once for all jobs. `source` gives the zygotes, and has both
    imported; None: a guardian of this runner's own.
    """

    def __init__(
        self,
        clock: Clock,
        limits: JobLimits,
        pipelines: Mapping[str, str],
        warm: Iterable[str] = (),
        source: ZygoteSource | None = None,
    ) -> None:
        self._clock, self._limits, self._pipelines = clock, limits, pipelines
        self.source = source or OwnGuardian(pipelines, warm)
        self._waiting: deque[_Work] = deque()
        self._running: dict[int, _Work] = {}
        self._over: deque[Outcome] = deque()  # of jobs that get no worker any more; bounded as the waiting jobs are
        self._ready: Ready | None = None
        self._is_ended = self._is_held = False
        try:
            self._channel = self._order_zygote()  # warm before the first job comes
        except OSError:  # the first job asks again, and fails alone if it is in vain
            self._channel = socket.socket()
            self._channel.close()

    @property
    def unfinished(self) -> int:
        """Jobs that run or wait, or whose outcome waits."""
        return len(self._waiting) + len(self._running) + len(self._over)

    def submit(self, job: Job) -> None:
        """Copy order and samples into sealed memory and start a worker, now or when one is free."""
        assert job.pipeline in self._pipelines, job.pipeline
        if self.unfinished >= self._limits.workers + self._limits.waiting_max:
            raise JobsFullError(f"{self.unfinished} jobs run or wait")
        work = _Work(job, [], start_utc_ns=self._clock.utc_ns(), start_ns=self._clock.monotonic_ns())
        try:
            _remember(work)
        except (OSError, ValueError) as error:
            self._over.append(self._outcome(work, Result(failure=words(error))))
            return
        self._waiting.append(work)
        self._start_waiting()

    def poll(self) -> Iterator[Outcome]:
        """Outcomes of the workers that ended; starts the next ones."""
        self._end_silent_zygote()
        for ended in self._receive():
            work = self._running.pop(ended.job_id)
            work.cpu_s += ended.cpu_s
            self._judge(work, ended.cause)
        self._start_waiting()
        while self._over:
            yield self._over.popleft()

    def hold(self, *, is_held: bool) -> None:
        """Start no attempt from now on, or go on: with what waits, and with what has to be tried again."""
        self._is_held = is_held
        self._start_waiting()

    def next_wake_ns(self) -> int | None:
        """0: now. Else when the zygote should have reported a worker's end; `fileno` is readable before."""
        if self._over:
            return 0
        return min((work.deadline_ns for work in self._running.values()), default=None)

    def fileno(self) -> int:
        """The socket to the zygote; -1 while there is no job: what is said meanwhile waits, and wakes nobody."""
        return self._channel.fileno() if self.unfinished else -1

    def close(self) -> None:
        """Close the channel, upon which the zygote ends its workers and itself."""
        self._channel.close()
        for work in (*self._waiting, *self._running.values()):
            _forget(work)
        self._waiting.clear()
        self._running.clear()
        self._over.clear()
        self.source.close()

    def _order_zygote(self) -> socket.socket:
        """The channel to a new zygote. Raises OSError."""
        self._ready, self._is_ended = None, False
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.setblocking(False)
        try:
            with theirs:
                self.source.order(theirs)
        except OSError:
            ours.close()
            raise
        return ours

    def _receive(self) -> Iterator[Ended]:
        if self._channel.fileno() < 0:
            return
        while message := self._next_message():
            report = msgspec.json.decode(message, type=Ready | Ended | Gone)
            if isinstance(report, Ended):
                yield report
            elif isinstance(report, Gone):
                yield from self._bury_zygote(report.cause)
                return
            else:
                self._ready = report
                self._expect(*self._running.values())
        if message is not None:
            yield from self._bury_zygote(self.source.epitaph())

    def _next_message(self) -> bytes | None:
        """The next message of the zygote or its guardian; None: none now, b"": there will be no more."""
        try:
            return self._channel.recv(MESSAGE_OCTETS_MAX)
        except BlockingIOError:
            return None
        except ConnectionResetError:  # raised once where it left an attempt unread; then comes what it said before
            return self._next_message()

    def _bury_zygote(self, cause: str) -> list[Ended]:
        """End every attempt under way, as the zygote is dead; `_start` orders a new one, at most once an attempt."""
        self._channel.close()
        return [Ended(job_id=job_id, cause=cause, cpu_s=0.0) for job_id in self._running]

    def _end_silent_zygote(self) -> None:
        """End a zygote that is stopped: it reports nothing, and ends no worker whose time is over.

        Its guardian may be gone already, or be stopped as well; the open channel shows that one of them still exists.
        """
        now_ns = self._clock.monotonic_ns()
        if self._channel.fileno() < 0 or all(now_ns < work.deadline_ns for work in self._running.values()):
            return
        if self._ready and not self._is_ended:
            end_family(self._ready.process)
        else:
            self.source.give_up()
        self._is_ended = True
        for work in self._running.values():
            work.deadline_ns = now_ns + _GRACE_NS

    def _start_waiting(self) -> None:
        while self._waiting and len(self._running) < self._limits.workers and not self._is_held:
            work = self._waiting.popleft()
            try:
                self._start(work)
            except (BlockingIOError, BrokenPipeError, ConnectionResetError):  # `poll` handles a zygote that died
                self._waiting.appendleft(work)
                return
            except OSError as error:  # no zygote could be started
                work.attempts += 1
                self._judge(work, words(error))

    def _start(self, work: _Work) -> None:
        if self._channel.fileno() < 0:
            self._channel = self._order_zygote()
        attempt = Attempt(
            job_id=work.job.id,
            number=work.attempts + 1,
            memory_octets=self._limits.memory_octets,
            timeout_s=self._limits.timeout_s,
        )
        socket.send_fds(self._channel, [msgspec.json.encode(attempt)], work.memories)
        if not work.attempts:
            work.start_utc_ns, work.start_ns = self._clock.utc_ns(), self._clock.monotonic_ns()
        work.attempts += 1
        self._running[work.job.id] = work
        self._expect(work)

    def _expect(self, *works: _Work) -> None:
        """Start the time limit of each attempt, with the zygote's own start added while it is not ready."""
        patience_ns = round(self._limits.timeout_s * _NS_PER_S) + (_GRACE_NS if self._ready else _STARTING_NS)
        for work in works:
            work.deadline_ns = self._clock.monotonic_ns() + patience_ns

    def _judge(self, work: _Work, cause: str) -> None:
        """End the job, or queue another attempt. After an exception there is none: it would only repeat."""
        result = read_result(work.memories[-1], work.attempts) or Result(failure=cause, is_final=False)
        if result.answer is None and not result.is_final and work.attempts < self._limits.attempts:
            self._waiting.appendleft(work)
            return
        _forget(work)
        self._over.append(self._outcome(work, result))

    def _outcome(self, work: _Work, result: Result) -> Outcome:
        return Outcome(
            job_id=work.job.id,
            answer=result.answer,
            failure=result.failure,
            input_sha256=result.input_sha256.hex(),
            attempts=work.attempts,
            start_utc_ns=work.start_utc_ns,
            end_utc_ns=self._clock.utc_ns(),
            wall_s=(self._clock.monotonic_ns() - work.start_ns) / 1e9,
            cpu_s=work.cpu_s,
        )


def _remember(work: _Work) -> None:
    """Fill `memories`. Raises OSError where there is no memory, ValueError for an order that cannot be sent."""
    samples = work.job.samples
    if not isinstance(samples, memoryview):
        samples = np.ascontiguousarray(samples)
    order = JobOrder(
        pipeline=work.job.pipeline,
        dtype=dtype_of(samples),
        shape=samples.shape or (),
        parameters=dict(work.job.parameters),
    )
    try:
        octets = msgspec.msgpack.encode(order)
    except (OverflowError, TypeError) as error:
        raise ValueError(f"an order that cannot be sent ({error})") from None
    if len(octets) > ORDER_OCTETS_MAX:
        raise ValueError(f"an order of {len(octets)} octets, expected {ORDER_OCTETS_MAX} at most")
    try:
        work.memories.append(sealed("order", octets))
        work.memories.append(sealed("samples", _octets_of(samples)))
        work.memories.append(result_room())
    except OSError:
        _forget(work)
        raise


def _octets_of(samples: NDArray[Any] | memoryview) -> memoryview:
    return samples.cast("B") if isinstance(samples, memoryview) else samples.reshape(-1).view(np.uint8).data


def _forget(work: _Work) -> None:
    while work.memories:
        os.close(work.memories.pop())
