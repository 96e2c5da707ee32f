"""Rules for tests: they stand with what they test, hold something, and wait for no clock."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.house.sources import ROOMS, ROOT, nodes, sources, tree

TESTS = {path: path.read_text(encoding="utf-8") for path in sources("tests")}
MAY_SLEEP = {
    "ground/service/test_service.py": "between looks at a service in another thread",
    "hal/test_port.py": "between looks at what the kernel of the host has passed on",
    "rig/test_cable.py": "between looks at a pseudo-terminal",
    "link/dictionary/xtce/yamcs.py": "between looks at another program's file",
    "fsw/jobs/pipelines_that_fail.py": "a job that hangs",
    "fsw/jobs/pipelines_that_resist.py": "a job that does not go away",
    "fsw/jobs/test_process.py": "between looks at processes",
    "fsw/jobs/test_resistance.py": "between looks at processes",
    "fsw/supervisor/flights.py": "a flight that hangs",
    "fsw/supervisor/test_run.py": "between looks at processes",
    "skyrack/commands/test_node.py": "between looks at a node's process",
}
"""Who sleeps, by which it gives up the processor between two looks at a condition; no test passes because it slept."""
OF_THEIR_OWN = {"c", "house"}
"""Folders of tests of what lies elsewhere: csrc, and the whole tree."""
MAY_ONLY_RUN = {
    "test_whatever_comes_is_unwrapped_or_refused": "it fails by whatever is raised beside UsageError",
    "test_ascii_is_total": "it fails by whatever is raised beside DecodeError",
}


def name_of(path: Path) -> str:
    """Where a test's file is, from tests/ on."""
    return str(path.relative_to(ROOT / "tests"))


def asserts(function: ast.AST) -> bool:
    """Whether anything is asserted in it that may be false."""
    found = [node.test for node in ast.walk(function) if isinstance(node, ast.Assert)]
    return not all(isinstance(test, ast.Constant) for test in found)


def bodies(path: Path) -> Iterator[tuple[str, str, bool]]:
    """Name and text of each function and method, and whether it asserts something."""
    lines = TESTS[path].splitlines()
    waiting: list[ast.stmt] = [*tree(path).body]
    for node in waiting:
        if isinstance(node, ast.ClassDef):
            waiting += node.body
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, "\n".join(lines[node.lineno - 1 : node.end_lineno]), asserts(node)


def is_sleep(node: ast.AST) -> bool:
    """Whether this is `time.sleep(...)`, or takes `sleep` from time."""
    if isinstance(node, ast.ImportFrom):
        return node.module == "time" and "sleep" in {name.name for name in node.names}
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Name(id="time"), attr="sleep")):
            return True
    return False


def test_nothing_more_sleeps():
    """A program that a test writes into a file may."""
    sleeping = {path for path, text in TESTS.items() if "sleep" in text and any(map(is_sleep, nodes(path)))}
    assert {name_of(path) for path in sleeping} == set(MAY_SLEEP)


def test_every_test_holds_something():
    """An assertion, an error that is expected, or a call of what holds one, in at most a few steps."""
    functions = [
        (name, set(re.findall(r"(\w+)\(", body)) - {name}, is_holding)
        for path in TESTS
        for name, body, is_holding in bodies(path)
    ]
    holding = {"raises", "warns", "run_state_machine_as_test"} | {
        name for name, _, is_holding in functions if is_holding
    }
    holding |= {name for _, called, _ in functions for name in called if name.startswith("check")}
    for _ in range(3):
        holding |= {name for name, called, _ in functions if called & holding}
    assert {name for name, _, _ in functions if name.startswith("test_") and name not in holding} == set(MAY_ONLY_RUN)


def test_tests_stand_in_the_folder_of_what_they_test():
    for path in TESTS:
        folder = path.parent.relative_to(ROOT / "tests")
        if path.name.startswith("test_") and folder.parts and folder.parts[0] not in OF_THEIR_OWN:
            assert folder.parts[0] in {*ROOMS, "benchmarks"}, f"{name_of(path)}: {folder.parts[0]} is no room"
            assert (ROOT / folder).is_dir(), f"{name_of(path)}: there is no folder {folder} to test"
