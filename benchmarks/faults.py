"""`python -m benchmarks.faults [--flips N] [--write]`: detection of single bit flips in the memory of kernels.

A flip is harmful where the result is wrong by the criterion of its campaign. A protection holds if it detects 99.9 % of
the harmful flips without any false alarm, at 8 % of the CPU time at most. `--write` puts the table into
docs/explanation/faults.md. Exit code 0: all promises hold; 1: one does not.
"""

import argparse
import statistics
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.__main__ import processor
from benchmarks.harness import calibrated, settle_heap, timed
from kernels import library

PAGE = Path(__file__).parents[1] / "docs" / "explanation" / "faults.md"
BEGIN, END = "<!-- written by `make faults` -->\n", "<!-- end -->\n"
SEEN_SHARE_MIN, OVERHEAD_MAX, TURNS = 0.999, 0.08, 31
CAMPAIGNS = ("faults_water", "faults_trees", "faults_network", "faults_checkpoint")


class Finding(NamedTuple):
    """Result of one protection for flips at one place; `overhead` is None where another row has it."""

    where: str
    protection: str
    flips: int
    harmful: int
    seen: int
    clean_runs: int
    alarms: int
    overhead: float | None = None
    is_promised: bool = True

    @property
    def is_met(self) -> bool:
        is_cheap = self.overhead is None or self.overhead <= OVERHEAD_MAX
        return self.seen >= SEEN_SHARE_MIN * self.harmful and not self.alarms and is_cheap

    def line(self) -> str:
        share = f"{100 * self.seen / self.harmful:.2f} %" if self.harmful else "-"
        cost = "-" if self.overhead is None else f"{100 * self.overhead:.1f} %"
        verdict = ("met" if self.is_met else "MISSED") if self.is_promised else "informs"
        cells = (self.where, self.protection, self.flips, self.harmful, share, f"{self.alarms} in {self.clean_runs}")
        return "| " + " | ".join(map(str, (*cells, cost, verdict))) + " |"


def overhead(plain: Callable[[], Any], protected: Callable[[], Any]) -> float:
    """Extra CPU time of the protected work, as a share of the plain one's: the median of TURNS pairs."""
    settle_heap()
    calls = calibrated(plain)
    return statistics.median(timed(protected, calls) / timed(plain, calls) for _ in range(TURNS)) - 1


def findings(flips: int) -> Iterator[Finding]:
    for name in CAMPAIGNS:
        yield from import_module(f"benchmarks.{name}").findings(flips)


def table(found: list[Finding]) -> str:
    head = (
        "| flip in | protection | flips | harmful | of these seen | false alarms | CPU time | |\n" + "|---" * 8 + "|\n"
    )
    about = f"{processor()}, {library.level()}, {library.build()}\n\n"
    return about + head + "".join(finding.line() + "\n" for finding in found)


def write(text: str) -> None:
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    PAGE.write_text(f"{before}{BEGIN}\n{text}\n{END}{rest.partition(END)[2]}", encoding="utf-8")


def main() -> int:
    assert __doc__
    parser = argparse.ArgumentParser(prog="python -m benchmarks.faults", description=__doc__.partition("\n")[2])
    parser.add_argument("--flips", type=int, default=3000, help="flips a row (default: 3000)")
    parser.add_argument("--write", action="store_true", help=f"write the table into {PAGE.name}")
    options = parser.parse_args()
    found = []
    for finding in findings(options.flips):
        print(finding.line(), flush=True)
        found.append(finding)
    if options.write:
        write(table(found))
    return 0 if all(finding.is_met for finding in found if finding.is_promised) else 1


if __name__ == "__main__":
    sys.exit(main())
