"""What the documentation says of the tree is true: files that it names exist, scripts run, no list stands twice."""

import re
import runpy
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SCRIPTS = sorted((ROOT / "examples" / "scripts").glob("*.py"))
DECISIONS = sorted((ROOT / "docs" / "explanation" / "decisions").glob("*.md"))
NAMED = re.compile(r"`((?:[\w.-]+/)+[\w.-]+(?:\.\w+)?)`")
PAGES = ("CONTRIBUTING.md", *(f"docs/{page}" for page in ("reference/glossary.md", "explanation/flows.md")))


def named_in(page: Path) -> set[str]:
    return {name for name in NAMED.findall(page.read_text(encoding="utf-8")) if not name.startswith("build/")}


@pytest.mark.parametrize("page", [ROOT / name for name in PAGES], ids=lambda page: page.stem)
def test_files_that_a_page_names_exist(page):
    assert not [name for name in named_in(page) if not (ROOT / name).exists()]


@pytest.mark.parametrize("page", DECISIONS, ids=lambda page: page.stem)
def test_a_decision_says_why_and_what_would_change_it(page):
    text = page.read_text(encoding="utf-8")
    found = re.findall(r"^## (.*)$", text, re.MULTILINE)
    assert found == ["Context", "Decision", "Measured", "Consequences", "What would change our mind"]
    assert not [name for name in named_in(page) if not (ROOT / name).exists()]


def test_contributing_says_which_files_to_touch():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    for thing in ("an app", "a kernel", "a service", "a stage", "a dialect"):
        (section,) = re.findall(rf"^## Add {thing}.*?\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
        assert len(NAMED.findall(section)) >= 4, thing


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_script(script, capsys):
    runpy.run_path(str(script), run_name="__main__")
    assert capsys.readouterr().out.count("\n") == 1
    assert len(script.read_text(encoding="utf-8").splitlines()) <= 40
    assert f"`{script.name}`" in (script.parent / "README.md").read_text(encoding="utf-8")


def test_each_package_says_that_it_is_typed():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    packages = project["tool"]["scikit-build"]["wheel"]["packages"]
    assert {path.parent.name for path in ROOT.glob("*/py.typed")} == set(packages.values())


def test_pre_commit_has_no_rules_of_its_own():
    text = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    assert re.findall(r"^\s*entry: (.*)$", text, re.MULTILINE) == ["make --no-print-directory lint"]
    assert re.findall(r"repo: (.*)$", text, re.MULTILINE) == ["local"]
    assert "lint:" in (ROOT / "Makefile").read_text(encoding="utf-8")
