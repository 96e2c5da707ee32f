"""Copying of files on board, piece by piece, so that nothing else waits for a long one (§6.23.5 of ECSS-E-ST-70-41C).

A copy has its name only when it is complete. What a restart cuts short is removed at the next start, and the request
answered as interrupted.
"""

from contextlib import suppress
from dataclasses import dataclass, field

from fsw.executive.app import CommandError, Pending
from fsw.files.marks import FileMarks
from fsw.files.roots import FilePlace, Roots
from fsw.files.workshop import Workshop
from link.pus.services.files import CopyReport, OperationState, OperationStatus
from link.pus.services.verification import FailureCode, RefusedError

COPIES_MAX = 8
PIECE_OCTETS = 1 << 16
PAUSE_NS = 50_000_000
"""Between two pieces: some 1.3 MB a second, of which the loop notices little."""
_SECOND = 1_000_000_000


@dataclass(slots=True)
class _Copy:
    source: FilePlace
    target: FilePlace
    octets: int
    part: str
    done: int = 0
    is_held: bool = False
    pending: Pending = field(default_factory=Pending)


class Copies:
    """Copies under way, by the number that the ground gave; the first one that is not held goes on."""

    def __init__(self, roots: Roots, marks: FileMarks, workshop: Workshop) -> None:
        self._roots, self._marks, self._workshop = roots, marks, workshop
        self._copies: dict[int, _Copy] = {}
        self._piece_ns = self._report_ns = self._interval_ns = 0

    @property
    def due_ns(self) -> int | None:
        """When `step` has something to do; None while there is nothing."""
        if not self._copies:
            return None
        due = [self._piece_ns] if self._current is not None else []
        due += [self._report_ns] if self._copies and self._interval_ns else []
        return min(due, default=None)

    def begin(self, number: int, source: FilePlace, target: FilePlace, now_ns: int) -> Pending:
        """Begin to copy a file. Raises RefusedError, OSError."""
        if number in self._copies:
            raise RefusedError(FailureCode.BAD_ARGUMENTS, f"operation {number} is under way already")
        if len(self._copies) >= COPIES_MAX:
            raise RefusedError(FailureCode.NOT_NOW, f"{COPIES_MAX} copies are under way, which is the maximum")
        if any(one.target.words == target.words for one in self._copies.values()):
            raise RefusedError(FailureCode.NOT_NOW, f"{target.words} is being made by another copy")
        octets = self._roots.file(source)
        self._roots.check_room(target, octets)
        part = self._workshop.make()
        copy = self._copies[number] = _Copy(source, target, octets, part)
        self._marks.use(source)
        self._piece_ns = max(self._piece_ns, now_ns)
        return copy.pending

    def step(self, now_ns: int) -> None:
        """Copy the next piece, if it is due."""
        number = self._current
        if number is None or now_ns < self._piece_ns:
            return
        self._piece_ns = now_ns + PAUSE_NS
        copy = self._copies[number]
        try:
            self._advance(copy)
            if copy.done == copy.octets:
                self._finish(number, copy)
        except OSError as error:
            self._fail(number, f"the disk says: {error.strerror or error}")
        except RefusedError as error:
            self._fail(number, str(error))

    def pop_report(self, now_ns: int) -> CopyReport | None:
        """How far all copies have come, if that is due."""
        if not self._copies or not self._interval_ns or now_ns < self._report_ns:
            return None
        self._report_ns = now_ns + self._interval_ns
        current = self._current
        statuses = [
            OperationStatus(operation=number, state=_state(copy, number == current), done=_percent(copy))
            for number, copy in self._copies.items()
        ]
        return CopyReport(operations=statuses)

    def report_every(self, interval_s: int, now_ns: int) -> None:
        """Report every `interval_s` seconds; 0: never."""
        self._interval_ns, self._report_ns = interval_s * _SECOND, now_ns

    def suspend(self, number: int) -> None:
        """Hold one copy. Raises RefusedError."""
        self._known(number).is_held = True

    def resume(self, number: int) -> None:
        """Let one that is held go on. Raises RefusedError."""
        self._known(number).is_held = False

    def abort(self, number: int) -> None:
        """End one, and remove what was copied. Raises RefusedError."""
        self._known(number)
        self._fail(number, "it was aborted")

    def within(self, place: FilePlace) -> list[int]:
        """The numbers of those from or to a folder, or a folder below it."""
        prefix = f"{place.words}/"
        return [
            number
            for number, copy in self._copies.items()
            if copy.source.words.startswith(prefix) or copy.target.words.startswith(prefix)
        ]

    @property
    def _current(self) -> int | None:
        return next((number for number, copy in self._copies.items() if not copy.is_held), None)

    def _known(self, number: int) -> _Copy:
        if number not in self._copies:
            raise RefusedError(FailureCode.BAD_ARGUMENTS, f"no operation {number} is under way")
        return self._copies[number]

    def _advance(self, copy: _Copy) -> None:
        size = min(PIECE_OCTETS, copy.octets - copy.done)
        piece = self._roots.medium.read_part(copy.source.path, copy.done, size)
        if len(piece) < size:
            raise OSError(f"{copy.source.words} became shorter meanwhile")
        self._workshop.write(copy.part, copy.done, piece)
        copy.done += size

    def _finish(self, number: int, copy: _Copy) -> None:
        self._roots.folder(FilePlace(copy.target.root, copy.target.parts[:-1]))
        if self._roots.entry(copy.target):
            raise RefusedError(FailureCode.NOT_NOW, f"{copy.target.words} exists")
        self._roots.check_room(copy.target, copy.octets)
        self._workshop.settle(copy.part, copy.target.path)
        self._end(number).pending.done()

    def _fail(self, number: int, reason: str) -> None:
        copy = self._end(number)
        with suppress(OSError):  # it is removed at the next start
            self._workshop.remove(copy.part)
        copy.pending.fail(CommandError(FailureCode.EXECUTION_FAILED, reason))

    def _end(self, number: int) -> _Copy:
        copy = self._copies.pop(number)
        self._marks.release(copy.source)
        return copy


def _percent(copy: _Copy) -> int:
    return 100 * copy.done // copy.octets if copy.octets else 100


def _state(copy: _Copy, is_current: bool) -> OperationState:
    if copy.is_held:
        return OperationState.ON_HOLD
    return OperationState.RUNNING if is_current else OperationState.PENDING
