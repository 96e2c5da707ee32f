"""Numbers that never repeat, whenever the node restarts: of starts, packets and reports.

The record on the medium is always ahead of the numbers used: a block is reserved at a time, so that a packet costs
no write. Numbers of a block that are unused at a restart are skipped.
"""

from contextlib import suppress

import msgspec

from fsw.store.durable import Durable

NAMES_MAX = 256
NUMBERS_OCTETS_MAX = 32 * NAMES_MAX
_BLOCK = 1024
_NAME_CHARACTERS_MAX = 20


class Reserved(msgspec.Struct, frozen=True):
    """`boots`: starts of the node; `ends`: by name, the first number that may not be used yet."""

    boots: int = 0
    ends: dict[str, int] = {}


class Numbering:
    """Counts from 0, one counter a name; after a restart it goes on beyond all numbers that may have been used.

    `boots` is the number of this start, from 1 on. While the medium fails, `record.fault` says so, and the numbers used
    meanwhile may come again after a restart.
    """

    def __init__(self, record: Durable[Reserved]) -> None:
        self.record = record
        self.boots = record.value.boots + 1
        self._next = dict(record.value.ends)
        self._ends = dict(self._next)
        self._reserve()

    def next(self, name: str) -> int:
        """The next number of the counter `name`, of at most 20 characters; at most 256 names."""
        number = self._next.setdefault(name, 0)
        self._next[name] = number + 1
        if number >= self._ends.get(name, 0):
            assert len(name) <= _NAME_CHARACTERS_MAX, name
            assert len(self._next) <= NAMES_MAX, name
            self._reserve()
        return number

    def _reserve(self) -> None:
        """Reserve a new block for every name, so that one write serves them all."""
        self._ends = {name: number + _BLOCK for name, number in self._next.items()}
        with suppress(OSError):  # the record counts it
            self.record.store(Reserved(self.boots, self._ends))
