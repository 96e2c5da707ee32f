"""What is in a wrapping: octets, in units or as one stream, and what a person should know of how they were found."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


class WrappingError(ValueError):
    """The recording is wrapped in something that cannot be undone here; the text says what, and what would help."""


@dataclass(slots=True, eq=False)
class Unwrapped:
    """`octets`, of which each unit, such as a datagram, ends at one of `ends`; None for a stream without units.

    `notes`: sentences on what was found and what was left out.
    """

    octets: bytes | memoryview
    ends: NDArray[np.int64] | None = None
    notes: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, units: Iterable[bytes | memoryview], notes: list[str]) -> "Unwrapped":
        """Units one behind the other; empty ones are none."""
        kept = [unit for unit in units if len(unit)]
        return cls(b"".join(kept), np.cumsum([len(unit) for unit in kept], dtype=np.int64), notes)
