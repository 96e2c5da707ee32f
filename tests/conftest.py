"""For all tests: how many examples are drawn (examples.py), what is kept from run to run, and what begins first.

Files of tests are in memory where this machine has room for them there, so that tests wait for no disk. What is
collected, some million objects, lives to the end: the garbage collector does not search it again and again.

Byte code is kept even where PYTHONDONTWRITEBYTECODE asks for none: tests start some hundred processes, and each of them
would compile all that it imports, as every run would compile all tests.
"""

import gc
import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.examples import register

sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # of the processes that tests start, and of the suite's own workers

MEMORY, ROOM_OCTETS = Path("/dev/shm"), 4 << 30
if "TMPDIR" not in os.environ and MEMORY.is_dir() and os.access(MEMORY, os.W_OK):
    may_execute = not os.statvfs(MEMORY).f_flag & os.ST_NOEXEC  # stages in C are built, and loaded, there
    if may_execute and shutil.disk_usage(MEMORY).free > ROOM_OCTETS:
        os.environ["TMPDIR"] = tempfile.tempdir = str(MEMORY)

register()
gc.disable()  # until all is collected
gc.set_threshold(20_000)  # thousands of short-lived objects a test, hardly any of them in a cycle

WAITING = ("test_readme.py", "test_how_to.py", "test_node.py", "test_ground.py", "test_hello.py")
"""Files whose tests wait for processes of their own most of the time, the slowest first."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What waits begins first: at the end it would leave the other cores idle."""
    items.sort(key=lambda item: _rank(item.path.name, WAITING))


def pytest_collection_finish() -> None:
    """Tests begin with what is collected out of the garbage collector's sight."""
    gc.collect()
    gc.freeze()
    gc.enable()


def _rank(name: str, names: Sequence[str]) -> int:
    return names.index(name) if name in names else len(names)
