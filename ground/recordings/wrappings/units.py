"""Unwrapped contents: octets, in units or as one stream, and notes for the user."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


class WrappingError(ValueError):
    """The recording is in a format that cannot be unwrapped; the text says which, and what to do."""


@dataclass(slots=True, eq=False)
class Unwrapped:
    """`octets`, and the offset of the end of each unit, such as a datagram, in `ends`; None for a stream without units.

    `notes`: sentences on what was found and what was left out.
    """

    octets: bytes | memoryview
    ends: NDArray[np.int64] | None = None
    notes: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, units: Iterable[bytes | memoryview], notes: list[str]) -> "Unwrapped":
        """Concatenated units; empty ones are left out."""
        kept = [unit for unit in units if len(unit)]
        return cls(b"".join(kept), np.cumsum([len(unit) for unit in kept], dtype=np.int64), notes)
