"""A lock on a folder for one process: the files of a node or a ground station must not have a second writer."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hal.medium import make_folders
from kernels.usage import shown


@contextmanager
def claim_folder(folder: Path, owner: str) -> Iterator[None]:
    """Make `folder` and lock it for this process while the block runs; a crash releases the lock (flock(2)).

    Raises BlockingIOError with a sentence where another process has it; `owner` says what that is, as "a node".
    """
    make_folders(folder)
    descriptor = os.open(folder, os.O_RDONLY)  # the folder itself, not a lock file, which a full disk could not take
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BlockingIOError(f"{shown(folder)}: {owner} that still runs keeps its files there") from None
        yield
    finally:
        os.close(descriptor)
