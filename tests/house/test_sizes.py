"""How large a file, a function and a folder may be."""

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from tests.house.sources import ALL, lines_of, nodes, sources

FILE_LINES_MAX, FUNCTION_LINES_MAX = 600, 70
FILE_LINES_MEDIAN, FUNCTION_LINES_MEDIAN = 150, 6
MODULES_MAX = 14
"""Beside `__init__.py` in a folder, so that it is read at a glance."""


def functions(path: Path) -> Iterator[tuple[str, int]]:
    for node in nodes(path):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            first = body[0].lineno if body else node.end_lineno
            assert node.end_lineno is not None
            yield f"{path}:{node.name}", node.end_lineno - (first or node.end_lineno) + 1


def test_rooms_are_small():
    lengths = {path: lines_of(path) for path in ALL}
    assert not [path for path, lines in lengths.items() if lines > FILE_LINES_MAX]
    assert median(lengths.values()) <= FILE_LINES_MEDIAN


def test_functions_are_short():
    lengths = dict(item for path in ALL for item in functions(path))
    assert not {name: lines for name, lines in lengths.items() if lines > FUNCTION_LINES_MAX}
    assert median(lengths.values()) <= FUNCTION_LINES_MEDIAN


def test_folders_are_read_at_a_glance():
    modules = Counter(path.parent for path in [*ALL, *sources("tests")] if path.name != "__init__.py")
    assert not {folder: number for folder, number in modules.items() if number > MODULES_MAX}


def test_tests_are_small_too():
    assert not [path for path in sources("tests") if lines_of(path) > FILE_LINES_MAX]
