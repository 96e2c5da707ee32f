"""Jobs without processes, for virtual time: computed at once, their outcomes given after a stated duration."""

import hashlib
from collections import deque
from collections.abc import Iterator, Mapping

from fsw.jobs.job import Job, JobsFullError, Outcome, Pipeline
from fsw.jobs.reason import words
from hal.clock import Clock


class InlineRunner:
    """`Runner` on a virtual clock: one worker, for which every job takes `duration_ns`."""

    def __init__(self, clock: Clock, pipelines: Mapping[str, Pipeline], *, duration_ns: int, waiting_max: int) -> None:
        self._clock, self._pipelines = clock, pipelines
        self._duration_ns, self._capacity = duration_ns, waiting_max + 1
        self._ends: deque[tuple[int, Outcome]] = deque()

    @property
    def unfinished(self) -> int:
        """How many jobs have not reached their end in virtual time."""
        return len(self._ends)

    def submit(self, job: Job) -> None:
        """Compute the job now, and keep its outcome until the job's end."""
        if len(self._ends) >= self._capacity:
            raise JobsFullError(f"{len(self._ends)} jobs wait")
        now_ns = self._clock.monotonic_ns()
        start_ns = max(now_ns, self._ends[-1][0]) if self._ends else now_ns
        self._ends.append((start_ns + self._duration_ns, self._outcome(job, start_ns - now_ns)))

    def poll(self) -> Iterator[Outcome]:
        """The outcomes whose time has come."""
        while self._ends and self._ends[0][0] <= self._clock.monotonic_ns():
            yield self._ends.popleft()[1]

    def next_wake_ns(self) -> int | None:
        """The monotonic time at which the next job ends; None: there is none."""
        return self._ends[0][0] if self._ends else None

    def fileno(self) -> int:
        """-1: there is no descriptor to wait for."""
        return -1

    def close(self) -> None:
        """Drop all jobs."""
        self._ends.clear()

    def _outcome(self, job: Job, delay_ns: int) -> Outcome:
        answer, failure = None, ""
        try:
            answer = self._pipelines[job.pipeline](job.samples, dict(job.parameters))
        except (Exception, SystemExit) as error:  # what ends a worker process ends only the job here
            failure = words(error)
        start_utc_ns = self._clock.utc_ns() + delay_ns
        return Outcome(
            job_id=job.id,
            answer=answer,
            failure=failure,
            input_sha256=hashlib.sha256(job.samples.data).hexdigest(),
            start_utc_ns=start_utc_ns,
            end_utc_ns=start_utc_ns + self._duration_ns,
            wall_s=self._duration_ns / 1e9,
            cpu_s=self._duration_ns / 1e9,
        )
