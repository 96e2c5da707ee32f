"""List the C kernels: whether each gives its stored answers on every level of this processor, and how fast it is.

skyrack kernels
skyrack kernels --json
SKYRACK_ISA=portable skyrack kernels
"""

import argparse
import json
from typing import Any


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the option for the form of the output."""
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")


def run(options: argparse.Namespace) -> int:
    """Test and time every family; 1 if one gives a wrong answer."""
    from kernels.library import level, select_level, supported_levels
    from kernels.selftest import FAMILIES

    found: dict[str, Any] = {"level": level(), "families": {family: {} for family in FAMILIES}}
    for name in supported_levels():
        select_level(name)
        for family in FAMILIES:
            found["families"][family][name] = examine_family(family)
    select_level()
    print(json.dumps(found, indent=2) if options.json else as_table(found))
    return 0 if all(cell["ok"] for levels in found["families"].values() for cell in levels.values()) else 1


def examine_family(family: str) -> dict[str, Any]:
    """One family on the level in use: {ok, work, per_second, unit}; the last three are null where nothing is timed."""
    from kernels.selftest import self_test
    from kernels.speed import per_second, work_of

    work = work_of(family)
    if work is None:
        return {"ok": self_test(family), "work": None, "per_second": None, "unit": None}
    return {"ok": self_test(family), "work": work.what, "per_second": round(per_second(work)), "unit": work.unit}


def as_table(found: dict[str, Any]) -> str:
    """A line per family and a column per level, with the speed or the fault."""
    levels = list(next(iter(found["families"].values())))
    titles = (name + "*" * (name == found["level"]) for name in levels)
    lines = [f"{'kernel':14}{'work':28}" + "".join(f"{title:>16}" for title in titles)]
    for family, cells in found["families"].items():
        work = next(iter(cells.values()))["work"] or ""
        lines.append(f"{family:14}{work:28}" + "".join(f"{_cell(cells[name]):>16}" for name in levels))
    lines.append("* in use. CPU time of one core, this board, now.")
    return "\n".join(lines)


def _cell(cell: dict[str, Any]) -> str:
    if not cell["ok"]:
        return "WRONG ANSWER"
    if cell["per_second"] is None:
        return "ok"
    rate = cell["per_second"]
    if cell["unit"] == "pixel":  # for pixels the time of a frame is more useful than a rate
        return f"{1e9 / rate:.2f} ns/px"
    unit = {"octet": "B/s", "bit": "bit/s", "sample": "sample/s", "cell": "cell/s"}[cell["unit"]]
    return f"{rate / 1e9:.2f} G{unit}" if rate >= 1e8 else f"{rate / 1e6:.2f} M{unit}"
