"""The files of the house, parsed once, for the rules that are asked of them."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = ("kernels", "hal", "link", "fsw", "ground", "rig", "skyrack")


def sources(*rooms: str) -> list[Path]:
    """The Python files in these folders of the project."""
    return [path for room in rooms for path in sorted((ROOT / room).rglob("*.py"))]


ALL = sources(*ROOMS)


@cache
def tree(path: Path) -> ast.Module:
    """A file, parsed."""
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def nodes(path: Path) -> list[ast.AST]:
    """All that a file is made of."""
    return list(ast.walk(tree(path)))


def imports(path: Path) -> Iterator[str]:
    """What a file names in its import statements, wherever these stand: modules, and what is taken from them."""
    for node in nodes(path):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module or ""
            yield from (f"{node.module}.{name.name}" for name in node.names)


def room_of(path: Path) -> str:
    """The top folder that a file lies in."""
    return path.relative_to(ROOT).parts[0]


def module_of(path: Path) -> str:
    """The name by which a file is imported."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def lines_of(path: Path) -> int:
    """How long a file is."""
    return path.read_text(encoding="utf-8").count("\n")
