"""Pipelines that do to their worker what software and radiation do: `run` does what `parameters` ask for."""

import ctypes
import os
import time
from pathlib import Path

import numpy as np


def run(samples, parameters):
    marker = Path(parameters.get("only_once", "/nonexistent"))
    if marker.exists():
        return b"second attempt"
    if "only_once" in parameters:
        marker.touch()
    if parameters["deed"] == "echo":
        return repr(parameters["values"]).encode()
    return DEEDS[parameters["deed"]](samples)


def hold_memory(samples):
    return bytes(np.ones(1 << 30, np.uint8)[:1])


def change_samples(samples):
    samples.flags.writeable = True
    samples[:] = 0
    return b""


def tell_pid(samples):
    time.sleep(0.05)
    return str(os.getpid()).encode()


def spin(samples):
    while True:
        pass


DEEDS = {
    "sum": lambda samples: str(int(samples.sum())).encode(),
    "segfault": lambda samples: ctypes.string_at(0),
    "hang": lambda samples: time.sleep(60),
    "spin": spin,
    "memory": hold_memory,
    "exit": lambda samples: os._exit(7),
    "raise": lambda samples: b"x"[5],
    "flood": lambda samples: bytes(1 << 25),
    "change": change_samples,
    "pid": tell_pid,
}
