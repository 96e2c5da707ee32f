"""The job service for apps: stages over samples, in the same workers as captures, answered with an array.

The node's runner is shared: whoever polls it passes the outcomes of others to them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from fsw.jobs.job import Job, JobParameters, JobsFullError, Outcome, Runner
from fsw.pipelines.run import Work, array_of
from fsw.pipelines.stage import About, StageSpec
from kernels.imaging.georeference import Georeference

if TYPE_CHECKING:
    from numpy.typing import NDArray

UNFINISHED_MAX = 2
"""Jobs of one app that may run or wait, so that none takes the places of captures."""
_FIRST_ID = 1 << 32
"""Captures have the numbers of their products, which are below."""
_NOWHERE = Georeference(epsg=0, easting_m=0.0, northing_m=0.0, pixel_m=1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobAnswer:
    """How a job of an app ended: `array`, or None and `failure` in words."""

    job: int
    array: NDArray[Any] | None
    failure: str = ""


class JobOwner(Protocol):
    """Who gets the outcomes of the jobs that it began."""

    def accept(self, outcome: Outcome) -> None:
        """Accept the outcome of one of them."""


class SharedRunner:
    """`Runner` of the captures, which every app with `Jobs` shares. `poll` gives what belongs to none of them.

    `cpu_s` sums the processor time of all jobs that ended.
    """

    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self.cpu_s = 0.0
        self._next_id = _FIRST_ID
        self._owners: dict[int, JobOwner] = {}

    @property
    def unfinished(self) -> int:
        """Jobs that run or wait, those of apps included: whoever sees one has to poll."""
        return self._runner.unfinished

    def submit(self, job: Job) -> None:
        """Accept a job; raises JobsFullError."""
        self._runner.submit(job)

    def poll(self) -> Iterator[Outcome]:
        """The outcomes that no app waits for; the others go to their apps."""
        for outcome in self._runner.poll():
            self.cpu_s += outcome.cpu_s
            owner = self._owners.pop(outcome.job_id, None)
            if owner:
                owner.accept(outcome)
            else:
                yield outcome

    def hold(self, *, is_held: bool) -> None:
        """Start no job, captures included, or go on with those that wait."""
        self._runner.hold(is_held=is_held)

    def next_wake_ns(self) -> int | None:
        """Monotonic time at which to `poll` at the latest; 0: now, None: no such time."""
        return self._runner.next_wake_ns()

    def fileno(self) -> int:
        """Descriptor to wait for; -1 where there is none."""
        return self._runner.fileno()

    def close(self) -> None:
        """End all workers; jobs that have not ended get no outcome."""
        self._runner.close()

    def begin(
        self, owner: JobOwner, pipeline: str, samples: NDArray[Any] | memoryview, parameters: JobParameters
    ) -> int:
        """Submit a job whose outcome goes to `owner`; returns its number. Raises JobsFullError."""
        number = self._next_id
        self._runner.submit(Job(id=number, pipeline=pipeline, samples=samples, parameters=parameters))
        self._next_id, self._owners[number] = number + 1, owner
        return number


@dataclass(slots=True)
class Jobs:
    """The jobs of the app called `app`, of stages whose files lie in `folder`; UNFINISHED_MAX at a time."""

    runner: SharedRunner
    app: str
    folder: Path
    _running: set[int] = field(default_factory=set)
    _ended: deque[JobAnswer] = field(default_factory=deque)

    @property
    def unfinished(self) -> int:
        """Jobs whose answer was not taken yet."""
        return len(self._running) + len(self._ended)

    def submit(
        self, stages: Sequence[Mapping[str, Any]], samples: NDArray[Any], *, bands: Sequence[str], answer: str
    ) -> int:
        """Send `samples` (band, row, column) through `stages`, tables as in a mission; returns the job's number.

        The item called `answer`, an array, comes back. Raises JobsFullError.
        """
        if self.unfinished >= UNFINISHED_MAX:
            raise JobsFullError(f"{self.unfinished} jobs of {self.app} are unfinished, which is the maximum")
        work = Work(
            stages=tuple(self._spec(stage) for stage in stages),
            item="bands",
            bands=tuple(bands),
            about=About(product_id=0, target=self.app, georeference=_NOWHERE),
            answer=answer,
        )
        number = self.runner.begin(self, "stages", samples, msgspec.to_builtins(work))
        self._running.add(number)
        return number

    def answers(self) -> Iterator[JobAnswer]:
        """The jobs that ended since the last call."""
        while self._ended:
            yield self._ended.popleft()

    def accept(self, outcome: Outcome) -> None:
        """Keep the outcome of a job until the app asks for it."""
        self._running.remove(outcome.job_id)
        array, failure = None, outcome.failure
        if outcome.answer is not None:
            try:
                array = array_of(outcome.answer)
            except ValueError as error:
                failure = str(error)
        self._ended.append(JobAnswer(job=outcome.job_id, array=array, failure=failure))

    def _spec(self, table: Mapping[str, Any]) -> StageSpec:
        rest = dict(table)
        return StageSpec(name=rest.pop("stage"), parameters=rest, folder=str(self.folder))
