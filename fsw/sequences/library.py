"""The sequences that a node has loaded, as files (link/sequences/form.py), and the parts of those that still arrive."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import msgspec

from kernels.coding.crc import crc32c
from link.errors import DecodeError
from link.pus.services.verification import FailureCode, RefusedError
from link.sequences.form import FILE_OCTETS_MAX, StoredSequence

FindFaults = Callable[[StoredSequence], Iterator[str]]
"""Says, one sentence each, why a sequence would not run on this node now."""


class Shelf(msgspec.Struct, frozen=True, array_like=True):
    """Files of loaded sequences by number, and parts that wait for the others: their number, and each by its own.

    `forms`: what the steps of a sequence mean, by its number (fsw/store/forms.py).
    """

    files: dict[int, bytes] = {}
    parts: dict[int, tuple[int, dict[int, bytes]]] = {}
    forms: dict[int, int] = {}


@dataclass(frozen=True, slots=True)
class Loaded:
    """A loaded sequence, its file, and the CRC-32C of the file."""

    sequence: StoredSequence
    octets: bytes
    checksum: int

    @classmethod
    def of(cls, octets: bytes) -> "Loaded":
        """The sequence in a file. Raises DecodeError."""
        return cls(StoredSequence.decode(octets), octets, crc32c(octets))


class SequenceLibrary:
    """At most CAPACITY sequences, of OCTETS_MAX octets together with the parts that wait, without a clock.

    `form` gives that of the steps of a sequence that can be run.
    """

    CAPACITY = 32
    OCTETS_MAX = 65_536
    STATE_OCTETS_MAX = 64 + OCTETS_MAX + 16 * CAPACITY + 8 * 256 * CAPACITY

    def __init__(self, complaints: FindFaults, form: Callable[[StoredSequence], int] = lambda _: 0) -> None:
        self._complaints, self._form = complaints, form
        self._loaded: dict[int, Loaded] = {}
        self._forms: dict[int, int] = {}
        self._parts: dict[int, tuple[int, dict[int, bytes]]] = {}

    @property
    def loaded(self) -> Mapping[int, Loaded]:
        """The sequences by number."""
        return self._loaded

    @property
    def state(self) -> Shelf:
        """All files and parts."""
        files = {number: one.octets for number, one in self._loaded.items()}
        parts = {number: (parts, dict(there)) for number, (parts, there) in self._parts.items()}
        return Shelf(files, parts, {number: form for number, form in self._forms.items() if form})

    def restore(self, state: Shelf) -> int:
        """Begin with `state`; returns how many sequences do not fit this software and were left out."""
        self._parts = {number: (parts, dict(there)) for number, (parts, there) in state.parts.items()}
        for number, octets in state.files.items():
            try:
                loaded = Loaded.of(octets)
            except DecodeError:
                continue
            if any(self._complaints(loaded.sequence)):
                continue
            form = self._form(loaded.sequence)
            if state.forms.get(number) in (None, form):
                self._loaded[number], self._forms[number] = loaded, form
        return len(state.files) - len(self._loaded)

    def found(self, number: int) -> Loaded:
        """Sequence `number`. Raises RefusedError if it is not loaded."""
        if number not in self._loaded:
            raise RefusedError(FailureCode.BAD_ARGUMENTS, f"sequence {number} is not loaded")
        return self._loaded[number]

    def check(self, sequence: StoredSequence) -> None:
        """Raises RefusedError for a sequence that would not run on this node now."""
        complaint = next(self._complaints(sequence), None)
        if complaint:
            raise RefusedError(FailureCode.BAD_ARGUMENTS, f"sequence {sequence.number}, {complaint}")

    def load(self, number: int, octets: bytes) -> None:
        """Keep the file of sequence `number` in place of an earlier one. Raises RefusedError."""
        try:
            loaded = Loaded.of(octets)
        except DecodeError as error:
            raise RefusedError(FailureCode.BAD_ARGUMENTS, str(error)) from None
        if loaded.sequence.number != number:
            raise RefusedError(FailureCode.BAD_ARGUMENTS, f"the file is of sequence {loaded.sequence.number}")
        self.check(loaded.sequence)
        self._check_room(number, len(octets), replaces=True)
        self._loaded[number], self._forms[number] = loaded, self._form(loaded.sequence)
        self._parts.pop(number, None)

    def unload(self, number: int) -> None:
        """Forget sequence `number`. Raises RefusedError if it is not loaded."""
        self.found(number)
        del self._loaded[number], self._forms[number]

    def accept_part(self, number: int, part: int, parts: int, octets: bytes) -> bytes | None:
        """Take a part of a file; the whole file once all are there. Parts of another division are forgotten.

        Raises RefusedError.
        """
        if part >= parts:
            raise RefusedError(FailureCode.BAD_ARGUMENTS, f"part {part} of {parts}, they are counted from 0")
        before = self._parts.get(number, (parts, {}))
        there = {**(before[1] if before[0] == parts else {}), part: octets}
        if sum(map(len, there.values())) > FILE_OCTETS_MAX:
            raise RefusedError(FailureCode.BAD_ARGUMENTS, f"a sequence has {FILE_OCTETS_MAX} octets at most")
        if len(there) == parts:
            return b"".join(there[one] for one in range(parts))
        self._check_room(number, sum(map(len, there.values())))
        self._parts[number] = parts, there
        return None

    def forget_parts(self, number: int) -> None:
        """Forget the parts of sequence `number`, as they make no sequence."""
        self._parts.pop(number, None)

    def _check_room(self, number: int, octets: int, *, replaces: bool = False) -> None:
        """Raises RefusedError unless `octets` of sequence `number` have room beside the others, or its file, too."""
        if len({*self._loaded, *self._parts, number}) > self.CAPACITY:
            raise RefusedError(FailureCode.NOT_NOW, f"{self.CAPACITY} sequences are loaded, no more fit")
        kept = sum(len(one.octets) for key, one in self._loaded.items() if not (replaces and key == number))
        kept += sum(len(one) for key, (_, there) in self._parts.items() if key != number for one in there.values())
        if kept + octets > self.OCTETS_MAX:
            raise RefusedError(FailureCode.NOT_NOW, f"{kept} octets of sequences are kept, this one does not fit")
