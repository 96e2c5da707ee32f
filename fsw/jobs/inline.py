"""Jobs without processes, for virtual time: computed at once, their outcomes given after a stated duration."""

import hashlib
from collections import deque
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from fsw.jobs.job import Job, JobsFullError, Outcome, Pipeline
from fsw.jobs.reason import words
from hal.clock import Clock
from hal.views import view_of

if TYPE_CHECKING:
    import numpy as np
else:
    from kernels.late import np


class InlineRunner:
    """`Runner` on a virtual clock: one worker, for which every job takes `duration_ns`."""

    def __init__(self, clock: Clock, pipelines: Mapping[str, Pipeline], *, duration_ns: int, waiting_max: int) -> None:
        self._clock, self._pipelines = clock, pipelines
        self._duration_ns, self._capacity = duration_ns, waiting_max + 1
        self._waiting: deque[Job] = deque()
        self._running: tuple[int, Outcome] | None = None
        self._is_held = False

    @property
    def unfinished(self) -> int:
        """How many jobs have not reached their end in virtual time."""
        return len(self._waiting) + (self._running is not None)

    def submit(self, job: Job) -> None:
        """Accept a job, and begin it where the worker is free."""
        if self.unfinished >= self._capacity:
            raise JobsFullError(f"{self.unfinished} jobs wait")
        self._waiting.append(job)
        self._begin(self._clock.monotonic_ns())

    def poll(self) -> Iterator[Outcome]:
        """The outcomes whose time has come; each job begins where the one before it ended."""
        while self._running and self._running[0] <= self._clock.monotonic_ns():
            end_ns, outcome = self._running
            self._running = None
            self._begin(end_ns)
            yield outcome

    def hold(self, *, is_held: bool) -> None:
        """Begin no job, or go on."""
        self._is_held = is_held
        self._begin(self._clock.monotonic_ns())

    def next_wake_ns(self) -> int | None:
        """The monotonic time at which the job that runs ends; None: there is none."""
        return self._running[0] if self._running else None

    def fileno(self) -> int:
        """-1: there is no descriptor to wait for."""
        return -1

    def close(self) -> None:
        """Drop all jobs."""
        self._waiting.clear()
        self._running = None

    def _begin(self, start_ns: int) -> None:
        """Compute the job that waits longest, unless one runs, and keep its outcome until the job's end."""
        if self._waiting and self._running is None and not self._is_held:
            delay_ns = start_ns - self._clock.monotonic_ns()
            self._running = start_ns + self._duration_ns, self._outcome(self._waiting.popleft(), delay_ns)

    def _outcome(self, job: Job, delay_ns: int) -> Outcome:
        answer, failure = None, ""
        try:
            answer = self._pipelines[job.pipeline](np.asarray(job.samples), dict(job.parameters))
        except (Exception, SystemExit) as error:  # what ends a worker process ends only the job here
            failure = words(error)
        start_utc_ns = self._clock.utc_ns() + delay_ns
        return Outcome(
            job_id=job.id,
            answer=answer,
            failure=failure,
            input_sha256=hashlib.sha256(view_of(job.samples)).hexdigest(),
            start_utc_ns=start_utc_ns,
            end_utc_ns=start_utc_ns + self._duration_ns,
            wall_s=self._duration_ns / 1e9,
            cpu_s=self._duration_ns / 1e9,
        )
