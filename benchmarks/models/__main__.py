"""`python -m benchmarks.models [--only WORD] [--write FILE]`: models of training libraries, imported and run.

Exit code 0: each model gives equal results or is refused with a sentence; 1: one differs; 2: misused.
"""

import argparse
import logging
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

from benchmarks.models import forests, networks
from benchmarks.models.table import Case, markdown, outcome

BEGIN, END = "<!-- models: begin -->\n", "<!-- models: end -->\n"


def cases() -> Iterator[Case]:
    """All cases: forests, then networks."""
    yield from forests.cases()
    yield from networks.cases()


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.models", description="Foreign models, imported and run."
    )
    parser.add_argument("--only", default="", metavar="WORD", help="those whose framework or kind has it")
    parser.add_argument("--write", type=Path, metavar="FILE", help="put the table of all between its marks in FILE")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    outcomes = []
    for case in cases():
        if options.only in f"{case.framework} {case.kind}":
            outcomes.append(outcome(case))
            print(f"{case.framework:12} {case.kind:52} {outcomes[-1].verdict:13} {outcomes[-1].remark}", flush=True)
    if options.write and not options.only:
        before, _, rest = options.write.read_text(encoding="utf-8").partition(BEGIN)
        _, _, after = rest.partition(END)
        options.write.write_text(before + BEGIN + markdown(outcomes) + END + after, encoding="utf-8")
    return int(any(one.verdict == "DIFFERENT" for one in outcomes))


if __name__ == "__main__":
    sys.exit(main())
