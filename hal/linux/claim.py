"""A folder for one process alone: what a node or a ground station keeps there bears no second writer."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hal.medium import make_folders
from kernels.usage import shown


@contextmanager
def claim_folder(folder: Path, owner: str) -> Iterator[None]:
    """Make `folder` and keep it for this process, also against its like after a crash (flock(2)).

    Raises BlockingIOError with a sentence where another process has it; `owner` says what that would be, as "a node".
    """
    make_folders(folder)
    descriptor = os.open(folder, os.O_RDONLY)  # of the folder itself: nothing is written, a full disk keeps nobody out
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BlockingIOError(f"{shown(folder)}: {owner} that still runs keeps its files there") from None
        yield
    finally:
        os.close(descriptor)
