"""The rules of the house: who may lean on whom, how large a room may be, and one style."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from statistics import median

import pytest

ROOT = Path(__file__).parent.parent
MAY_IMPORT = {
    "kernels": {"kernels"},
    "hal": {"kernels", "hal"},
    "link": {"kernels", "link"},
    "fsw": {"kernels", "hal", "link", "fsw"},
    "ground": {"kernels", "hal", "link", "ground"},
    "rig": {"kernels", "hal", "link", "fsw", "ground", "rig"},
    "skyrack": {"kernels", "hal", "link", "fsw", "ground", "rig", "skyrack"},
}
ROOMS = {"kernels", "hal", "link", "fsw", "ground", "rig", "skyrack", "_csrc"}
HOST_TIME = {"time", "datetime", "random", "threading", "asyncio", "socket", "subprocess", "select"}
FILE_LINES_MAX, FUNCTION_LINES_MAX = 600, 70
FILE_LINES_MEDIAN, FUNCTION_LINES_MEDIAN = 150, 6


def sources(*rooms: str) -> list[Path]:
    return [path for room in rooms for path in sorted((ROOT / room).rglob("*.py"))]


ALL = sources("kernels", "hal", "link", "fsw", "ground", "rig", "skyrack")


@cache
def nodes(path: Path) -> list[ast.AST]:
    """All that a file is made of."""
    return list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


def imports(path: Path) -> Iterator[str]:
    for node in nodes(path):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module or ""


def room_of(path: Path) -> str:
    return path.relative_to(ROOT).parts[0]


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_no_layer_looks_up(room):
    for path in (path for path in ALL if room_of(path) == room):
        for name in imports(path):
            top = name.partition(".")[0]
            if top == "_csrc":
                assert path.relative_to(ROOT / "kernels").name in {"library.py", "backend.py"}, path
            elif top in ROOMS:
                assert top in MAY_IMPORT[room], f"{path}: {room} must not import {name}"


def test_link_is_pure():
    """No clock, no I/O, no threads, no dice: all of these are handed in. So is what reads recordings."""
    for path in sources("link", "ground/recordings"):
        assert not HOST_TIME & {name.partition(".")[0] for name in imports(path)}, path


def test_what_flies_knows_no_simulator():
    for path in sources("fsw"):
        assert not [name for name in imports(path) if name.startswith("hal.sim")], path


def test_flight_code_reads_no_host_time():
    for path in sources("fsw"):
        assert "time" not in set(imports(path)), path
        assert "asyncio" not in set(imports(path)), path


def test_a_world_reads_no_host_time():
    """Nor dice of the host's: its seed is the whole report of a fault."""
    for path in sources("rig/world"):
        assert not (HOST_TIME - {"random"}) & {name.partition(".")[0] for name in imports(path)}, path
        assert "SystemRandom" not in path.read_text(encoding="utf-8"), path


def functions(path: Path) -> Iterator[tuple[str, int]]:
    for node in nodes(path):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            first = body[0].lineno if body else node.end_lineno
            assert node.end_lineno is not None
            yield f"{path}:{node.name}", node.end_lineno - (first or node.end_lineno) + 1


def test_rooms_are_small():
    lengths = {path: path.read_text(encoding="utf-8").count("\n") for path in ALL}
    assert not [path for path, lines in lengths.items() if lines > FILE_LINES_MAX]
    assert median(lengths.values()) <= FILE_LINES_MEDIAN


def test_functions_are_short():
    lengths = dict(item for path in ALL for item in functions(path))
    assert not {name: lines for name, lines in lengths.items() if lines > FUNCTION_LINES_MAX}
    assert median(lengths.values()) <= FUNCTION_LINES_MEDIAN


def test_received_data_is_never_executed_or_unpickled():
    forbidden = {"pickle", "marshal", "shelve", "dill"}
    for path in ALL:
        assert not forbidden & set(imports(path)), path
        calls = (node.func for node in nodes(path) if isinstance(node, ast.Call))
        assert not {"eval", "exec"} & {call.id for call in calls if isinstance(call, ast.Name)}, path


DELETES = {"rmtree", "unlink", "rmdir", "remove", "removedirs", "rename", "renames", "replace", "move"}
MAY_DELETE = {
    "hal/linux/own_folder.py": "only in folders that carry our marker",
    "hal/medium.py": "carries out what those named here want",
    "ground/service/socket_path.py": "only sockets that nobody listens on",
    "fsw/store/crash_log.py": "its own two log files",
    "fsw/store/products.py": "files of the product store",
    "fsw/store/storage.py": "replaces a file by its next version",
    "hal/linux/whole_file.py": "gives what it wrote beside a file that file's name, or drops it",
}


def deletions(path: Path) -> Iterator[int]:
    """Lines that delete or move files. Path.replace takes one argument, unlike the methods of texts and dates."""
    for node in nodes(path):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or node.func.attr not in DELETES:
            continue
        of_module = isinstance(node.func.value, ast.Name) and node.func.value.id in {"os", "shutil"}
        of_path = node.func.attr in {"unlink", "rmdir"} or (
            node.func.attr in {"replace", "rename"} and len(node.args) == 1 and not node.keywords
        )
        if of_module or of_path:
            yield node.lineno


def test_only_what_we_made_is_deleted():
    """Everything else asks hal/linux/own_folder.py, which looks for our marker."""
    found = {str(path.relative_to(ROOT)): list(deletions(path)) for path in ALL}
    assert not {name: lines for name, lines in found.items() if lines and name not in MAY_DELETE}


def test_help_is_instant():
    """Nothing heavy is imported for `skyrack --help`: it has to feel instant on a slow board as well."""
    code = "import sys, skyrack.cli as c; c.overview().format_help(); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert not {"numpy", "construct", "rich", "serial", "msgspec", "_csrc", "asyncio"} & set(loaded.split())


def discards(node: ast.AST) -> bool:
    """Whether a statement throws away an end of a container: `x.popleft()`, `x.popitem(...)`, `x.pop(0)`."""
    match node:
        case ast.Expr(value=ast.Call(func=ast.Attribute(attr="popleft" | "popitem"))):
            return True
        case ast.Expr(value=ast.Call(func=ast.Attribute(attr="pop"), args=[ast.Constant(value=0)])):
            return True
    return False


def test_nothing_bounded_drops_in_silence():
    """A deque with a bound of its own forgets without a word; who throws away an end of a container counts it there."""
    for path in ALL:
        for node in nodes(path):
            if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == "deque":
                assert len(node.args) < 2, f"{path}:{node.lineno}: count what a bounded deque would forget"
                assert not node.keywords, f"{path}:{node.lineno}: count what a bounded deque would forget"
            if isinstance(node, ast.FunctionDef) and any(map(discards, ast.walk(node))):
                counted = any(isinstance(one, ast.AugAssign) for one in ast.walk(node))
                assert counted, f"{path}:{node.lineno}: {node.name} drops something and counts nothing"
