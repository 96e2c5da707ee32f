"""A guard for kernels with state between calls: their stream has one caller at a time."""

from threading import Lock
from types import TracebackType


class Alone:
    """Context held by a call while it uses a stream's state; RuntimeError for another thread's call meanwhile."""

    def __init__(self) -> None:
        self._lock = Lock()

    def __enter__(self) -> None:
        if not self._lock.acquire(blocking=False):
            raise RuntimeError("this stream is in use by another thread: a stream has one caller at a time")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._lock.release()
