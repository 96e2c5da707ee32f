"""What `make mutants` is told in pyproject.toml and explained in survivors.md is there: files move, and lists stay."""

import re
import tomllib

import pytest

from tests.mutants import ROOT, explained, page

AREAS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["mutants"]


@pytest.mark.parametrize("area", AREAS)
def test_files_and_tests_that_a_list_names_exist(area):
    named = [*AREAS[area]["only_mutate"], *AREAS[area]["also_copy"], *AREAS[area]["source_paths"]]
    selected = [re.sub("^--[a-z]+=|::.*", "", name) for name in AREAS[area]["pytest_add_cli_args_test_selection"]]
    named += [*selected, *AREAS[area].get("do_not_mutate", [])]
    assert not [name for name in named if not any(ROOT.glob(name))]


@pytest.mark.parametrize("area", AREAS)
def test_functions_that_are_explained_stand_in_files_that_are_changed(area):
    files = {path for name in AREAS[area]["only_mutate"] for path in ROOT.glob(name)}
    modules = {".".join(path.relative_to(ROOT).with_suffix("").parts) for path in files}
    functions = explained(page(area).read_text(encoding="utf-8"))
    assert functions
    assert not [name for name in functions if not any(name.startswith(f"{module}.") for module in modules)]


def test_what_flies_is_changed_in_every_room_but_those_of_processes():
    rooms = {path.parent.name for path in (ROOT / "fsw").glob("*/__init__.py")}
    assert rooms - {name.split("/")[1] for name in AREAS["fsw"]["only_mutate"]} == {"pipelines", "supervisor"}
