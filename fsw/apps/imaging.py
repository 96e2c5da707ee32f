"""Imaging: a command points the camera, a job turns the frame into an answer, the store keeps it for the downlink."""

import re
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Annotated

import msgspec

from fsw.apps.power import PowerSource
from fsw.executive.app import App, AppReport, CommandError, Pending
from fsw.jobs.job import Job, JobsFullError, Outcome, Runner
from fsw.jobs.reason import words
from fsw.pipelines.run import Work, files_of, made_of
from fsw.pipelines.stage import About, StageSpec, sample_item
from fsw.pipelines.valid import joined
from fsw.store.products import ProductStore, Provenance, StoredProduct, StoreFullError
from fsw.update.models import StagesInUse
from hal.board import Board
from hal.camera import Camera, CameraError, Frame
from link.dictionary import Counted, Event, Float32b, Int8ub, Int16ub, Int32ub, Text, command, wire
from link.pus.services.verification import FailureCode

_Target = Annotated[str, wire(Text(Counted(8, 40)), text="what to point the camera at")]
_REASON_CHARACTERS_MAX, _MODELS_CHARACTERS_MAX = 60, 100
_FILES_A_STEP = 8
_NAME_OCTETS_MAX = 80  # with it the CFDP Metadata PDU fits the smallest frames that a mission may have
_NAME = re.compile(r"[A-Za-z0-9._+=@-]+")
_OVER = object()


class ProductReady(Event, id=0x10):
    """Product {product} of {target}: {octets} octets in {files} files from {raw_octets}, made in {compute_ms} ms."""

    product: int = wire(Int32ub)
    target: str = wire()
    files: int = wire(Int16ub)
    octets: int = wire(Int32ub)
    raw_octets: int = wire(Int32ub)
    compute_ms: int = wire(Int32ub, unit="ms")
    attempts: int = wire(Int8ub)
    joules: float = wire(Float32b, unit="J", text="of the whole board while it computed")
    power_source: PowerSource = wire(Int8ub)
    models: str = wire(text="name and version of each model that it was computed with")


class CaptureFailed(Event, id=0x11, severity="medium"):
    """No product of {target}: {reason}."""

    target: str = wire()
    reason: str = wire()


class MemoryRepaired(Event, id=0x12, severity="low"):
    """Memory had changed {repairs} times while {target} was computed; it was loaded and the work done again."""

    product: int = wire(Int32ub)
    target: str = wire()
    repairs: int = wire(Int16ub)


@dataclass(frozen=True, slots=True)
class _Capture:
    """A frame whose job has not ended; the job holds the samples themselves."""

    target: str
    raw_octets: int
    utc_ns: int
    command: Pending
    stages: tuple[StageSpec, ...]


@dataclass
class Imaging(App, period_ms=10_000, budget_ms=100):
    """Sends each frame through the stages in use, and stores the files that come out of it for the downlink."""

    camera: Camera
    runner: Runner
    store: ProductStore
    board: Board
    stages: StagesInUse
    _captures: dict[int, _Capture] = field(default_factory=dict)
    _endings: deque[Iterator[Event | None]] = field(default_factory=deque)

    @property
    def is_busy(self) -> bool:
        """Whether a job runs or waits, or files of one are still to be kept."""
        return bool(self.runner.unfinished or self._endings)

    @property
    def due_ns(self) -> int | None:
        """0, which is now, while files are to be kept; else when the runner is to be asked at the latest."""
        return 0 if self._endings else self.runner.next_wake_ns()

    @command(opcode=0x10)
    def capture(self, target: _Target) -> Pending:
        """Take a frame of `target` and send down what its pipeline makes of it; completed when that is in the store."""
        frame = self._frame(target)
        job_id, pending = self.store.allot_id(), Pending()
        work, samples = self._work(job_id, frame), joined(frame)
        job = Job(id=job_id, pipeline="stages", samples=samples, parameters=msgspec.to_builtins(work))
        try:
            self.runner.submit(job)
        except JobsFullError as error:
            raise CommandError(FailureCode.NOT_NOW, str(error)) from None
        self._captures[job_id] = _Capture(target, frame.samples.nbytes, frame.captured_utc_ns, pending, work.stages)
        self.stages.began(work, samples)
        return pending

    def step(self, now_ns: int) -> Iterator[AppReport]:  # noqa: ARG002
        """Accept the outcomes of jobs that ended, and store as many of their files as the disk has time for now."""
        for outcome in self.runner.poll():
            self._endings.append(self._end(self._captures.pop(outcome.job_id), outcome))
        for _ in range(_FILES_A_STEP):
            ended = next(self._endings[0], _OVER) if self._endings else None
            if ended is _OVER:
                del self._endings[0]
            elif isinstance(ended, Event):
                yield ended

    def _frame(self, target: str) -> Frame:
        try:
            return self.camera.capture(target)
        except CameraError as error:
            raise CommandError(FailureCode.NOT_NOW, str(error)) from None

    def _work(self, job_id: int, frame: Frame) -> Work:
        return Work(
            stages=self.stages.now(),
            item=sample_item(is_packed=frame.is_packed),
            bands=frame.bands,
            about=About(product_id=job_id, target=frame.target, georeference=frame.georeference),
            is_masked=frame.mask is not None,
        )

    def _end(self, capture: _Capture, outcome: Outcome) -> Iterator[Event | None]:
        """Store the files of a job that ended, and report how it ended; yields None after each file."""
        products = list[StoredProduct]()
        self.stages.ended(capture.stages, is_good=outcome.answer is not None)
        try:
            made = self._provenance(capture, outcome)
            for product in self._keep(capture, outcome, made):
                products.append(product)
                yield None
        except Exception as error:
            is_foreseen = isinstance(error, CommandError | StoreFullError | OSError)
            reason = str(error) if is_foreseen else words(error)
            capture.command.fail(CommandError(FailureCode.EXECUTION_FAILED, reason))
            yield CaptureFailed(target=capture.target, reason=reason[:_REASON_CHARACTERS_MAX])
            if not is_foreseen:
                raise  # the command has failed in any case; the executive reports the error
            return
        capture.command.done()
        yield from _repairs(capture, outcome)
        yield ProductReady(
            product=outcome.job_id,
            target=capture.target,
            files=len(products),
            octets=sum(product.octets for product in products),
            raw_octets=capture.raw_octets,
            compute_ms=round(1000 * outcome.wall_s),
            attempts=outcome.attempts,
            joules=made.joules,
            power_source=PowerSource[made.joules_source.upper()],
            models=", ".join(model.rpartition(" ")[0] for model in made.models)[:_MODELS_CHARACTERS_MAX],
        )

    def _keep(self, capture: _Capture, outcome: Outcome, made: Provenance) -> Iterator[StoredProduct]:
        """Store the files of a job. The first has the job's number in the store, and the names of all begin with it."""
        if outcome.answer is None:
            raise CommandError(FailureCode.EXECUTION_FAILED, outcome.failure)
        files = files_of(outcome.answer)
        names = _names(f"{outcome.job_id:06d}-{capture.target}", [file.suffix for file in files])
        for count, (name, file) in enumerate(zip(names, files, strict=True)):
            number = self.store.allot_id() if count else outcome.job_id
            yield self.store.add(number, name, file.octets, made, priority=file.priority)

    def _provenance(self, capture: _Capture, outcome: Outcome) -> Provenance:
        """The origin of a job's files, and what they cost; joules are those of the whole board while it computed."""
        power = self.board.power(outcome.cpu_s / outcome.wall_s if outcome.wall_s else 1.0)
        return Provenance(
            target=capture.target,
            raw_octets=capture.raw_octets,
            input_sha256=outcome.input_sha256,
            capture_utc_ns=capture.utc_ns,
            compute_start_utc_ns=outcome.start_utc_ns,
            compute_end_utc_ns=outcome.end_utc_ns,
            joules=power.watts * outcome.wall_s,
            joules_source=power.source,
            models=_models(outcome),
        )


def _names(stem: str, suffixes: Sequence[str]) -> list[str]:
    """The names of a job's files. Raises CommandError where one cannot be sent, or two would be equal."""
    names = [stem + suffix for suffix in suffixes]
    for name, suffix in zip(names, suffixes, strict=True):
        if names.count(name) > 1:
            raise _misnamed(f"{names.count(name)} files have the suffix {suffix!r}")
        if len(name) > _NAME_OCTETS_MAX:
            room = _NAME_OCTETS_MAX - len(stem)
            raise _misnamed(f"a suffix of {len(suffix)} characters, expected {room} at most")
        if not _NAME.fullmatch(name):
            raise _misnamed(f"the suffix {suffix!r}, expected letters, digits and -._+=@ only")
    return names


def _misnamed(reason: str) -> CommandError:
    return CommandError(FailureCode.EXECUTION_FAILED, reason)


def _models(outcome: Outcome) -> tuple[str, ...]:
    used = made_of(outcome.answer).models if outcome.answer is not None else []
    return tuple(f"{one.name} {one.version} {one.sha256}" for one in used)


def _repairs(capture: _Capture, outcome: Outcome) -> Iterator[Event]:
    repairs = made_of(outcome.answer).repairs if outcome.answer is not None else 0
    if repairs:
        yield MemoryRepaired(product=outcome.job_id, target=capture.target, repairs=repairs)
