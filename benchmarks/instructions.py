"""Instruction counts of the kernels under callgrind: `python -m benchmarks.instructions record|check`.

The counts repeat exactly, so that a slowdown of 2 % is visible even on a busy machine. `record` writes
instructions.json, `check` compares with it: exit code 0, no count rose; 1, one did, or cannot be compared.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
BUILD, RECORD = ROOT / "build" / "count", Path(__file__).with_name("instructions.json")
LEVELS = ("portable", "avx2")  # callgrind does not support AVX-512
RISE_MAX = 1.02

Counts = dict[str, int]
"""Instructions of each piece of work, named "family, level: what"."""


def output(*command: str, environment: dict[str, str] | None = None) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout


def drivers() -> list[Path]:
    """Build csrc/bench and return its programs."""
    output("cmake", "-S", str(ROOT), "-B", str(BUILD), "-DSKYRACK_BENCH=ON")
    output("cmake", "--build", str(BUILD), "--parallel", "2")
    return [BUILD / "csrc" / "bench" / source.stem for source in sorted((ROOT / "csrc" / "bench").glob("count_*.c"))]


def count(driver: Path, level: str) -> Counts:
    """Instruction counts of one driver on one level, in a small environment: the search for SKYRACK_ISA counts too."""
    family = driver.name.removeprefix("count_")
    with tempfile.TemporaryDirectory() as folder:
        dumps = Path(folder)
        environment = {"PATH": os.environ["PATH"], "SKYRACK_ISA": level}
        callgrind = ("valgrind", "--tool=callgrind", f"--callgrind-out-file={dumps / 'dump'}")
        output(*callgrind, str(driver), environment=environment)
        texts = [dump.read_text(encoding="utf-8") for dump in sorted(dumps.glob("dump.*"))]
    found = (dumped(text) for text in texts)
    return {f"{family}, {level}: {what}": instructions for what, instructions in sorted(found)}


def dumped(text: str) -> tuple[str, int]:
    """Name of the piece of work in a dump of callgrind, and its number of instructions."""
    what = re.search(r"^desc: Trigger: Client Request: (.*)$", text, re.MULTILINE)
    total = re.search(r"^(?:totals|summary): (\d+)", text, re.MULTILINE)
    assert what, text[:500]
    assert total, text[:500]
    return what[1], int(total[1])


def compiler() -> str:
    return output(os.environ.get("CC", "cc"), "--version").splitlines()[0]


def counted() -> dict[str, Any]:
    counts: Counts = {}
    for driver in drivers():
        for level in LEVELS:
            counts |= count(driver, level)
    return {"compiler": compiler(), "counts": counts}


def complaints(recorded: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """Reasons why the counts `now` do not pass, as sentences."""
    if recorded["compiler"] != now["compiler"]:
        return [f"recorded with {recorded['compiler']}, this is {now['compiler']}: not comparable"]
    before, after = recorded["counts"], now["counts"]
    unequal = [f"{name}: recorded or counted only, not both" for name in sorted(before.keys() ^ after.keys())]
    risen = [name for name in before.keys() & after.keys() if after[name] > RISE_MAX * before[name]]
    return unequal + [f"{name}: {before[name]} -> {after[name]} instructions" for name in sorted(risen)]


def main() -> int:
    if sys.argv[1:] not in (["record"], ["check"]):
        print(__doc__, file=sys.stderr)
        return 2
    now = counted()
    if sys.argv[1] == "record":
        RECORD.write_text(json.dumps(now, indent=1) + "\n", encoding="utf-8")
        return 0
    found = complaints(json.loads(RECORD.read_text(encoding="utf-8")), now)
    print(*found, f"{len(now['counts'])} counts, {len(found)} complaints", sep="\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
