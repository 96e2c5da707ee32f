"""Keeping the memory of this process in memory (mlockall(2)): no page of it is fetched from a disk while it flies."""

import os
import resource
from collections.abc import Callable

_CURRENT, _FUTURE = 1, 2


def lock_memory(call: Callable[[int], int] | None = None) -> str:
    """Lock what this process has mapped, and what it will map where nothing limits that; forks begin unlocked.

    Under a limit (RLIMIT_MEMLOCK) only the present memory is locked, as what is mapped later would fail at the limit.
    Returns why not, or nothing where it was granted. `call`: mlockall, which gives an error number, 0 for none.
    """
    limit, _ = resource.getrlimit(resource.RLIMIT_MEMLOCK)
    error = (call or _mlockall)(_CURRENT | _FUTURE if limit == resource.RLIM_INFINITY else _CURRENT)
    return f"memory not locked ({os.strerror(error)})" if error else ""


def _mlockall(flags: int) -> int:
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    return ctypes.get_errno() if libc.mlockall(flags) else 0
