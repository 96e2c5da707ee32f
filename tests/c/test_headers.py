"""One way to name and to include the C headers (csrc/CMakeLists.txt says which)."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2] / "csrc"
SOURCES = [path for suffix in ("*.h", "*.c", "*.cu") for path in sorted(ROOT.rglob(suffix))]
HEADERS = [path for path in SOURCES if path.suffix == ".h"]


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", HEADERS, ids=named)
def test_a_guard_is_the_path(path: Path):
    guards = re.findall(r"^#ifndef (SKYRACK_\w+_H)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    words = re.sub(r"[/.]", "_", named(path).replace("include/", "").removeprefix("skyrack")).strip("_/")
    assert guards in ([], [f"SKYRACK_{words}".upper()])


@pytest.mark.parametrize("path", HEADERS, ids=named)
def test_a_private_header_leaves_its_family_to_its_folder(path: Path):
    assert path.parent.parent != ROOT / "src" or not path.name.startswith(path.parent.name)


@pytest.mark.parametrize("path", SOURCES, ids=named)
def test_includes_begin_at_a_root(path: Path):
    ours = re.findall(r'^#include "(.+)"', path.read_text(encoding="utf-8"), re.MULTILINE)
    roots = [ROOT / "include", ROOT / "src"] + ([path.parent] if path.parent.parent == ROOT else [])
    assert [name for name in ours if not any((root / name).is_file() for root in roots)] == []
    assert [name for name in ours if ".." in name] == []
