"""The result of an attempt, in memory that a worker writes and the node reads once the worker is gone.

    attempt u64 | octets of the body u64 | CRC-32C of all that precedes and of the body u32 | body

The body is a Result as MessagePack. Only the CRC decides whether there is one, never a worker's exit status: any code
in a worker may end it with any status, or crash half-way through.
"""

import mmap
import os
import struct

import msgspec

from fsw.jobs.memory import room
from kernels.coding.crc import crc32c

ANSWER_OCTETS_MAX = 1 << 24
_HEAD, _CRC = struct.Struct("<QQ"), struct.Struct("<I")
_BODY = _HEAD.size + _CRC.size
_SIZE = _BODY + ANSWER_OCTETS_MAX + 4096  # the hash, and what MessagePack adds


class Result(msgspec.Struct, frozen=True, array_like=True):
    """What an attempt gave: `answer`, or None and `failure`. `is_final`: another attempt would end in the same way."""

    input_sha256: bytes = b""
    answer: bytes | None = None
    failure: str = ""
    is_final: bool = True


def result_room() -> int:
    """Descriptor of the memory for one result."""
    return room("result", _SIZE)


def write_result(memory: mmap.mmap, attempt: int, result: Result) -> None:
    """Write the result of `attempt` into `memory`. Raises ValueError for an answer that is too long."""
    if result.answer is not None and len(result.answer) > ANSWER_OCTETS_MAX:
        raise ValueError(f"an answer of {len(result.answer)} octets, expected {ANSWER_OCTETS_MAX} at most")
    body = msgspec.msgpack.encode(result)
    head = _HEAD.pack(attempt, len(body))
    memory[_BODY : _BODY + len(body)] = body
    memory[:_BODY] = head + _CRC.pack(crc32c(body, crc32c(head)))


def read_result(descriptor: int, attempt: int) -> Result | None:
    """The result that `attempt` wrote; None where it wrote none, or its CRC or form is wrong."""
    head = os.pread(descriptor, _BODY, 0)
    number, size = _HEAD.unpack_from(head)
    if number != attempt or size > _SIZE - _BODY:
        return None
    body = os.pread(descriptor, size, _BODY)
    if _CRC.unpack_from(head, _HEAD.size) != (crc32c(body, crc32c(head[: _HEAD.size])),):
        return None
    try:
        return msgspec.msgpack.decode(body, type=Result)
    except msgspec.DecodeError:
        return None
