"""`python -m tests.mutants AREA`: small changes of an area's files, one at a time, that none of its tests notices.

pyproject.toml says under `tool.mutants.AREA` which files are changed and which tests are run; mutmut does it, in a
folder of its own below build/, because its settings stand in one table a folder. tests/AREA/survivors.md explains what
is left. Both are counted by function, for the numbers of mutants change with every line. With `--sample N` it is N of
the changes, drawn by a hash of their names and SEED: those of a function that nobody touched stay the same.
"""

import argparse
import hashlib
import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).parents[1]
MUTMUT = ROOT / "build" / "mutants" / "bin" / "python", "-m", "mutmut"
LINKED = "kernels", "hal", "link", "fsw", "ground", "rig", "skyrack", "tests", "examples", "docs"
ENVIRONMENT = {**os.environ, "HYPOTHESIS": "fixed"}  # so that two runs can be compared
ROW = re.compile(r"^\| `([\w.]+)` \| (\d+) \|", re.MULTILINE)
RESULT = re.compile(r"^\s*(([\w.ǁ]+)__mutmut_\d+): (survived|no tests|suspicious)")


def page(area: str) -> Path:
    return ROOT / "tests" / area / "survivors.md"


def settings_of(area: str, text: str) -> str:
    """The text of pyproject.toml, with the table of `area` as mutmut's."""
    return text.replace(f"[tool.mutants.{area}]", "[tool.mutmut]")


def workplace(area: str) -> Path:
    """A folder in which mutmut finds the settings of `area`, and all else as it is here."""
    place = ROOT / "build" / f"mutants-{area}"
    place.mkdir(parents=True, exist_ok=True)
    for name in LINKED:
        link = place / name
        if not link.is_symlink():
            link.symlink_to(ROOT / name)
    text = settings_of(area, (ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    (place / "pyproject.toml").write_text(text, encoding="utf-8")
    return place


def drawn(names: Iterable[str], count: int, seed: str) -> list[str]:
    """`count` of the names, each drawn by itself: whether one is among them hardly depends on what others there are."""
    return sorted(names, key=lambda name: hashlib.sha256(f"{seed} {name}".encode()).digest())[:count]


def function(mangled: str) -> str:
    """`link.time.civil.x_is_leap` or `link.coding.tm.xǁTmDecoderǁfeed`, as a reader of the source calls it."""
    return re.sub(r"\.x(_|ǁ)", ".", mangled).replace("ǁ", ".")


def explained(text: str) -> Counter[str]:
    return Counter({name: int(count) for name, count in ROW.findall(text)})


def left(results: Iterable[str], names: list[str]) -> Counter[str]:
    """Of the changes `names`, or of all: mutmut reports those of earlier samples as well, by the tests of then."""
    found = [match for match in map(RESULT.match, results) if match]
    return Counter(function(match[2]) for match in found if not names or match[1] in names)


def run(place: Path, names: list[str], children: int) -> None:
    command = [*MUTMUT, "run", "--max-children", str(children), *names]
    subprocess.run(command, cwd=place, env=ENVIRONMENT, check=True)


def made(place: Path) -> list[str]:
    """Every change that can be made: mutmut lists them, and which tests reach them, before it looks for a name."""
    command = [*MUTMUT, "run", "--max-children", "1", "no such change"]
    said = subprocess.run(command, cwd=place, env=ENVIRONMENT, capture_output=True, text=True).stderr
    if "nothing matches" not in said:
        raise SystemExit(said)
    found = (place / "mutants").rglob("*.py.meta")
    return [name for meta in found for name in json.loads(meta.read_text(encoding="utf-8"))["exit_code_by_key"]]


def compare(area: str, survivors: Counter[str], *, is_whole: bool) -> int:
    """Say what the page does not explain, and where all was tried, what it explains in vain; the exit status."""
    known = explained(page(area).read_text(encoding="utf-8"))
    for name, count in sorted((survivors - known).items()):
        print(f"{name}: {count} more than {page(area).relative_to(ROOT)} explains")
    for name, count in sorted((known - survivors).items()) if is_whole else ():
        print(f"{name}: {page(area).relative_to(ROOT)} explains {count} more than there are")
    return 1 if survivors - known else 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants")
    parser.add_argument("area")
    parser.add_argument("--sample", type=int, default=0, metavar="N", help="0: all")
    parser.add_argument("--seed", default="skyrack")
    parser.add_argument("--max-children", type=int, default=2)
    given = parser.parse_args()
    place = workplace(given.area)
    names = drawn(made(place), given.sample, given.seed) if given.sample else []
    run(place, names, given.max_children)
    results = subprocess.run([*MUTMUT, "results"], cwd=place, check=True, capture_output=True, text=True).stdout
    return compare(given.area, left(results.splitlines(), names), is_whole=not names)


if __name__ == "__main__":
    sys.exit(main())
