"""`mutmut results | python -m tests.link.survivors`: are those left the ones that survivors.md explains, no more?

Both are counted by function, for the numbers of mutants change with every line.
"""

import re
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

PAGE = Path(__file__).with_suffix(".md")
ROW = re.compile(r"^\| `([\w.]+)` \| (\d+) \|", re.MULTILINE)
RESULT = re.compile(r"^\s*([\w.ǁ]+)__mutmut_\d+: survived")


def function(mangled: str) -> str:
    """`link.civil.x_is_leap` or `link.tm_coding.xǁTmDecoderǁfeed`, as a reader of the source calls it."""
    return re.sub(r"\.x(_|ǁ)", ".", mangled).replace("ǁ", ".")


def explained() -> Counter[str]:
    return Counter({name: int(count) for name, count in ROW.findall(PAGE.read_text(encoding="utf-8"))})


def left(results: Iterable[str]) -> Counter[str]:
    return Counter(function(found[1]) for found in map(RESULT.match, results) if found)


def main() -> int:
    survivors, known = left(sys.stdin), explained()
    for name, count in sorted((survivors - known).items()):
        print(f"{name}: {count} more than {PAGE.name} explains")
    for name, count in sorted((known - survivors).items()):
        print(f"{name}: {PAGE.name} explains {count} more than there are")
    return 1 if survivors - known else 0


if __name__ == "__main__":
    sys.exit(main())
