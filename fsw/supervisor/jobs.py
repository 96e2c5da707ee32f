"""The guardian of the jobs under a supervisor: checks what the jobs of a mission need, then guards (jobs/guardian.py).

    python -m fsw.supervisor.jobs CONTROL DOOR SUPERVISOR PRIORITY MODULE NAME ARGUMENT ...

The function NAME of MODULE, called with the arguments, gives the words for the guardian. It loads
what the executive does not need, numpy and the stages, while the warm process loads the rest.
"""

import gc
import socket
import sys
from importlib import import_module

from fsw.jobs.guardian import guard
from fsw.supervisor.warm import prepare
from hal.linux.priority import drop_priority, raise_priority


def main(words: list[str]) -> None:
    """Check and load, tell the supervisor, and guard until nobody is left who could ask."""
    control, door, supervisor, priority, module, name, *arguments = words
    gc.disable()  # until all is loaded, of which nothing is garbage
    if priority != "0":
        raise_priority(int(priority))  # the first flight waits for what is found here
    named = list[str]()

    def load() -> dict[str, object]:
        named.extend(getattr(import_module(module), name)(*arguments))
        return {"checked": True}

    with socket.socket(fileno=int(control)) as channel:
        prepare(channel, int(supervisor), load)
        drop_priority()
        gc.enable()
        guard(int(door), named)


if __name__ == "__main__":
    main(sys.argv[1:])
