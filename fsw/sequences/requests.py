"""Service 21 on board (ECSS-E-ST-70-41C §6.21): requests that load, run and report sequences."""

from collections.abc import Callable, Iterator
from contextlib import suppress

from fsw.pus.instructions import not_mine
from fsw.pus.paging import pages
from fsw.sequences.library import SequenceLibrary
from fsw.sequences.runs import SequenceRuns
from hal.clock import Moment
from link.errors import DecodeError
from link.packets.space_packet import SpacePacket
from link.pus.message import Report, Request
from link.pus.services.automation.sequencing import (
    AbortAllSequences,
    AbortedSequences,
    AbortSequence,
    ActivateSequence,
    ChecksumSequence,
    LoadAndActivate,
    LoadByReference,
    LoadDirectly,
    LoadPart,
    PauseSequence,
    ReportSequenceContent,
    ReportSequences,
    ResumeSequence,
    SequenceChecksum,
    SequenceContent,
    SequencesReport,
    SequenceStatus,
    UnloadSequence,
)
from link.pus.services.verification import FailureCode, RefusedError
from link.sequences.form import SequenceStep, StoredSequence

_DELAY_OCTETS = 4
ReadFile = Callable[[str, str], bytes]
"""The file of a name in a repository. Raises OSError, and RefusedError for names that it does not take."""


class Sequencing:
    """Executes the requests of service 21 on a `library` and the `runs` of its sequences."""

    def __init__(self, library: SequenceLibrary, runs: SequenceRuns, read_file: ReadFile) -> None:
        self._library, self._runs, self._read_file = library, runs, read_file

    def start(self, number: int, now: Moment) -> None:
        """Check sequence `number` once more and run it. Raises RefusedError."""
        loaded = self._library.found(number)
        self._library.check(loaded.sequence)
        self._runs.start(loaded, now)

    def handle(self, request: Request, now: Moment) -> Iterator[Report]:
        """Answer one request. Raises RefusedError."""
        match request:
            case LoadDirectly(sequence=number):
                self._load(number, _written(request))
            case LoadByReference(sequence=number) | LoadAndActivate(sequence=number):
                self._load(number, self._content(request))
                if isinstance(request, LoadAndActivate):
                    self.start(number, now)
            case LoadPart():
                self._accept_part(request)
            case UnloadSequence(sequence=number):
                self._runs.check_inactive(number)
                self._library.unload(number)
                self._runs.forget(number)
            case ActivateSequence(sequence=number):
                self.start(number, now)
            case AbortSequence(sequence=number):
                self._runs.abort(number)
            case PauseSequence(sequence=number):
                self._runs.pause(number, now)
            case ResumeSequence(sequence=number):
                self._runs.resume(number, now)
            case AbortAllSequences():
                yield self._abort_all()
            case _:
                yield from self._reports(request)

    def _reports(self, request: Request) -> Iterator[Report]:
        match request:
            case ReportSequences():
                statuses = [self._status(number) for number in sorted(self._library.loaded)]
                yield from pages(statuses, lambda page: SequencesReport(statuses=page))
            case ChecksumSequence(sequence=number):
                yield SequenceChecksum(sequence=number, checksum=self._library.found(number).checksum)
            case ReportSequenceContent(sequence=number):
                yield SequenceContent(sequence=number, content=self._library.found(number).octets)
            case _:
                raise not_mine(request)

    def _load(self, number: int, octets: bytes) -> None:
        self._runs.check_inactive(number)
        self._library.load(number, octets)
        self._runs.forget(number)

    def _accept_part(self, request: LoadPart) -> None:
        """Take a part; with the last one, load the sequence. Parts that make none are forgotten (RefusedError)."""
        number = request.sequence
        self._runs.check_inactive(number)
        octets = self._library.accept_part(number, request.part, request.parts, request.content)
        if octets is None:
            return
        try:
            self._load(number, octets)
        except RefusedError:
            self._library.forget_parts(number)
            raise

    def _content(self, request: LoadByReference | LoadAndActivate) -> bytes:
        self._runs.check_inactive(request.sequence)
        try:
            return self._read_file(request.repository, request.file)
        except OSError as error:
            reason = f"{request.repository}/{request.file}: {error.strerror or error}"
            raise RefusedError(FailureCode.BAD_ARGUMENTS, reason) from None

    def _abort_all(self) -> AbortedSequences:
        numbers = self._runs.active
        for number in numbers:
            with suppress(RefusedError):
                self._runs.abort(number)
        return AbortedSequences(sequences=numbers)

    def _status(self, number: int) -> SequenceStatus:
        state, step, end = self._runs.standing(number)
        steps = len(self._library.found(number).sequence.steps)
        return SequenceStatus(sequence=number, state=state, step=step, steps=steps, ended=end)


def _written(request: LoadDirectly) -> bytes:
    """The file of a sequence in the standard's form (§8.21.2.1). Raises RefusedError."""
    octets, at, delay_ms, steps = request.entries, 0, 0, list[SequenceStep]()
    try:
        for _ in range(request.count):
            size = SpacePacket.decode(octets[at:]).size
            steps.append(SequenceStep(packet=octets[at : at + size], after_ms=delay_ms))
            at += size + _DELAY_OCTETS
            delay_ms = int.from_bytes(octets[at - _DELAY_OCTETS : at])
        _check_whole(at, octets)
        return StoredSequence(number=request.sequence, name="loaded directly", steps=tuple(steps)).encode()
    except (DecodeError, ValueError) as error:
        raise RefusedError(FailureCode.BAD_ARGUMENTS, f"request {len(steps)}: {error}") from None


def _check_whole(at: int, octets: bytes) -> None:
    if at != len(octets):
        raise ValueError(f"{len(octets)} octets of requests and delays, expected {at}")
