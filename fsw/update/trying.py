"""Runs a module of the software in a slot, to try it, within limits that its code cannot lift.

    python -P -m fsw.update.trying PARENT STATE SLOT SHA256 KEYS MODULE ARGUMENT ...

KEYS are the keys that sign, in hexadecimal, with commas. What is installed does this, whatever software flies.
"""

import os
import resource
import sys
from pathlib import Path

from fsw.supervisor import ahead
from fsw.supervisor.warm import end_with
from fsw.update.record import SlotName
from fsw.update.starting import software_slots, unpacked
from hal.linux.priority import drop_priority
from link.errors import DecodeError

_CPU_S, _MEMORY_OCTETS, _NICE = 300, 2 << 30, 10


def main(words: list[str]) -> None:
    """Unpack the bundle and become its module."""
    parent, state, slot, sha256, keys, module, *arguments = words
    os.setsid()
    end_with(int(parent))
    drop_priority()
    os.nice(_NICE)
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_S, _CPU_S))
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_OCTETS, _MEMORY_OCTETS))
    trusted = tuple(bytes.fromhex(key) for key in keys.split(","))
    try:
        folder = unpacked(software_slots(Path(state)), SlotName[slot], sha256, trusted)
    except (OSError, DecodeError) as error:
        sys.exit(str(error))
    os.execv(sys.executable, [sys.executable, "-P", "-u", ahead.__file__, str(folder), module, *arguments])


if __name__ == "__main__":
    main(sys.argv[1:])
