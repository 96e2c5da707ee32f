"""The C library, and which instructions it uses on this processor (csrc/include/skyrack/base.h).

Every kernel imports this module, which selects the level: a SKYRACK_ISA that this processor cannot run is a UsageError.
"""

import os
from pathlib import Path

import _csrc
from _csrc import ffi as ffi
from _csrc import lib as lib

from kernels.usage import given

LEVELS: tuple[str, ...] = tuple(ffi.string(lib.sr_level_name(number)).decode() for number in range(lib.SR_LEVELS))

LIBRARY_FILE = Path(_csrc.__file__)
"""The file that the library was loaded from."""


def level() -> str:
    """The level in use: "portable", "avx2", "avx512" or "neon"."""
    number: int = lib.sr_level()
    return LEVELS[number]


def supported_levels() -> tuple[str, ...]:
    """The levels that this build and this processor can run, lowest first."""
    return tuple(name for number, name in enumerate(LEVELS) if lib.sr_level_supported(number))


def select_level(name: str | None = None) -> None:
    """Use `name` from now on; None means the environment's SKYRACK_ISA or, without it, the best level.

    Raises ValueError for an unknown level or one that this processor lacks.
    """
    asked = name or os.environ.get("SKYRACK_ISA") or None
    known = asked is None or asked in LEVELS
    status = lib.sr_level_select(asked.encode() if asked else ffi.NULL) if known else lib.SR_BAD_ARGUMENT
    if status == lib.SR_BAD_ARGUMENT:
        raise ValueError(f"SKYRACK_ISA: no level is called {asked!r}; known: {', '.join(LEVELS)}")
    if status == lib.SR_UNSUPPORTED:
        raise ValueError(f"SKYRACK_ISA: this processor has {', '.join(supported_levels())} only")


def build() -> str:
    """Compiler and common compiler flags of the kernels."""
    text: str = ffi.string(lib.sr_build()).decode()
    return text


with given("SKYRACK_ISA"):
    select_level()
