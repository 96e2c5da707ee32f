"""Nothing stands about unused: modules that no command, node or station reaches are listed with their reason."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.house.sources import ALL, ROOT, imports, module_of, tree

MODULES = {module_of(path): path for path in ALL}
COMMANDS = {"skyrack.cli"} | {name for name in MODULES if name.startswith("skyrack.commands.")}
ENTRIES = (
    COMMANDS | {"fsw.assembly"} | {name for name in MODULES if name.startswith(("ground.service.", "ground.station."))}
)
"""Where anything that is used begins."""
CHECKS = {"kernels.selftest", "kernels.speed"}
"""`skyrack kernels` tries every kernel, which is no use of it."""
WAITING = {
    "kernels.alone": "kernels.coding.viterbi and kernels.science.channelize, whose streams have one caller at a time",
    "kernels.coding.erasure": "files over a link without a way back; measured by benchmarks/coding_erasure.py",
    "kernels.coding.ldpc": "link/coding, for radios that ask for LDPC (CCSDS 131.0-B-5 §7); benchmarks/coding_ldpc.py",
    "kernels.coding.secded": "jobs that keep hours of work in memory; benchmarks/coding_secded.py",
    "kernels.coding.viterbi": "ground/recordings, for soft symbols; benchmarks/coding_viterbi.py",
    "kernels.science.channelize": "a job on samples of a radio, which hal has not; benchmarks/answers_channelize.py",
    "link.channels.aos": "a node whose radio speaks AOS; examples/recordings/make.py sends by it",
    "link.packets.segmentation": "a node whose data are longer than a packet, and a ground that joins them",
    "hal.sim.pulse": "a world whose nodes have a pulse of each second",
    "rig.app_bench": "tests of a user's own apps, as docs/how-to/test-an-app.md has one",
    "rig.world.apps.tenant": "a mission of rig/world, which names it as a file of apps, as a mission file does",
    "rig.world.apps.witness": "a mission of rig/world, which names it as a file of apps, as a mission file does",
}
"""What no entry reaches, and who or what it waits for."""


def statements(path: Path) -> Iterator[ast.AST]:
    """All of a file that may run: not what only a type checker sees."""
    waiting: list[ast.AST] = [tree(path)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            waiting += node.orelse
            continue
        yield node
        waiting += ast.iter_child_nodes(node)


def named(path: Path) -> Iterator[str]:
    """The modules that a file may import: by statements anywhere in it, or by names in texts, as import_module does.

    Where that function is called, a text that names a package, with a dot in it, stands for all that lies in it.
    """
    loads = "importlib.import_module" in set(imports(path))
    for node in statements(path):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{name.name}" for name in node.names)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and "." in node.value:
            yield node.value
            yield from (name for name in MODULES if loads and name.startswith(f"{node.value.rstrip('.')}."))


def is_kernel(name: str) -> bool:
    """Whether a module is the face of a kernel, and not what they share."""
    return name.startswith("kernels.") and name.count(".") > 1


@cache
def reached() -> frozenset[str]:
    """All modules that the entries import, with the packages that they lie in."""
    found: set[str] = set()
    waiting = set(ENTRIES)
    while waiting:
        name = waiting.pop()
        if name in found or name not in MODULES:
            continue
        found.add(name)
        waiting |= {one for one in named(MODULES[name]) if name not in CHECKS or not is_kernel(one)}
        waiting |= {name.rpartition(".")[0]} - {""}
    return frozenset(found)


def test_what_nobody_reaches_is_listed_with_its_reason():
    unreached = {name for name, path in MODULES.items() if name not in reached() and path.name != "__init__.py"}
    assert unreached == set(WAITING)


def test_folders_of_unreached_modules_hold_nothing_else():
    """A package that nothing imports has modules, and only such that are listed."""
    for name, path in MODULES.items():
        if path.name == "__init__.py" and name not in reached():
            inside = {one for one in MODULES if one.startswith(f"{name}.")}
            assert inside, f"{path.relative_to(ROOT)}: nothing imports it, and nothing is in it"
            assert inside <= set(WAITING), path.relative_to(ROOT)
