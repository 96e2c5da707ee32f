"""A worker: a process that lives for one job, with a limit on everything it takes."""

import hashlib
import math
import mmap
import os
import resource
import signal
from typing import NoReturn

import numpy as np

from fsw.jobs.job import Pipeline
from fsw.jobs.orders import RESULT_OCTETS_MAX, Exit, Order

_NICE = 10  # the flight loop goes first
_TEXT_OCTETS_MAX = 200


def work(order: Order, pipeline: Pipeline, samples_fd: int, result_fd: int) -> NoReturn:
    """Do the job and end the process; the kernel ends it where a limit is passed."""
    try:
        _limit(order)
        _write(result_fd, _answer(order, pipeline, samples_fd))
        status = Exit.DONE
    except MemoryError:
        status = Exit.OUT_OF_MEMORY
    except BaseException as error:  # nothing may escape into the zygote that we were forked from
        _write(result_fd, f"{type(error).__name__}: {error}".encode()[:_TEXT_OCTETS_MAX])
        status = Exit.FAILED
    os._exit(status)


def _limit(order: Order) -> None:
    """Time by SIGALRM, whose default ends a process even in the middle of a kernel; memory, processor and file size."""
    signal.setitimer(signal.ITIMER_REAL, order.timeout_s)
    _cap(resource.RLIMIT_CPU, math.ceil(order.timeout_s) + 1)
    _cap(resource.RLIMIT_AS, _address_space_octets() + order.memory_octets)
    _cap(resource.RLIMIT_FSIZE, RESULT_OCTETS_MAX)
    _cap(resource.RLIMIT_CORE, 0)
    os.nice(_NICE)


def _cap(what: int, limit: int) -> None:
    _, hard = resource.getrlimit(what)
    limit = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
    resource.setrlimit(what, (limit, limit))


def _address_space_octets() -> int:
    with open("/proc/self/statm", encoding="ascii") as statm:  # noqa: PTH123 - no Path object: this is a fork's first act
        return int(statm.read().split()[0]) * resource.getpagesize()


def _answer(order: Order, pipeline: Pipeline, samples_fd: int) -> bytes:
    size = os.fstat(samples_fd).st_size
    octets = mmap.mmap(samples_fd, size, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ)
    samples = np.frombuffer(octets, np.dtype(order.dtype)).reshape(order.shape)
    return hashlib.sha256(octets).digest() + pipeline(samples, order.parameters)


def _write(result_fd: int, octets: bytes) -> None:
    os.ftruncate(result_fd, 0)
    written = 0
    while written < len(octets):
        written += os.pwrite(result_fd, octets[written:], written)
