"""Models as targets of updates: which bundle the next job uses, and trials of another one in jobs.

The golden copy is the file that was delivered with the mission. A bundle on trial, or promoted, is taken in its place
from the next job on; the node goes on meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from msgspec.structs import replace

from fsw.jobs.job import JobsFullError, Outcome
from fsw.own.jobs import SharedRunner
from fsw.pipelines.run import Work
from fsw.pipelines.stage import StageSpec
from fsw.pipelines.trial import Difference, ModelTrial, difference_of
from fsw.update.machine import UpdateRules, Updates
from fsw.update.record import SlotName
from fsw.update.slots import FolderSlots
from fsw.update.verification import TrialVerdict, VerifyStage
from hal.clock import Clock

if TYPE_CHECKING:
    from numpy.typing import NDArray

FAILURES_MAX = 3
"""Jobs in a row that may fail before a model counts as ill."""
_REASON_CHARACTERS = 100
_NO_SAMPLES = memoryview(b"\0")  # a golden vector brings its own; a job has at least one octet
_NOTHING = Difference(0, 0, 0.0)


class WorkerRoom(NamedTuple):
    """What the node's workers may take."""

    timeout_s: float
    memory_octets: int


class ShadowFinding(NamedTuple):
    """What a shadow run found."""

    slot: SlotName
    frames: int
    difference: Difference


@dataclass
class UpdatedModel:
    """The model `name`, which the stages know by the names of files `files`; its slots are `slots`.

    Before one can be armed it runs beside the one in use on the next `shadow_frames` frames; they must come within the
    time in which a trial is to be confirmed. Owns its jobs in `runner`.
    """

    name: str
    files: frozenset[str]
    slots: FolderSlots
    trusted_keys: tuple[bytes, ...]
    rules: UpdateRules
    shadow_frames: int
    stages: tuple[StageSpec, ...]
    """The stages of the mission, as it lists them."""
    runner: SharedRunner
    room: WorkerRoom
    clock: Clock
    frames_accepted: Callable[[], int]
    """How many frames of the ground the node has accepted since its start."""
    updates: Updates = field(init=False)
    finding: ShadowFinding | None = None
    _heard_before: int = 0
    _failures: int = 0
    _tried: tuple[VerifyStage, SlotName, str] | None = None
    _job: int | None = None
    _verdict: TrialVerdict | None = None
    _frames: int = 0
    _difference: Difference = _NOTHING
    _end_ns: int = 0

    def __post_init__(self) -> None:
        shadow = self._run_shadow if self.shadow_frames else None
        self.updates = Updates(
            name=self.name,
            record=self.slots.record(),
            slots=self.slots,
            trusted_keys=self.trusted_keys,
            running=SlotName.G,
            run_vectors=self._run_vectors,
            shadow=shadow,
            rules=self.rules,
        )
        self.updates.reboot()

    def restart(self) -> None:
        """Use from now on what is chosen now."""
        before = self.updates.running
        self.updates.reboot()
        self._heard_before = self.frames_accepted()
        if self.updates.running is not before:
            self._failures = 0

    @property
    def health(self) -> str:
        """What is wrong with the model in use; empty where nothing is."""
        return f"{self._failures} jobs in a row failed" if self._failures >= FAILURES_MAX else ""

    @property
    def is_heard(self) -> bool:
        """Whether the ground was heard since the model in use was begun with."""
        return self.frames_accepted() > self._heard_before

    def pop_shadow(self) -> ShadowFinding | None:
        """What a shadow run found, once."""
        found, self.finding = self.finding, None
        return found

    def applied(self, stages: Iterable[StageSpec], slot: SlotName) -> tuple[StageSpec, ...]:
        """The stages, with the bundle in a slot in place of the mission's file."""
        if slot is SlotName.G:
            return tuple(stages)
        there = str(self.slots.path(slot).absolute())
        return tuple(
            replace(one, stand_ins={**one.stand_ins, name: there})
            if (name := one.parameters.get("model")) in self.files
            else one
            for one in stages
        )

    def began(self, work: Work, samples: NDArray[Any] | memoryview) -> None:
        """A frame is computed: compute it with the bundle that waits for its shadow run, too, where there is one."""
        is_free = self._job is None and self._verdict is None
        if is_free and self._tried and self._tried[0] is VerifyStage.SHADOW is self.updates.stage:
            others = self.applied(work.stages, self._tried[1])
            self._submit(samples, ModelTrial(stages=(), others=others, work=work, **self.room._asdict()))

    def ended(self, *, is_good: bool) -> None:
        """A job with the model in use ended. One that was promoted and is ill is started anew, until it is given up."""
        self._failures = 0 if is_good else self._failures + 1
        if self.health and self.updates.running is not SlotName.G and not self.updates.is_on_trial:
            self.updates.restart_due = True

    def accept(self, outcome: Outcome) -> None:
        """The outcome of a trial; that of one that was aborted meanwhile is not looked at."""
        if outcome.job_id != self._job or self._tried is None:
            return
        self._job = None
        if outcome.answer is None:
            self._verdict = TrialVerdict(is_good=False, reason=outcome.failure[:_REASON_CHARACTERS])
        elif self._tried[0] is VerifyStage.VECTORS:
            self._verdict = TrialVerdict(is_good=True)
        else:
            self._compare(difference_of(outcome.answer))

    def _compare(self, found: Difference) -> None:
        known = self._difference
        self._frames += 1
        self._difference = Difference(
            known.pixels + found.pixels, known.differing + found.differing, max(known.largest, found.largest)
        )
        if self._frames >= self.shadow_frames and self._tried:
            self._verdict = TrialVerdict(is_good=True)
            self.finding = ShadowFinding(self._tried[1], self._frames, self._difference)

    def _run_vectors(self, slot: SlotName, sha256: str) -> TrialVerdict | None:
        """`TrialRun`: the golden vector of a bundle, in a worker."""
        self._begin(VerifyStage.VECTORS, slot, sha256)
        if self._job is None and self._verdict is None:
            used, others = (self.applied(self.stages, one) for one in (self.updates.running, slot))
            self._submit(_NO_SAMPLES, ModelTrial(stages=used, others=others, **self.room._asdict()))
        return self._given()

    def _run_shadow(self, slot: SlotName, sha256: str) -> TrialVerdict | None:
        """`TrialRun`: a bundle beside the one in use, on the frames that come."""
        self._begin(VerifyStage.SHADOW, slot, sha256)
        if self._verdict is None and self.clock.monotonic_ns() >= self._end_ns:
            reason = f"{self._frames} of {self.shadow_frames} frames came in time: verify it again and capture"
            self._verdict = TrialVerdict(is_good=False, reason=reason)
        return self._given()

    def _begin(self, *tried: Any) -> None:
        if self._tried != tried:
            self._tried, self._job, self._verdict = tried, None, None
            self._frames, self._difference = 0, _NOTHING
            self._end_ns = self.clock.monotonic_ns() + self.rules.confirm_s * 1_000_000_000

    def _given(self) -> TrialVerdict | None:
        verdict, self._verdict = self._verdict, None
        if verdict:
            self._tried = None
        return verdict

    def _submit(self, samples: NDArray[Any] | memoryview, trial: ModelTrial) -> None:
        """Try it; where too many jobs wait, later."""
        try:
            self._job = self.runner.begin(self, "trial", samples, msgspec.to_builtins(trial))
        except JobsFullError:
            self._job = None


@dataclass
class StagesInUse:
    """The stages of the mission with the models that are chosen for them; `models` are those that can be updated."""

    stages: Sequence[StageSpec]
    models: Sequence[UpdatedModel] = ()

    def now(self) -> tuple[StageSpec, ...]:
        """The stages for a job that begins now."""
        found = tuple(self.stages)
        for model in self.models:
            found = model.applied(found, model.updates.running)
        return found

    def began(self, work: Work, samples: NDArray[Any] | memoryview) -> None:
        """A job of these stages was begun."""
        for model in self.models:
            model.began(work, samples)

    def ended(self, stages: Sequence[StageSpec], *, is_good: bool) -> None:
        """A job that was begun with `stages` ended; it says nothing of a model that is not in use any more."""
        if tuple(stages) == self.now():
            for model in self.models:
                model.ended(is_good=is_good)
