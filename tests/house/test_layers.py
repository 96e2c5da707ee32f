"""Who may lean on whom, and what may read a clock, a die or a device."""

import ast
import subprocess
import sys

import pytest

from tests.house.sources import ALL, ROOT, imports, module_of, nodes, room_of, sources

MAY_IMPORT = {
    "kernels": {"kernels"},
    "hal": {"kernels", "hal"},
    "link": {"kernels", "link"},
    "fsw": {"kernels", "hal", "link", "fsw"},
    "ground": {"kernels", "hal", "link", "ground"},
    "rig": {"kernels", "hal", "link", "fsw", "ground", "rig"},
    "skyrack": {"kernels", "hal", "link", "fsw", "ground", "rig", "skyrack"},
}
ROOMS = {*MAY_IMPORT, "_csrc"}
BESIDE = {"tests", "benchmarks", "examples", "docs"}
"""Folders that are not installed."""
OF_RANDOM = {"random.Random", "random.SystemRandom"}
HOST_TIME = {"time", "datetime", "random", "threading", "asyncio", "socket", "subprocess", "select"}


def test_every_package_is_a_room_or_stands_beside_them():
    assert {path.parent.name for path in ROOT.glob("*/__init__.py")} <= {*MAY_IMPORT, *BESIDE}


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_no_layer_looks_up(room):
    for path in (path for path in ALL if room_of(path) == room):
        for name in imports(path):
            top = name.partition(".")[0]
            assert top not in BESIDE, f"{path}: {name} is not installed"
            if top == "_csrc":
                assert module_of(path) in {"kernels.library", "kernels.backend"}, f"{path}: only kernels imports {name}"
            elif top in ROOMS:
                assert top in MAY_IMPORT[room], f"{path}: {room} must not import {name}"


def test_link_is_pure():
    """No clock, no I/O, no threads, no dice: all of these are handed in. So is what reads recordings."""
    for path in sources("link", "ground/recordings"):
        assert not HOST_TIME & {name.partition(".")[0] for name in imports(path)}, path
    for path in sources("link"):
        assert not {"os", "pathlib", "shutil", "tempfile"} & {name.partition(".")[0] for name in imports(path)}, path
        calls = (node.func for node in nodes(path) if isinstance(node, ast.Call))
        assert "open" not in {call.id for call in calls if isinstance(call, ast.Name)}, path


def test_what_flies_knows_no_simulator():
    for path in sources("fsw"):
        assert not [name for name in imports(path) if name.startswith("hal.sim")], path


def test_flight_code_reads_no_host_time():
    for path in sources("fsw"):
        assert not {"time", "datetime", "asyncio"} & set(imports(path)), path


def test_a_world_reads_no_host_time():
    """Nor dice of the host's: its seed is the whole report of a fault."""
    for path in sources("rig/world"):
        assert not (HOST_TIME - {"random"}) & {name.partition(".")[0] for name in imports(path)}, path
        assert not {"os", "secrets", "uuid"} & set(imports(path)), path


def test_dice_are_handed_in():
    """Nobody throws those that random keeps for all, nor makes any without a seed, but a node that was given none."""
    for path in ALL:
        assert not {name for name in imports(path) if name.startswith("random.")} - OF_RANDOM, path
        for node in nodes(path):
            assert not isinstance(node, ast.Import) or "random" not in {name.name for name in node.names}, path
            if isinstance(node, ast.Call) and ast.unparse(node) in {"Random()", "SystemRandom()"}:
                assert path == ROOT / "fsw" / "node.py", f"{path}:{node.lineno}"


def test_help_is_instant():
    """Nothing heavy is imported for `skyrack --help`: it has to feel instant on a slow board as well."""
    code = "import sys, skyrack.cli as c; c.overview().format_help(); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert not {"numpy", "construct", "rich", "serial", "msgspec", "_csrc", "asyncio"} & set(loaded.split())


def test_a_flight_begins_without_numpy():
    """It is for workers; what an executive needs at its start works on octets."""
    code = "import sys, skyrack.flight as f; f.load_flight(sys.argv[1], '', '/', '', '0'); print(*sys.modules)"
    words = [sys.executable, "-c", code, str(ROOT / "examples" / "missions" / "coastwatch.toml")]
    loaded = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert not {"numpy", "cffi", "ground"} & set(loaded.split())


def test_options_know_no_command():
    """Commands are made of options, never the other way round."""
    for path in sources("skyrack/options"):
        assert not [name for name in imports(path) if name.startswith("skyrack.commands")], path
