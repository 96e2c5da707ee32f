"""A worker: a process that lives for one attempt at a job, with a limit on everything it takes.

Whatever code it runs may damage it in any way. So it holds no descriptor but its standard ones; the samples and the
memory for the result are mapped; and the zygote keeps its time limit, and ends it with all its descendants.
"""

import hashlib
import mmap
import os
import resource
import signal
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import NoReturn

import msgspec
import numpy as np

from fsw.jobs.job import Pipeline
from fsw.jobs.kin import die_with_parent, renounce_privileges
from fsw.jobs.memory import read_only, writable
from fsw.jobs.orders import Attempt, JobOrder
from fsw.jobs.reason import words
from fsw.jobs.result import ANSWER_OCTETS_MAX, Result, write_result

_NICE = 10  # the flight loop goes first
_STATUS_OF_OURS = 70  # only for a person who traces processes: no code reads it


def work(attempt: Attempt, pipelines: Mapping[str, Pipeline], descriptors: list[int], output: int) -> NoReturn:
    """Execute the job and end the process.

    `descriptors` are those of order, samples and result; `output` takes what is printed.
    """
    status, process = _STATUS_OF_OURS, os.getpid()
    try:
        order_memory, samples, room = read_only(descriptors[0]), read_only(descriptors[1]), writable(descriptors[2])
        _stand_alone(output)
        result = _result(attempt, pipelines, order_memory, samples)
        if os.getpid() == process:  # a stage may have forked, and its child come back here as well
            _report(room, attempt.number, result)
            status = 0
    finally:  # no exception may reach the zygote's code, of which this process is a fork
        os._exit(status)


def _stand_alone(output: int) -> None:
    """Set up a session of its own, default signals and no inherited descriptors; the process ends with the zygote."""
    die_with_parent()
    os.setsid()
    for standard in (1, 2):
        os.dup2(output, standard)
    for descriptor in map(int, os.listdir("/proc/self/fd")):  # noqa: PTH208 - numbers, not files
        if descriptor > 2:
            with suppress(OSError):
                os.close(descriptor)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(number, signal.SIG_DFL)


def _result(
    attempt: Attempt, pipelines: Mapping[str, Pipeline], order_memory: mmap.mmap | bytes, samples: mmap.mmap | bytes
) -> Result:
    try:
        order = msgspec.msgpack.decode(order_memory, type=JobOrder)
        _limit(attempt)
        array = np.frombuffer(samples, np.dtype(order.dtype)).reshape(order.shape)
        answer = pipelines[order.pipeline](array, order.parameters)
        if not isinstance(answer, bytes):
            raise TypeError(f"the answer is {type(answer).__name__}, expected bytes")  # noqa: TRY301 - as one of the pipeline's own
        return Result(input_sha256=hashlib.sha256(samples).digest(), answer=answer)
    except MemoryError:
        return Result(failure=f"out of memory ({attempt.memory_octets} octets)", is_final=False)
    except BaseException as error:  # SystemExit and KeyboardInterrupt of a stage are failures, too
        return Result(failure=words(error))
    finally:
        with suppress(BaseException):  # a stage may have closed or replaced stdout
            sys.stdout.flush()


def _report(room: mmap.mmap, attempt: int, result: Result) -> None:
    try:
        write_result(room, attempt, result)
    except (ValueError, MemoryError) as error:
        write_result(room, attempt, Result(failure=words(error)))


def _limit(attempt: Attempt) -> None:
    """Limit memory and file size. Without privileges no code in this process can lift the limits again."""
    renounce_privileges()
    _cap(resource.RLIMIT_AS, _address_space_octets() + attempt.memory_octets)
    _cap(resource.RLIMIT_FSIZE, ANSWER_OCTETS_MAX)
    _cap(resource.RLIMIT_CORE, 0)
    os.nice(_NICE)


def _cap(what: int, limit: int) -> None:
    _, hard = resource.getrlimit(what)
    limit = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
    resource.setrlimit(what, (limit, limit))


def _address_space_octets() -> int:
    with open("/proc/self/statm", encoding="ascii") as statm:  # noqa: PTH123 - no Path object: this is a fork's first act
        return int(statm.read().split()[0]) * resource.getpagesize()
