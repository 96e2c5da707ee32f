"""Every order of commands, steps, resets and faults that a node can meet while it is updated, state by state.

A state is a disk, and what runs on it, or nothing. From each state that was not seen before, breadth first, everything
is tried: each command, each passing of time, a reset, a power cut at each change of the disk, an error at each of its
calls, and, once in a history, a change that is lost or lands elsewhere. Two states are one if nothing that follows can
tell them apart. After each start and each change what must always hold is checked.
"""

import copy
from collections import deque
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from pathlib import Path

import msgspec

from fsw.store.durable import Durable
from fsw.update import boot, machine, verification
from fsw.update.boot import BootChoice, choose
from fsw.update.machine import UpdateRules, Updates
from fsw.update.record import RECORD_OCTETS_MAX, SlotName, SlotPhase, TrialEnd, UpdateRecord
from fsw.update.slots import FolderSlots
from fsw.update.verification import TrialVerdict
from link.bundles.contents import bundle_contents
from link.bundles.releases import is_newer
from link.pus.services.verification import FailureCode, RefusedError
from tests.fsw.update.bundles import KEYS, NAME, sha256, software
from tests.fsw.update.disk import Disk

FOLDER = Path("/slots")
RULES = UpdateRules(settle_s=1, confirm_s=3, boots_max=2)
SECOND = 1_000_000_000
A, B = SlotName.A, SlotName.B


@lru_cache(maxsize=4096)
def cached_contents(octets, keys):
    return bundle_contents(octets, keys)


@dataclass(frozen=True)
class Ghost:
    """What the ground knows: what was confirmed last and ever, slots it asked to go back to, if the disk lied."""

    confirmed: str = ""
    proven: frozenset = frozenset()
    asked: frozenset = frozenset()
    has_lied: bool = False
    flies: str = ""
    """The version that was found healthy since the last start, unless it was on trial."""


@dataclass
class Life:
    """A state: a disk, what runs on it (None: it is off), and what the ground knows."""

    now: dict
    safe: dict
    ghost: Ghost
    updates: Updates | None = None
    path: tuple = ()
    disk: Disk | None = None
    choice: BootChoice | None = None
    started: bytes | None = None
    """What was started, as it was when it was chosen."""
    flew: str = ""
    now_key: tuple = ()


@lru_cache(maxsize=1 << 16)
def _slot_key(octets):
    """Incarnation, and the record or why there is none."""
    disk = Disk({"/slots/boot.a": octets})
    durable = _durable(disk)
    return durable._incarnation, _plain(durable.value), durable.damaged


@lru_cache(maxsize=1 << 16)
def _plain(state):
    """A record without what is only told: how which trial ended last."""
    return msgspec.structs.replace(state, ended=TrialEnd.NONE, ended_slot=SlotName.G)


def _durable(disk):
    return Durable(FOLDER, "boot", UpdateRecord(), RECORD_OCTETS_MAX, disk)


def _disk_key(files, is_precise):
    """The disk without what nothing that follows depends on.

    That is: numbers of incarnations, parts of files, chunks of what is not received any more, and, unless the disk may
    lie, the older copy of the record: it is what the next value is written over.
    """
    copies = [_slot_key(files[name]) for one in "ab" if (name := f"/slots/boot.{one}") in files]
    values = [UpdateRecord(), *(value for _, value, damaged in sorted(copies, key=lambda one: one[0]) if not damaged)]
    current = values[-1]
    incarnations = [incarnation for incarnation, _, _ in copies]
    known = (tuple(values), incarnations == sorted(incarnations)) if is_precise else current
    bundles = tuple(files.get(f"/slots/{one.name}/bundle") for one in SlotName)
    came = tuple(
        files.get(f"/slots/{one.name}/incoming") if current.of(one).phase is SlotPhase.FILLING else 0 for one in (A, B)
    )
    return known, hash(bundles), hash(came)


def _key(updates):
    """What runs; of its health only a trial depends."""
    if updates is None:
        return None
    check, seen = updates._check, (updates._health, updates._is_heard) if updates.is_on_trial else None
    under_way = check and (check.slot, check.stage, check.may_be_older, hash(check._octets))
    sound = tuple(sorted(updates.slots._sound.items()))
    return updates.running, _plain(updates.state), updates.restart_due, seen, under_way, sound


def good(slot, digest):
    return TrialVerdict(is_good=True)


@dataclass
class Explorer:
    """`files`: what the ground sends, by version; `slots`: those that it uses. `states` counts what was found."""

    files: dict
    slots: tuple = (A, B)
    chunks: int = 1
    cuts: bool = True
    errors: tuple = ()
    """Whether errors are raised before what was asked for is done (False), and behind it (True)."""
    lies: bool = False
    rollbacks: bool = False
    tries: tuple = (1,)
    make: object = software
    """Makes the bundle of a version."""
    in_place: bool = False
    """Whether what is restarted goes on in the process that it is in, as a model does."""
    states: int = 0
    starts: int = 0
    probed: set = field(default_factory=set)
    refusals: set = field(default_factory=set)

    def __post_init__(self):
        golden, self.latest = self.make("1"), self.make("99")
        self.sound = {golden, self.latest, *(whole for _, whole in self.files.values() if whole)}
        first = {"/slots/G/bundle": golden}
        self.waiting = deque([Life(first, first, Ghost())])
        self.seen = {self.key(self.waiting[0])}

    def run(self, states_max=1_000_000):
        while self.waiting:
            assert len(self.seen) < states_max, "more states than expected"
            self.expand(self.waiting.popleft())
        self.states = len(self.seen)
        return self

    def expand(self, life):
        if life.updates is None:
            self.attempt(life, "start", self.start)
            return
        self.found(Life(life.safe, life.safe, life.ghost, None, (*life.path, "reset")))
        for name, act in self.acts(life.updates):
            self.attempt(life, name, act)

    def acts(self, updates):
        """All that may be done with what runs."""
        if updates.restart_due:
            yield "restart", self.restart
        elif self.in_place and updates.running is not SlotName.G and not updates.is_on_trial:
            yield "ill in use", lambda one: setattr(one.updates, "restart_due", True)
        for slot in self.slots:
            for version, (octets, _) in self.files.items():
                yield (
                    f"prepare {slot.name} {version}",
                    lambda one, s=slot, o=octets: one.updates.prepare(s, len(o), sha256(o)),
                )
                for chunk in range(self.chunks):
                    yield f"write {slot.name} {version} {chunk}", partial(self.write, slot, octets, chunk)
            yield f"verify {slot.name}", lambda one, s=slot: one.updates.verify(s, may_be_older=False)
            if self.rollbacks:
                yield f"roll back {slot.name}", self.roll_back(slot)
            for tries in self.tries:
                yield f"arm {slot.name} {tries}", lambda one, s=slot, t=tries: one.updates.arm(s, t)
        yield "boot", lambda one: one.updates.boot()
        yield "confirm", self.confirm
        yield "abort", lambda one: one.updates.abort()
        for name, seconds, health, is_heard in (
            ("tick", 1, "", True), ("silence", 1, "", False), ("ill", 1, "hot", True), ("late", 3, "", True),
        ):  # fmt: skip
            yield name, partial(self.tick, seconds, health, is_heard)

    def attempt(self, life, name, act):
        """Do it undisturbed, and with everything that may disturb it."""
        after, disk = self.done(life, name, act, is_watched=self.cuts)
        lives = [after]
        for files in {id(one): one for one in disk.left}.values():
            is_done = files is disk.now  # else the ground knows of nothing, though it may be done
            ghost = after.ghost if is_done else replace(life.ghost, proven=after.ghost.proven, flies="")
            lives.append(Life(files, files, ghost, None, (*life.path, f"{name}, cut")))
        if self.errors:
            for call in range(1, disk.calls + 1):
                for is_late in self.errors:
                    lives.append(self.done(life, f"{name}, error {call}", act, fails_at=call, is_late=is_late)[0])
        if self.lies and not life.ghost.has_lied:
            for change in range(1, disk.changes + 1):
                for place in (None, *sorted(life.now)):
                    lives.append(
                        self.done(life, f"{name}, lie {change} {place}", act, lies_at=change, misplaced=place)[0]
                    )
        for one in lives:
            one.now_key = life.now_key if one.now is life.now else ()
            self.found(one)

    def done(self, life, name, act, **how):
        disk = Disk(life.now, life.safe, **how)
        after = Life(life.now, life.safe, life.ghost, _clone(life.updates, disk), (*life.path, name), disk)
        try:
            act(after)
        except RefusedError as error:
            self.refusals.add(str(error))
        after.now, after.safe = disk.now, disk.safe
        if how.get("lies_at"):
            after.ghost = replace(after.ghost, has_lied=True)
        return after, disk

    def found(self, after):
        key = self.key(after)
        if key not in self.seen:
            self.seen.add(key)
            if after.choice is not None:
                self.check(after)
            self.waiting.append(after)

    def key(self, life):
        """What tells a state from others."""
        life.now_key = life.now_key or _disk_key(life.now, self.lies)
        safe_key = life.now_key if life.safe is life.now else _disk_key(life.safe, self.lies)
        return life.now_key, safe_key, life.ghost, _key(life.updates)

    # What is done

    def restart(self, life):
        if self.in_place:
            self.begin(life, life.updates.reboot())
        else:
            life.updates = None

    def start(self, life):
        """What the supervisor does, and the first step of what it starts; or what a node does with its model."""
        slots = FolderSlots(FOLDER, life.disk)
        if self.in_place:
            life.updates = Updates(NAME, slots.record(), slots, KEYS, SlotName.G, good, rules=RULES)
            choice = life.updates.reboot()
        else:
            choice = choose(slots.record(), slots, KEYS, boots_max=RULES.boots_max)
            life.updates = Updates(NAME, slots.record(), slots, KEYS, choice.slot, good, rules=RULES)
        self.begin(life, choice)

    def begin(self, life, choice):
        life.choice, life.started = choice, life.disk.now.get(f"/slots/{choice.slot.name}/bundle")
        list(life.updates.step(0, "", is_heard=False))
        self.starts += 1
        life.flew = life.ghost.flies
        life.ghost = replace(life.ghost, flies="")

    def tick(self, seconds, health, is_heard, life):
        updates, before = life.updates, life.disk.now
        list(updates.step(seconds * SECOND, health, is_heard=is_heard))
        is_known = not (health or life.ghost.has_lied)
        if is_known and not updates.is_on_trial and not updates.restart_due:
            flies = cached_contents(before[f"/slots/{updates.running.name}/bundle"], KEYS).version
            life.ghost = replace(life.ghost, flies=flies)

    def write(self, slot, octets, chunk, life):
        size = -(-len(octets) // self.chunks)
        if life.updates.state.of(slot).upload == sha256(octets):
            life.updates.write(slot, chunk * size, octets[chunk * size : (chunk + 1) * size])

    def roll_back(self, slot):
        def act(life):
            life.updates.verify(slot, may_be_older=True)
            life.ghost = replace(life.ghost, asked=life.ghost.asked | {slot})

        return act

    def confirm(self, life):
        """Where the disk fails, it may be confirmed all the same: then that is no version that nobody asked for."""
        updates, ghost = life.updates, life.ghost
        try:
            updates.confirm()
        except RefusedError as error:
            if error.code is FailureCode.EXECUTION_FAILED:
                version = updates.state.of(updates.running).version
                life.ghost = replace(ghost, proven=ghost.proven | {version})
            raise
        version = updates.state.floor
        proven = ghost.proven | {version}
        life.ghost = replace(ghost, confirmed=version, proven=proven, asked=frozenset(), flies=version)

    # What holds

    def check(self, life):
        """What was started is sound and signed, and no older than it may be, and the ground can go on from here."""
        choice, where = life.choice, life.path
        if choice.contents is None:
            assert choice.slot is SlotName.G, where
            assert life.ghost.has_lied, where
            return
        assert life.started in self.sound, where
        version, ghost = choice.contents.version, life.ghost
        is_allowed = (
            choice.slot is SlotName.G
            or is_newer(version, ghost.confirmed)
            or version == ghost.confirmed
            or version in ghost.proven
            or choice.slot in ghost.asked
        )
        assert is_allowed, (version, ghost, where)
        if life.flew and not self.errors and not ghost.has_lied:
            assert choice.slot is life.updates.state.trial or version == life.flew, (version, life.flew, where)
        self.probe(life)

    def probe(self, life):
        """Whatever came before: the ground can bring a further update from here to its end."""
        key = life.now_key, _key(life.updates)
        if key in self.probed:
            return
        self.probed.add(key)
        self.check_end(life)
        disk = Disk(life.now, life.safe)
        one = Life(life.now, life.safe, life.ghost, _clone(life.updates, disk), life.path, disk)
        self.settle(one)
        updates = one.updates
        slot = next(s for s in (A, B) if s not in (updates.running, updates.state.promoted))
        for _ in range(2):  # what a lie of the disk spoiled is done again
            updates.prepare(slot, len(self.latest), sha256(self.latest))
            at = updates.slots.count(slot, sha256(self.latest))
            if at < len(self.latest):
                updates.write(slot, at, self.latest[at:])
            updates.verify(slot, may_be_older=False)
            while updates.stage:
                list(updates.step(SECOND, "", is_heard=True))
            if updates.state.of(slot).phase is SlotPhase.VERIFIED:
                break
        updates.arm(slot, 1)
        updates.boot()
        self.restart(one)
        if one.updates is None:
            self.start(one)
        list(one.updates.step(SECOND, "", is_heard=True))
        one.updates.confirm()
        assert one.updates.state.promoted is slot, life.path
        self.start(one)
        assert one.choice.slot is slot, life.path
        assert one.choice.contents.version == "99", life.path

    def check_end(self, life):
        """Where nothing comes up healthy, the golden copy is started in the end: no trial is for ever."""
        disk = Disk(life.now, life.safe)
        slots = FolderSlots(FOLDER, disk)
        record = slots.record()
        for _ in range(max(self.tries) + 2 * RULES.boots_max):
            choice = choose(record, slots, KEYS, boots_max=RULES.boots_max)
        assert choice.slot is SlotName.G, life.path

    def settle(self, life):
        """Abort all that is under way."""
        for _ in range(4):
            if life.updates.restart_due:
                self.start(life)
            try:
                life.updates.abort()
            except RefusedError:
                if not life.updates.restart_due:
                    return
        raise AssertionError(life.path)


def _clone(updates, disk):
    if updates is None:
        return None
    other = copy.copy(updates)
    other.slots = FolderSlots(FOLDER, disk, dict(updates.slots._sound))
    other.record = copy.copy(updates.record)
    other.record._medium, other.record._sized = disk, set(updates.record._sized)
    if updates._check:
        other._check = copy.copy(updates._check)
        other._check.slots, other._check.check = other.slots, other._check_contents
    return other


def quick(monkeypatch):
    """Verify each signature once: the explorer asks for the same ones again and again."""
    for module in (boot, machine, verification):
        monkeypatch.setattr(module, "bundle_contents", cached_contents)
