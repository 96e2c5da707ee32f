"""`python -m benchmarks AREA [--json FILE]`: the rows of an area (or of one topic: coding_crc) as a table.

Exit code 0: every promise met; 1: one is not, or could not be checked; 2: misused.
"""

import argparse
import json
import os
import pkgutil
import platform
import re
import sys
from collections.abc import Iterator
from importlib import import_module
from importlib.metadata import PackageNotFoundError, distributions, requires, version
from pathlib import Path
from typing import Any

import benchmarks
from benchmarks.harness import PEERS, Row
from kernels import library


def topics(area: str) -> list[str]:
    """The modules of an area: `area` itself and `area_*`."""
    names = (module.name for module in pkgutil.iter_modules(benchmarks.__path__))
    return [name for name in names if name == area or name.startswith(area + "_")]


def rows(area: str) -> Iterator[Row]:
    for topic in topics(area):
        yield from import_module(f"benchmarks.{topic}").rows()


def processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith(("model name", "Model"))]
    return names[0] if names else platform.machine()


def peers() -> dict[str, str]:
    """Peers of the `bench` extra, and those in a folder of their own, with the installed version."""
    extra = (text for text in requires("skyrack") or () if 'extra == "bench"' in text)
    found = {one.name: one.version for one in distributions(path=[PEERS])}
    for name in (re.split(r"[^\w.-]", text)[0] for text in extra):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "missing"
    return found


def header() -> dict[str, Any]:
    """Conditions that the figures depend on: processor, build, versions of the peers."""
    return {
        "processor": processor(),
        "level": library.level(),
        "kernels": library.build(),
        "python": platform.python_version(),
        "peers": peers(),
        "load": os.getloadavg(),
    }


def line(row: Row) -> str:
    number = "{:9.4g}".format
    theirs, ratio = (number(value) if value else "  missing" for value in (row.theirs, row.ratio))
    hold = f">= {row.hold:g}" if row.hold else ""
    verdict = "" if not row.hold else "met" if row.met else "MISSED"
    what = f"{row.name:44} {row.peer:22} {row.level:8}"
    return f"{what} {number(row.ours)} {theirs} {row.unit:8} {ratio} {hold:>8} {verdict}"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Our kernels beside their peers.")
    parser.add_argument("area", help="coding, ..., or one topic: coding_crc")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write header and rows there as well")
    options = parser.parse_args()
    if not topics(options.area):
        parser.error(f"no benchmarks/{options.area}*.py")
    about, done = header(), []
    for name, value in about.items():
        print(f"{name:10} {value}")
    print(f"\n{'':44} {'peer':22} {'level':8} {'ours':>9} {'theirs':>9} {'unit':8} {'ratio':>9} {'hold':>8}")
    for row in rows(options.area):
        print(line(row), flush=True)
        done.append(row)
    if options.json:
        options.json.write_text(json.dumps({**about, "rows": [row.record() for row in done]}, indent=1) + "\n")
    return 0 if all(row.met for row in done) else 1


if __name__ == "__main__":
    sys.exit(main())
