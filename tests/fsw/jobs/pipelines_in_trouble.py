"""A pipeline with a right answer, whose worker comes to harm in the middle of its first attempts, as a trial says."""

import ctypes
import os
import signal
from pathlib import Path

import numpy as np

from kernels.coding.crc import crc32c

_ROUNDS = 16


def run(samples, parameters):
    """The hash of each of some transformations; `harm` happens before round `at`, once for each of `times`."""
    answer = b""
    for number in range(_ROUNDS):
        if number == parameters["at"] and _is_due(Path(parameters["marks"]), parameters["times"]):
            _HARMS[parameters["harm"]]()
        answer += crc32c(np.ascontiguousarray(samples * (number + 1)).tobytes(), number).to_bytes(4)
    return answer


def _is_due(marks, times):
    """Whether harm is still to be done; each leaves a mark, as the worker that knew of it is gone."""
    done = len(list(marks.iterdir()))
    if done < times:
        (marks / str(done)).touch()
    return done < times


def _hoard():
    np.ones(1 << 30, np.uint8)


_HARMS = {
    "none": lambda: None,
    "killed": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "stopped": lambda: os.kill(os.getpid(), signal.SIGSTOP),
    "segfault": lambda: ctypes.string_at(0),
    "hung": signal.pause,
    "memory": _hoard,
    "exit": lambda: os._exit(0),
}
HARMS = tuple(_HARMS)
