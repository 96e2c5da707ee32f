"""The machine of updates: prepare, write, verify, arm, boot, confirm; and abort at any time.

    any --prepare--> FILLING --verify--> VERIFIED --arm--> armed --boot--> on trial --confirm--> promoted
                      write*                 ^               |                |
                                             +---- abort ----+                | health bad, time over, tries used
                                                                              v
                                                      FAILED, and what is promoted is started

Each step is stored before it is acted on, so that a reset at any moment leaves either the state before or the one
after, and in both something sound is started (fsw/update/boot.py). Commands raise RefusedError with what to do instead.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import NamedTuple, TypeVar

from msgspec.structs import replace

from fsw.executive.sentence import sentence_of
from fsw.store.durable import Durable
from fsw.update.boot import BOOTS_MAX, BootChoice, choose
from fsw.update.record import SlotName, SlotPhase, SlotRecord, TrialEnd, UpdateRecord
from fsw.update.slots import Slots
from fsw.update.verification import TrialRun, TrialVerdict, UnfitError, Verification, VerifyStage
from link.bundles.contents import BundleContents, bundle_contents
from link.bundles.releases import is_newer, release_of
from link.errors import DecodeError
from link.pus.services.verification import FailureCode, RefusedError

TRIES_MAX = 9
_NS = 1_000_000_000
_LOOK_AGAIN_NS = _NS  # while golden vectors or a shadow run are under way
_Result = TypeVar("_Result")
_NEW = "it runs since too short a time"


@dataclass(frozen=True)
class UpdateRules:
    """Bounds. A bundle on trial is given up if it is not healthy `settle_s` after its start or at any time later, or

    if nobody confirmed it within `confirm_s`. What is promoted is given up after `boots_max` starts without health.
    """

    octets_max: int = 16 << 20
    settle_s: int = 60
    confirm_s: int = 86_400
    boots_max: int = BOOTS_MAX


class UpdateHappening(Enum):
    """What happens by itself, and the ground is told of."""

    VERIFIED = auto()
    NOT_VERIFIED = auto()
    TRIAL_ENDED = auto()
    FELL_BACK = auto()


class UpdateNotice(NamedTuple):
    """Something that happened to a slot; the reason is for people."""

    happening: UpdateHappening
    slot: SlotName
    reason: str


@dataclass
class Updates:
    """Updates of what is called `name`, of which `running` was started. `run_vectors` holds it to its golden vectors.

    `shadow`, if there is one, then runs it beside what runs. `restart_due` asks for a restart: by the supervisor, or
    for a model by `reboot`. One process at a time may have `record` open to write.
    """

    name: str
    record: Durable[UpdateRecord]
    slots: Slots
    trusted_keys: tuple[bytes, ...]
    running: SlotName
    run_vectors: TrialRun
    shadow: TrialRun | None = None
    rules: UpdateRules = UpdateRules()
    restart_due: bool = False
    received: int = 0
    """Octets of the upload that was written to last."""
    state: UpdateRecord = field(init=False)
    _check: Verification | None = None
    _start_ns: int | None = None
    _look_ns: int | None = None
    """When to ask again for a verdict that was not there yet."""
    _health: str = _NEW
    _is_heard: bool = False

    def __post_init__(self) -> None:
        self.state = self._recorded()

    @property
    def stage(self) -> VerifyStage:
        """What the verification under way does next."""
        return self._check.stage if self._check else VerifyStage.NONE

    @property
    def is_on_trial(self) -> bool:
        """Whether what runs still has to be confirmed."""
        return self.state.trial is self.running

    def prepare(self, slot: SlotName, octets: int, sha256: str) -> None:
        """Make slot A or B ready for a file of so many octets and this SHA-256; what was there is not trusted any more.

        Where that very file is being received already, what came of it is kept.
        """
        self._refuse_in_use(slot)
        if not 0 < octets <= self.rules.octets_max:
            raise _refused(f"{octets} octets, expected 1..{self.rules.octets_max}: send a delta", is_argument=True)
        known = self.state.of(slot)
        if (known.phase, known.octets, known.upload) == (SlotPhase.FILLING, octets, sha256):
            return
        filling = SlotRecord(phase=SlotPhase.FILLING, octets=octets, upload=sha256)
        self._keep(self.state.with_slot(slot, filling))
        self._tidy(slot)
        self.received = 0

    def write(self, slot: SlotName, offset: int, octets: bytes) -> None:
        """Accept octets of the file from `offset` on: the next ones, or such as are there already, or both."""
        known = self.state.of(self._writable(slot))
        if known.phase is not SlotPhase.FILLING:
            raise _refused(f"slot {slot.name} is not being filled: prepare it first")
        if not octets or offset + len(octets) > known.octets:
            raise _refused(f"{len(octets)} octets at {offset} of {known.octets}: send what is in it", is_argument=True)
        _on_disk(lambda: self._append(slot, known.upload, offset, octets))

    def verify(self, slot: SlotName, *, may_be_older: bool) -> None:
        """Begin to verify what was received for a slot, or what is in it; `step` goes on with it and tells how it ends.

        `may_be_older`: it is a rollback that the ground commands.
        """
        self._refuse_in_use(slot)
        known = self.state.of(slot)
        if known.phase is SlotPhase.FILLING:
            there = _on_disk(lambda: self._count(slot))
            if there < known.octets:
                raise _refused(f"{there} of {known.octets} octets are there: send the rest")
        if self._check:
            raise _refused(f"slot {self._check.slot.name} is being verified: wait for its end, or abort it")
        runs = {VerifyStage.VECTORS: self.run_vectors}
        if self.shadow:
            runs[VerifyStage.SHADOW] = self.shadow
        self._look_ns = None
        self._check = Verification(
            slot=slot,
            known=known,
            may_be_older=may_be_older,
            slots=self.slots,
            trusted_keys=self.trusted_keys,
            octets_max=self.rules.octets_max,
            check=self._check_contents,
            runs=runs,
        )

    def arm(self, slot: SlotName, tries: int) -> None:
        """Have a verified slot started next, as a trial of at most so many starts."""
        self._refuse_in_use(slot)
        if not 1 <= tries <= TRIES_MAX:
            raise _refused(f"{tries} tries, expected 1..{TRIES_MAX}", is_argument=True)
        known = self.state.of(slot)
        if known.phase is not SlotPhase.VERIFIED:
            raise _refused(f"slot {slot.name} is {known.phase.name.lower()}: verify it first")
        if not known.may_be_older and not is_newer(known.version, self.state.floor):
            raise _refused(self._too_old(known.version))
        self._keep(replace(self.state, trial=slot, tries_left=tries))

    def boot(self) -> None:
        """Start what is armed: asks for a restart."""
        if self.state.trial is None:
            raise _refused("no slot is armed: arm one first")
        if self.is_on_trial:
            raise _refused(f"slot {self.running.name} runs on trial already: confirm or abort it")
        self.restart_due = True

    def note_contact(self) -> None:
        """What runs has had a request directly from the ground: it need not wait for a step to know."""
        self._is_heard = True

    def confirm(self) -> None:
        """Promote what runs on trial, if its health is good and it was itself that heard the ground."""
        if not self.is_on_trial:
            raise _refused(f"slot {self.running.name} runs, and not on trial: arm and boot one first")
        if self.restart_due:
            raise _refused("a restart is due: look which slot runs afterwards")
        if self._health:
            raise _refused(f"its health is not good ({self._health}): wait, or abort it")
        if not self._is_heard:
            raise _refused("it has not heard the ground since its start: send any request directly, then confirm")
        self._keep(self.state.promoted_trial())

    def abort(self) -> None:
        """End the first of these that there is: the trial, the verification, the uploads."""
        if self.state.trial is not None:
            was_running = self.is_on_trial
            self._keep(self.state.ended_trial(TrialEnd.ABORTED))
            self.restart_due = was_running
        elif self._check:
            self._check = None
        else:
            filling = [slot for slot in (SlotName.A, SlotName.B) if self.state.of(slot).phase is SlotPhase.FILLING]
            if not filling:
                raise _refused("there is no trial, verification or upload: nothing is aborted")
            state = self.state
            for slot in filling:
                state = state.with_slot(slot, SlotRecord())
            self._keep(state)
            for slot in filling:
                self._tidy(slot)

    def give_up(self) -> None:
        """Have the golden copy started from the next start on, whatever is promoted, armed or on trial."""
        if (self.state.promoted, self.state.trial) != (SlotName.G, None):
            self._check, self.restart_due = None, True
            self._keep_if_possible(self.state.given_up())

    def step(self, now_ns: int, health: str, *, is_heard: bool) -> Iterator[UpdateNotice]:
        """What is due at the monotonic time `now_ns`. `health`: what is wrong with what runs, empty if nothing is.

        `is_heard`: since its start, what runs has had a request directly from the ground.
        """
        self._start_ns = now_ns if self._start_ns is None else self._start_ns
        age_ns = now_ns - self._start_ns
        is_settled = age_ns >= self.rules.settle_s * _NS
        self._health, self._is_heard = health if is_settled else _NEW, is_heard
        if not self.restart_due:
            yield from self._judge(age_ns, is_settled)
        if self._check and not self.restart_due and now_ns >= (self._look_ns or 0):
            self._look_ns = None
            yield from self._verify_further(self._check)
            if self._check and self._check.is_waiting:
                self._look_ns = now_ns + _LOOK_AGAIN_NS

    def next_due_ns(self, now_ns: int) -> int | None:
        """The monotonic time from which `step` has something to do without an input; None: there is none."""
        if self.restart_due:
            return None
        if not self.state.is_told:
            return now_ns
        if self._check:
            return now_ns if self._look_ns is None else self._look_ns
        start_ns = now_ns if self._start_ns is None else self._start_ns
        settled_ns = start_ns + self.rules.settle_s * _NS
        if now_ns < settled_ns:
            return settled_ns if self.is_on_trial or self.state.boots else None
        return start_ns + self.rules.confirm_s * _NS if self.is_on_trial else None

    def reboot(self) -> BootChoice:
        """For what is started in this process, as a model is: choose what runs from now on, and begin anew with it."""
        choice = choose(self.record, self.slots, self.trusted_keys, boots_max=self.rules.boots_max)
        self.state, self.running = self._recorded(), choice.slot
        self._check = self._start_ns = self._look_ns = None
        self._health, self._is_heard = _NEW, False
        self.restart_due = False
        return choice

    def _judge(self, age_ns: int, is_settled: bool) -> Iterator[UpdateNotice]:
        """Tell how a trial ended before the start, end one that fails, and note that what is promoted came up well."""
        if not self.state.is_told:
            fell_back = self.state.ended in (TrialEnd.FELL_BACK, TrialEnd.SILENCE)
            happening = UpdateHappening.FELL_BACK if fell_back else UpdateHappening.TRIAL_ENDED
            slot = self.running if fell_back else self.state.ended_slot
            yield UpdateNotice(happening, slot, self.state.ended.name.lower().replace("_", " "))
            self._keep_if_possible(replace(self.state, is_told=True))
        if self.is_on_trial:
            if is_settled and self._health:
                yield self._ended(TrialEnd.UNHEALTHY, self._health)
            elif age_ns >= self.rules.confirm_s * _NS:
                yield self._ended(TrialEnd.TIMED_OUT, f"not confirmed within {self.rules.confirm_s} s")
            return
        if is_settled and not self._health and self.state.boots:
            self._keep_if_possible(replace(self.state, boots=0))

    def _ended(self, end: TrialEnd, reason: str) -> UpdateNotice:
        """End the trial that runs; where that cannot be stored, the tries that are left end it."""
        slot, self.restart_due = self.running, True
        self._keep_if_possible(replace(self.state.ended_trial(end), is_told=True))
        return UpdateNotice(UpdateHappening.TRIAL_ENDED, slot, reason)

    def _verify_further(self, check: Verification) -> Iterator[UpdateNotice]:
        try:
            verdict = check.step()
        except Exception as error:
            yield from self._verified(check, TrialVerdict(is_good=False, reason=sentence_of(error)))
            raise
        if verdict is not None:
            yield from self._verified(check, verdict)

    def _verified(self, check: Verification, verdict: TrialVerdict) -> Iterator[UpdateNotice]:
        self._check = None
        slot, known, contents = check.slot, check.known, check.contents
        if verdict.is_good:
            assert contents is not None
            is_same = known.sha256 == contents.sha256
            after = SlotRecord(
                phase=SlotPhase.VERIFIED,
                sha256=contents.sha256,
                version=contents.version,
                may_be_older=check.may_be_older,
                was_promoted=known.was_promoted and is_same,
            )
        else:
            is_filling = known.phase in (SlotPhase.FILLING, SlotPhase.EMPTY)
            after = known if is_filling else replace(known, phase=SlotPhase.FAILED)
        try:
            self._keep(self.state.with_slot(slot, after))
        except RefusedError as error:
            verdict = TrialVerdict(is_good=False, reason=str(error))
        if not verdict.is_good:
            yield UpdateNotice(UpdateHappening.NOT_VERIFIED, slot, verdict.reason)
            return
        yield UpdateNotice(UpdateHappening.VERIFIED, slot, after.version)
        self._tidy(slot)

    def _tidy(self, slot: SlotName) -> None:
        """Give the room of what was received back; what stays is forgotten when the slot is prepared again."""
        with suppress(OSError):
            self.slots.begin(slot)

    def _check_contents(self, contents: BundleContents, may_be_older: bool) -> None:
        if contents.name != self.name:
            raise UnfitError(f"a bundle of {contents.name}, expected {self.name}: send it to the slots that it is for")
        if not may_be_older and not is_newer(contents.version, self.state.floor):
            raise UnfitError(self._too_old(contents.version))

    def _too_old(self, version: str) -> str:
        return f"version {version} is not newer than {self.state.floor}: verify it as a rollback if you mean it"

    def _recorded(self) -> UpdateRecord:
        """What the record holds; where it is new or was lost, nothing older than what is in the slots is taken."""
        state = self.record.value
        return replace(state, floor=self._greatest_version()) if state == UpdateRecord() else state

    def _greatest_version(self) -> str:
        """The greatest version of all sound bundles in the slots, "" where there is none."""
        found = [""]
        for slot in SlotName:
            try:
                found.append(bundle_contents(self.slots.bundle(slot), self.trusted_keys).version)
            except (OSError, DecodeError):
                continue
        return max(found, key=lambda version: release_of(version) if version else ())

    def _writable(self, slot: SlotName) -> SlotName:
        if slot is SlotName.G:
            raise _refused("slot G is the golden copy, which no command writes: take A or B", is_argument=True)
        return slot

    def _refuse_in_use(self, slot: SlotName) -> None:
        """Refuse what would touch the golden copy, what runs, what is started if that fails, or what is armed."""
        self._writable(slot)
        other = SlotName.B if slot is SlotName.A else SlotName.A
        if slot is self.running:
            raise _refused(f"slot {slot.name} runs: take {other.name}")
        if slot is self.state.promoted:
            raise _refused(f"slot {slot.name} is promoted: take {other.name}")
        if self.state.trial is not None:
            raise _refused(f"slot {self.state.trial.name} is armed or on trial: confirm or abort it first")
        if self._check and self._check.slot is slot:
            raise _refused(f"slot {slot.name} is being verified: wait for its end, or abort it")

    def _append(self, slot: SlotName, upload: str, offset: int, octets: bytes) -> None:
        there = self._count(slot)
        if offset > there:
            raise _refused(f"octets from {offset} on, but {there} are there: send from {there} on")
        is_there = min(there - offset, len(octets))
        if is_there and self.slots.received(slot, upload)[offset : offset + is_there] != octets[:is_there]:
            raise _refused(f"other octets at {offset} than came before: prepare the slot anew")
        if is_there < len(octets):
            self.slots.append(slot, upload, octets[is_there:])
            self.received = offset + len(octets)

    def _count(self, slot: SlotName) -> int:
        self.received = self.slots.count(slot, self.state.of(slot).upload)
        return self.received

    def _keep(self, state: UpdateRecord) -> None:
        """Store a state and act on it from now on. Raises RefusedError, and then nothing that needs it may be done."""
        try:
            self.record.store(state)
        except OSError as error:
            self.record.value = self.state  # what is tried again later is what was not refused
            reason = f"the record cannot be kept ({error.strerror or error}): mend the disk, then again"
            raise RefusedError(FailureCode.EXECUTION_FAILED, reason) from None
        self.state = state

    def _keep_if_possible(self, state: UpdateRecord) -> None:
        """Act on a state whether it can be stored or not; where not, the record counts and tells it."""
        self.state = state
        with suppress(OSError):
            self.record.store(state)


def _on_disk(act: Callable[[], _Result]) -> _Result:
    try:
        return act()
    except OSError as error:
        reason = f"{error.strerror or error}: what was there stays; try again"
        raise RefusedError(FailureCode.EXECUTION_FAILED, reason) from None


def _refused(reason: str, *, is_argument: bool = False) -> RefusedError:
    return RefusedError(FailureCode.BAD_ARGUMENTS if is_argument else FailureCode.NOT_NOW, reason)
