"""The app of stored command sequences: it releases their steps, tells what happens, and remembers across restarts."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

from fsw.comms.latest import LatestValues
from fsw.executive.app import App, AppReport
from fsw.sequences.library import SequenceLibrary, Shelf
from fsw.sequences.requests import ReadFile, Sequencing
from fsw.sequences.runs import NewsKind, RunTable, SequenceNews, SequenceRuns, StepRelease
from fsw.store.durable import Durable
from fsw.store.forms import RequestForms
from fsw.store.records import Records
from hal.clock import Clock, Moment
from link.dictionary import Dictionary, Event, Int8ub, Int16ub, Int32ub, Telemetry, wire
from link.pus.message import Report, Request
from link.sequences.check import Allowed, complaints

_State = TypeVar("_State", bound=msgspec.Struct)
ReleaseStep = Callable[[bytes], bool]
"""Executes a packet; whether its request was neither refused nor failed at once."""
_REASON_CHARACTERS_MAX = 80
_REFUSED = "the request was refused or failed"


class SequencesStatus(Telemetry, id=0x20):
    """Stored command sequences, every ten seconds."""

    loaded: int = wire(Int8ub)
    running: int = wire(Int8ub, text="also those that are paused")
    released: int = wire(Int32ub, text="steps since the start of the node")
    troubles: int = wire(Int32ub, text="steps that were not executed as planned, since the start of the node")


class SequenceStarted(Event, id=0xA0):
    """Sequence {sequence} has started."""

    sequence: int = wire(Int16ub)


class SequenceCompleted(Event, id=0xA1):
    """Sequence {sequence} is completed after {steps} steps."""

    sequence: int = wire(Int16ub)
    steps: int = wire(Int16ub)


class SequenceStopped(Event, id=0xA2, severity="medium"):
    """Sequence {sequence} stopped at step {step}: {reason}."""

    sequence: int = wire(Int16ub)
    step: int = wire(Int16ub)
    reason: str = wire()


class SequenceTroubled(Event, id=0xA3, severity="low"):
    """Sequence {sequence} goes on after step {step}: {reason}."""

    sequence: int = wire(Int16ub)
    step: int = wire(Int16ub)
    reason: str = wire()


class SequenceStepSkipped(Event, id=0xA4):
    """Step {step} of sequence {sequence} was skipped: {reason}."""

    sequence: int = wire(Int16ub)
    step: int = wire(Int16ub)
    reason: str = wire()


class SequencesMisfit(Event, id=0xA5, severity="medium"):
    """{items} sequences, loaded or under execution, do not fit this software and were left out."""

    items: int = wire(Int16ub)


@dataclass
class Sequences(App, period_ms=10_000, budget_ms=20, order=10):
    """Releases the steps of loaded sequences by `release`, each after its progress is stored.

    `cut_short` has the packets that a restart interrupted; whoever tells the ground of them calls `keep` afterwards.
    """

    dictionary: Dictionary
    clock: Clock
    records: Records
    latest: LatestValues
    read_file: ReadFile
    release: ReleaseStep
    allowed: Allowed = lambda packet: ""  # noqa: ARG005  # until modes refuse requests
    _status_ns: int = 0

    def __post_init__(self) -> None:
        forms = RequestForms(self.dictionary)
        self._library = SequenceLibrary(
            lambda sequence: complaints(sequence, self.dictionary, self.allowed),
            lambda sequence: forms.of_all(step.packet for step in sequence.steps),
        )
        parameters = [entry.name for entry in self.dictionary.parameters]
        self.runs = SequenceRuns(self.latest.look_up, parameters)
        self._requests = Sequencing(self._library, self.runs, self.read_file)
        self._shelf: Durable[Shelf] = self.records.open("sequences", Shelf(), SequenceLibrary.STATE_OCTETS_MAX)
        self._table: Durable[RunTable] = self.records.open(
            "sequence progress", RunTable(), SequenceRuns.STATE_OCTETS_MAX
        )
        misfits = self._library.restore(self._shelf.value)
        lost, self.cut_short = self.runs.restore(self._table.value, self._library.loaded, self._now)
        self._misfits = misfits + lost
        self.latest.watchers.append(self.runs.accept)

    @property
    def loaded(self) -> Mapping[int, Any]:
        """The loaded sequences by number."""
        return self._library.loaded

    @property
    def due_ns(self) -> int | None:
        """When a step is due, or something is to be told; None while nothing is."""
        return self.runs.due_ns(self._now) if self.runs.is_busy else None

    def handle(self, request: Request) -> Iterator[Report]:
        """Answer one request of service 21; before its completion is told, what it changed is stored."""
        try:
            yield from self._requests.handle(request, self._now)
        finally:
            self.keep()

    def start(self, number: int) -> None:
        """Run a loaded sequence. Raises RefusedError."""
        self._requests.start(number, self._now)
        self.keep()

    def keep(self) -> None:
        """Store what has changed. Where the medium fails, its record says so, and the sequences go on."""
        _keep(self._shelf, self._library.state)
        _keep(self._table, self.runs.state)

    def step(self, now_ns: int) -> Iterator[AppReport]:
        """Release the steps that are due, and tell what happened."""
        if self._misfits:
            yield SequencesMisfit(items=self._misfits)
            self._misfits = 0
        due = self.runs.pop(self._now)
        self.keep()
        self._execute(due)
        for news in self.runs.drain_news():
            yield _event(news)
        if now_ns >= self._status_ns:
            self._status_ns = now_ns + self.period_ms * 1_000_000
            yield self._status()

    def _execute(self, due: list[StepRelease]) -> None:
        """Execute what was released; whatever happens, no step stays between release and end."""
        succeeded = dict.fromkeys((one.sequence for one in due), False)
        try:
            for one in due:
                succeeded[one.sequence] = self.release(one.packet)
        finally:
            for number, is_done in succeeded.items():
                self.runs.settle(number, self._now, "" if is_done else _REFUSED)
            if due:
                self.keep()

    @property
    def _now(self) -> Moment:
        return Moment.of(self.clock)

    def _status(self) -> SequencesStatus:
        runs = self.runs
        return SequencesStatus(
            loaded=len(self._library.loaded), running=len(runs.active), released=runs.released, troubles=runs.troubles
        )


def _keep(record: Durable[_State], state: _State) -> None:
    if state != record.value:
        with suppress(OSError):  # the record counts it
            record.store(state)


def _event(news: SequenceNews) -> Event:
    reason = news.reason[:_REASON_CHARACTERS_MAX]
    match news.kind:
        case NewsKind.STARTED:
            return SequenceStarted(sequence=news.sequence)
        case NewsKind.COMPLETED:
            return SequenceCompleted(sequence=news.sequence, steps=news.step)
        case NewsKind.STOPPED:
            return SequenceStopped(sequence=news.sequence, step=news.step, reason=reason)
        case NewsKind.TROUBLED:
            return SequenceTroubled(sequence=news.sequence, step=news.step, reason=reason)
    return SequenceStepSkipped(sequence=news.sequence, step=news.step, reason=reason)
