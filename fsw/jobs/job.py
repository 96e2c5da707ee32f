"""What a job is, how it ends, and the contract of a runner of jobs."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from numpy.typing import NDArray


_ORDER = "<" if sys.byteorder == "little" else ">"
_DTYPES = {"B": "|u1", "H": f"{_ORDER}u2", "f": f"{_ORDER}f4"}
JobParameters = Mapping[str, Any]


class JobsFullError(Exception):
    """The limit of waiting jobs is reached; the new one was not taken."""


class Pipeline(Protocol):
    """A function from raw samples to an answer. It runs in a worker process: it may take long, and it may crash."""

    def __call__(self, samples: NDArray[Any], parameters: dict[str, Any]) -> bytes:
        """The answer's octets. `samples` are read-only; any exception ends the job as failed."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """`pipeline`, by name, over `samples` (any shape, contiguous); `parameters` are values as JSON has them.

    Samples that come as a view of memory are uint8, uint16 or float32; the pipeline is given an array in any case.
    """

    id: int
    pipeline: str
    samples: NDArray[Any] | memoryview
    parameters: JobParameters


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a job ended: `answer`, or None and `failure` in words. Times are nanoseconds UTC.

    `input_sha256` is the worker's hash of the samples that it saw. `wall_s` by the monotonic clock and `cpu_s` of
    processors are what all attempts took together.
    """

    job_id: int
    answer: bytes | None
    failure: str = ""
    input_sha256: str = ""
    attempts: int = 1
    start_utc_ns: int
    end_utc_ns: int
    wall_s: float
    cpu_s: float = 0.0


def dtype_of(samples: NDArray[Any] | memoryview) -> str:
    """numpy's description of the numbers."""
    return _DTYPES[samples.format] if isinstance(samples, memoryview) else samples.dtype.str


class Runner(Protocol):
    """Runs jobs one after the other or side by side; never blocks.

    - Every job that `submit` took has exactly one outcome, whatever its worker does.
    - `fileno` is readable when `poll` may have an outcome; -1 where there is none.
    - `next_wake_ns` is the time at which to `poll` even if `fileno` is not readable.
    """

    @property
    def unfinished(self) -> int:
        """Jobs that run or wait."""
        ...

    def submit(self, job: Job) -> None:
        """Accept a job; raises JobsFullError."""
        ...

    def poll(self) -> Iterator[Outcome]:
        """The jobs that ended since the last call."""
        ...

    def hold(self, *, is_held: bool) -> None:
        """Start no job from now on, until this is called again; those that run go on, and new ones wait."""
        ...

    def next_wake_ns(self) -> int | None:
        """Monotonic time at which to `poll` at the latest; 0: now, None: no such time."""
        ...

    def fileno(self) -> int:
        """Descriptor to wait for; -1 where there is none."""
        ...

    def close(self) -> None:
        """End all workers; jobs that have not ended get no outcome."""
        ...
