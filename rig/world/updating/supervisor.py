"""What starts the software of a world's node, and what must hold at each start; the same for each use of its model.

What is started is a bundle of ours as it was signed; it is not older than what was promoted last, unless that was
promoted before or the ground asked for it.
"""

from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from fsw.mission import Mission
from fsw.pipelines.run import Work
from fsw.pipelines.stage import ModelUsed
from fsw.pipelines.trial import Difference, ModelTrial
from fsw.update.boot import choose
from fsw.update.record import SOFTWARE, SlotName
from fsw.update.slots import FolderSlots
from fsw.update.software import RunningSoftware
from fsw.update.starting import software_slots
from fsw.update.verification import TrialVerdict
from link.bundles.contents import bundle_contents
from link.bundles.releases import is_newer
from link.errors import DecodeError
from rig.world.disk import Disk
from rig.world.timeline import BrokenError
from rig.world.updating.versions import GOLDEN, ILL, KEYS, MISFIT, MODEL, TARGETS, bundle_of, golden_file, startable

_STRANGE = "a bundle that was never sent, or not as it was signed"


@dataclass
class StartJudge:
    """Judges what is used of a target. `asked`: slots that the ground wanted back; `confirms`: how many it sent."""

    target: str
    asked: set[str] = field(default_factory=set)
    confirms: int = 0
    starts: int = 0
    _floors: list[str] = field(default_factory=list)

    def check(self, slot: SlotName, octets: bytes, floor: str, *, is_doubted: bool) -> None:
        """Check what is used now, where `floor` was promoted last; of what a disk lost (`is_doubted`) nobody knows."""
        self.starts += 1
        where = f"{self.target}, slot {slot.name}"
        _require(slot is SlotName.G or octets in startable(self.target), f"{where}: {_STRANGE}")
        if floor not in self._floors:
            _require(is_doubted or floor in ("", GOLDEN) or self.confirms > 0, f"{where}: {floor} was never confirmed")
            self._floors.append(floor)
        if slot is SlotName.G or is_doubted:
            return
        version = bundle_contents(octets, KEYS).version
        _require(version != MISFIT, f"{where}: {version} is used, which cannot be verified")
        if slot.name in self.asked:
            return
        may_be = version in self._floors or not floor or is_newer(version, floor)
        _require(may_be, f"{where}: {version} is used, though {floor} was promoted")


class WorldSupervisor:
    """Starts what the slots of software in `state` say, and runs jobs with the model that a node chose for them."""

    def __init__(self, state: Path, *, is_flown: bool) -> None:
        self.is_flown = is_flown
        self.judges = {target: StartJudge(target) for target in TARGETS}
        self._state, self._uncounted = state, 0
        self.version = ""
        self.broken: BrokenError | None = None

    def check(self) -> None:
        """Raise BrokenError where a job used a model that it must not use."""
        if self.broken:
            raise self.broken

    def deliver(self, disk: Disk) -> None:
        """Put what the mission delivers on the disk."""
        if self.is_flown:
            disk.write(golden_file(self._state), bundle_of(MODEL, GOLDEN))
            disk.sync(golden_file(self._state))
            disk.sync(self._state)

    def choose(self, mission: Mission, disk: Disk, *, is_doubted: bool) -> RunningSoftware:
        """The software that is started now. Raises BrokenError where it must not be."""
        if mission.update is None:
            return RunningSoftware()
        slots = software_slots(self._state, disk)
        record = slots.record()
        choice = choose(record, slots, KEYS, uncounted=self._uncounted)
        self._uncounted = 0 if choice.is_kept else self._uncounted + 1
        self.version = choice.contents.version if choice.contents and choice.slot is not SlotName.G else GOLDEN
        octets = b"" if choice.slot is SlotName.G else disk.read_quietly(slots.path(choice.slot))
        self.judges[SOFTWARE].check(choice.slot, octets, record.value.floor, is_doubted=is_doubted)
        return RunningSoftware(choice.slot, lambda slot, _: _tried(disk.read_quietly(slots.path(slot))))

    def self_test(self) -> tuple[str, ...]:
        """The kernels that fail in the software that was started."""
        return ("crc",) if self.version == ILL else ()

    def used(self, disk: Disk, work: Work, *, is_doubted: bool) -> list[ModelUsed]:
        """The model that a job uses, as its worker reads it. Raises ValueError where it cannot be used."""
        used = []
        for stage in work.stages:
            path = Path(stage.stand_ins.get(stage.parameters["model"], golden_file(self._state)))
            octets = _read(disk, path)
            contents = bundle_contents(octets, KEYS)
            slot = SlotName.G if path == golden_file(self._state) else SlotName[path.parent.name]
            slots = FolderSlots(self._state / "models" / MODEL, disk)
            floor = "" if is_doubted or disk.failing else slots.record().value.floor
            try:
                self.judges[MODEL].check(slot, octets, floor, is_doubted=is_doubted)
            except BrokenError as error:  # here it would only end a job
                self.broken = error
            if contents.version == ILL:
                raise ValueError("the model fails")
            used.append(ModelUsed(contents.name, contents.version, contents.sha256))
        return used

    def try_model(self, disk: Disk, trial: ModelTrial) -> bytes:
        """A trial of a model, as a worker does it. Raises ValueError where it fails."""
        for stage in trial.others:
            octets = _read(disk, stage.path(stage.parameters["model"]))
            verdict = _tried(octets)
            if not verdict.is_good:
                raise ValueError(verdict.reason)
        return msgspec.msgpack.encode(Difference(4, 1, 0.5))


def _read(disk: Disk, path: Path) -> bytes:
    try:
        return disk.read_quietly(path)
    except OSError as error:
        raise ValueError(f"{path.name}: {error.strerror}") from None


def _tried(octets: bytes) -> TrialVerdict:
    try:
        version = bundle_contents(octets, KEYS).version
    except DecodeError as error:
        return TrialVerdict(is_good=False, reason=str(error)[:80])
    return TrialVerdict(is_good=version != MISFIT, reason="" if version != MISFIT else "another answer")


def _require(holds: bool, sentence: str) -> None:
    if not holds:
        raise BrokenError(sentence)
