"""What node, zygote and worker say to each other.

For each attempt at a job the node sends one JSON text on a socket that keeps messages apart, and with it three
descriptors of memory: the order and the samples, which are sealed, and room for the result. The zygote reads the
text alone, so that no order, however long, is more to it than another. It says once that it is ready, and then that an
attempt ended.
"""

from typing import Any

import msgspec

MESSAGE_OCTETS_MAX = 4096
ORDER_OCTETS_MAX = 1 << 20


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """Fork a worker. `number` counts the attempts at this job."""

    job_id: int
    number: int
    memory_octets: int
    timeout_s: float


class JobOrder(msgspec.Struct, frozen=True, kw_only=True):
    """What the worker is to do, as MessagePack. `dtype` and `shape` are numpy's."""

    pipeline: str
    dtype: str
    shape: tuple[int, ...]
    parameters: dict[str, Any]


class Ready(msgspec.Struct, frozen=True, tag=True):
    """All is imported: attempts begin as soon as they are asked for. `process` is the zygote's number."""

    process: int


class Ended(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Nothing of an attempt is left. `cause`: why, for a case of the result's memory being empty."""

    job_id: int
    cause: str
    cpu_s: float
