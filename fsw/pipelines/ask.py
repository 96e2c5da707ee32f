"""A process that loads a user's own stage, says what its contract is, and ends.

    python -m fsw.pipelines.ask STAGE

STAGE is a StageSpec as JSON; the last line on stdout is the answer. What the file may take is limited as in a worker.
"""

import resource
import sys

import msgspec

from fsw.pipelines.load import answer
from fsw.pipelines.stage import StageSpec

_CPU_S, _MEMORY_OCTETS = 10, 1 << 30


def main(arguments: list[str]) -> None:
    """See the module."""
    spec = msgspec.json.decode(arguments[0], type=StageSpec)
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_S, _CPU_S))
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_OCTETS, _MEMORY_OCTETS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    print(f"\n{answer(spec)}", end="")


if __name__ == "__main__":
    main(sys.argv[1:])
