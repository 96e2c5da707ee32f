"""Typed faces of the C kernels, one module a family; the only importers of `_csrc`.

Importing any of them settles the level; a SKYRACK_ISA that this processor cannot run is refused with a UsageError.
"""

from hal.kernels.levels import select_level
from hal.usage import given

with given("SKYRACK_ISA"):
    select_level()
