"""What is never done with what others own, sent or wait for."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.house.sources import ALL, ROOT, imports, nodes


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
    taken = {name.partition(".")[2] for name in imports(path) if name.startswith(("os.", "shutil."))}
    for node in nodes(path):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in DELETES & taken:
            yield node.lineno
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


def discards(node: ast.AST) -> bool:
    """Whether a statement throws away an end of a container: `x.popleft()`, `x.popitem(...)`, `x.pop(0)`."""
    match node:
        case ast.Expr(value=ast.Call(func=ast.Attribute(attr="popleft" | "popitem"))):
            return True
        case ast.Expr(value=ast.Call(func=ast.Attribute(attr="pop"), args=[ast.Constant(value=0)])):
            return True
    return False


def called(node: ast.Call) -> str:
    """The last name of what is called."""
    match node.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def test_nothing_bounded_drops_in_silence():
    """A deque with a bound of its own forgets without a word; who throws away an end of a container counts it there."""
    for path in ALL:
        for node in nodes(path):
            if isinstance(node, ast.Call) and called(node) == "deque":
                assert len(node.args) < 2, f"{path}:{node.lineno}: count what a bounded deque would forget"
                assert not node.keywords, f"{path}:{node.lineno}: count what a bounded deque would forget"
            if isinstance(node, ast.FunctionDef) and any(map(discards, ast.walk(node))):
                counted = any(isinstance(one, ast.AugAssign) for one in ast.walk(node))
                assert counted, f"{path}:{node.lineno}: {node.name} drops something and counts nothing"
