"""One public name, one meaning: who meets a class, a function or an alias need not open two modules to know which."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from tests.house.sources import ALL, module_of, nodes, tree

SHARED = {
    "add_arguments": "each command has one; the command line calls it by the command's name",
    "run": "each command has one; others run one thing each, which their module's name says",
    "main": "where a process begins",
    "perform": "each mission of the rig has one, called by the mission's name",
    "Setup": "of each mission of the rig, beside its `perform`",
    "Severity": "the same four words; the ground's records need nothing of the dictionary, whose import is slow",
    "IDLE_CHANNEL": "63 in AOS and in USLP; who needs both imports them under two names",
    "NO_HEADER": "2047 in TM and in AOS, as CCSDS 132.0 and 732.0 call it",
    "ONLY_IDLE": "2046 in TM and in AOS, as CCSDS 132.0 and 732.0 call it",
}
"""Names that several modules make public, and why."""


STRAYS = {"hear", "heard", "said", "say", "take", "taken", "tell", "told", "took"}
"""First words of functions that this house calls otherwise: it accepts and reports (CONTRIBUTING.md)."""


def made(path: Path) -> Iterator[str]:
    """The public names that a module makes itself."""
    for node in tree(path).body:
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                names = [name]
            case ast.Assign(targets=targets):
                names = [one.id for target in targets for one in ast.walk(target) if isinstance(one, ast.Name)]
            case ast.AnnAssign(target=ast.Name(id=name)):
                names = [name]
            case _:
                names = []
        yield from (name for name in names if not name.startswith("_"))


def imported() -> set[tuple[str, str]]:
    """Module and name of all that is imported by name."""
    return {
        (node.module, name.name)
        for path in ALL
        for node in nodes(path)
        if isinstance(node, ast.ImportFrom) and node.module
        for name in node.names
    }


def test_a_public_name_means_one_thing():
    """A constant in capitals counts where another module imports it: at home, its module says what it is of."""
    modules, taken = defaultdict(set), imported()
    for path in ALL:
        for name in made(path):
            if not name.isupper() or (module_of(path), name) in taken:
                modules[name].add(module_of(path))
    several = {name: sorted(places) for name, places in modules.items() if len(places) > 1}
    assert not {name: places for name, places in several.items() if name not in SHARED}
    assert set(several) == set(SHARED), "a name that has one meaning again needs no reason"


def test_functions_are_called_by_the_verbs_of_the_house():
    called = {
        f"{module_of(path)}: {node.name}"
        for path in ALL
        for node in nodes(path)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.strip("_").split("_")[0] in STRAYS
    }
    assert sorted(called) == []
