"""Where kernels run: on the processor or, those with a version for it, on a CUDA device (csrc/cuda).

SKYRACK_BACKEND says "cpu", "cuda" or "auto", which is the default: the device where one answers, else the processor.
The device is looked for at the first call of a kernel that it could run and not before, because a process that has
used a CUDA device must not fork.
"""

import ctypes
import os
from pathlib import Path
from typing import Any

import _csrc

from kernels.library import ffi, lib

BACKENDS = ("auto", "cpu", "cuda")
KERNELS = ("sr_channelize", "sr_nets_conv", "sr_trees_score")
"""Names of the kernels that a CUDA device can run."""
LIBRARY = "libskyrack_cuda.so"

_functions: dict[str, Any] = {}


def backend() -> str:
    """The back end in use: "cpu" or "cuda". Raises ValueError as `select_backend` does."""
    return "cpu" if kernel(KERNELS[0]) is getattr(lib, KERNELS[0]) else "cuda"


def kernel(name: str) -> Any:
    """The function `name` of the back end in use."""
    if not _functions:
        select_backend()
    return _functions[name]


def select_backend(name: str | None = None) -> None:
    """Use `name` from now on; None means the environment's SKYRACK_BACKEND or, without it, "auto".

    Raises ValueError for an unknown one, and for "cuda" where no device answers.
    """
    name = name or os.environ.get("SKYRACK_BACKEND") or "auto"
    if name not in BACKENDS:
        raise ValueError(f"SKYRACK_BACKEND: no back end is called {name!r}; known: {', '.join(BACKENDS)}")
    device = _device() if name != "cpu" else None
    if name == "cuda" and device is None:
        raise ValueError("SKYRACK_BACKEND: cuda was asked for, and no CUDA device answers here")
    _functions.update({kernel: _function(device, kernel) for kernel in KERNELS})


def _device() -> ctypes.CDLL | None:
    """The CUDA library, if it was built and a device answers; else None."""
    path = Path(str(_csrc.__file__)).with_name(LIBRARY)
    try:
        library = ctypes.CDLL(str(path))
    except OSError:
        return None
    return library if library.sr_cuda_probe() > 0 else None


def _function(device: ctypes.CDLL | None, name: str) -> Any:
    """The CUDA library's function `name` if `device` is given, else the C library's; both are called alike."""
    ours = getattr(lib, name)
    if device is None:
        return ours
    address = ctypes.cast(getattr(device, name), ctypes.c_void_p).value
    return ffi.cast(ffi.typeof(ours), address)
