"""The messages between node, zygote and worker.

For each attempt at a job the node sends one JSON text on a socket that keeps message boundaries, and with it three
descriptors of memory: the order and the samples, which are sealed, and room for the result. The zygote reads only the
text, so that its work does not grow with the order. It reports once that it is ready, and then the end of each
attempt. The last report on the socket is its guardian's: that of the zygote's own end.
"""

from typing import Any

import msgspec

MESSAGE_OCTETS_MAX = 4096
ORDER_OCTETS_MAX = 1 << 20


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """Request to fork a worker. `number` counts the attempts at this job."""

    job_id: int
    number: int
    memory_octets: int
    timeout_s: float


class JobOrder(msgspec.Struct, frozen=True, kw_only=True):
    """The job for the worker, as MessagePack. `dtype` and `shape` are numpy's."""

    pipeline: str
    dtype: str
    shape: tuple[int, ...]
    parameters: dict[str, Any]


class Ready(msgspec.Struct, frozen=True, tag=True):
    """Report that attempts now begin without delay. `process` is the zygote's process ID."""

    process: int


class Ended(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Report that no process of an attempt is left. `cause`: why it ended, used if it wrote no result."""

    job_id: int
    cause: str
    cpu_s: float


class Gone(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Report that the zygote ended, and that no process of it is left. `cause`: why."""

    cause: str
