"""What node and zygote say to each other: one JSON text a message on a socket that keeps messages apart.

An order travels with two descriptors, of the memory that holds the samples and of the memory for the result.
"""

from enum import IntEnum
from typing import Any

import msgspec

MESSAGE_OCTETS_MAX = 65_536
RESULT_OCTETS_MAX = 1 << 24
DIGEST_OCTETS = 32
"""A result is the SHA-256 of the samples, then the answer; the result of a failed job is the reason as text."""


class Exit(IntEnum):
    """How a worker that was not killed says that it ended."""

    DONE = 0
    FAILED = 1
    OUT_OF_MEMORY = 2


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """Fork a worker for this job. `dtype` and `shape` are numpy's."""

    job_id: int
    pipeline: str
    dtype: str
    shape: list[int]
    parameters: dict[str, Any]
    memory_octets: int
    timeout_s: float


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """A worker ended. `status`: an `Exit`, or minus the signal that killed it, as subprocess has it."""

    job_id: int
    status: int
    cpu_s: float
