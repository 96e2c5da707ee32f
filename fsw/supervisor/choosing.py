"""Asks which software is started next, in a process of its own, so that the supervisor stays small.

    python -P -m fsw.supervisor.choosing ANSWER MODULE NAME ARGUMENT ...

The function NAME of MODULE, called with the arguments, gives the fields of a `Chosen`, for the descriptor ANSWER.
"""

import os
import sys
from importlib import import_module

from fsw.supervisor.messages import to_octets


def main(words: list[str]) -> None:
    """Ask and answer."""
    answer, module, name, *arguments = words
    os.write(int(answer), to_octets(getattr(import_module(module), name)(*arguments)))


if __name__ == "__main__":
    main(sys.argv[1:])
