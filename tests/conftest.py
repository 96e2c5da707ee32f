"""For all tests: how many examples are drawn (examples.py), what is kept from run to run, and what begins first.

Byte code is kept even where PYTHONDONTWRITEBYTECODE asks for none: tests start some hundred processes, and each of them
would compile all that it imports, as every run would compile all tests.
"""

import os
import sys
from collections.abc import Sequence

import pytest

from tests.examples import register

sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # of the processes that tests start, and of the suite's own workers

register()

WAITING = ("test_readme.py", "test_how_to.py", "test_node.py", "test_ground.py", "test_hello.py")
"""Files whose tests wait for processes of their own most of the time, the slowest first."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What waits begins first: at the end it would leave the other cores idle."""
    items.sort(key=lambda item: _rank(item.path.name, WAITING))


def _rank(name: str, names: Sequence[str]) -> int:
    return names.index(name) if name in names else len(names)
