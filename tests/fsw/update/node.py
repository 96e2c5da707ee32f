"""A node that is updated, as its slots and its record see it."""

from dataclasses import dataclass, field

from fsw.update.boot import choose
from fsw.update.machine import UpdateRules, Updates
from fsw.update.record import SlotName
from fsw.update.slots import FolderSlots
from fsw.update.verification import TrialVerdict
from hal.medium import HOST
from tests.fsw.update.bundles import KEYS, NAME, sha256, software

A, B, G = SlotName.A, SlotName.B, SlotName.G
SECOND = 1_000_000_000
RULES = UpdateRules(octets_max=10_000, settle_s=60, confirm_s=3600)
GOOD = TrialVerdict(is_good=True)


@dataclass
class UpdatedNode:
    """`verdicts` are what the golden vectors give, one after the other, and good ones from then on."""

    folder: object
    medium: object = HOST
    shadow: object = None
    verdicts: list = field(default_factory=list)
    asked: list = field(default_factory=list)
    now_ns: int = 0

    def __post_init__(self):
        golden = self.folder / "G"
        golden.mkdir(exist_ok=True)
        (golden / "bundle").write_bytes(software("1"))
        self.start()

    def start(self):
        """What the supervisor does at each start."""
        self.slots = FolderSlots(self.folder, self.medium)
        self.choice = choose(self.slots.record(), self.slots, KEYS)
        slots = FolderSlots(self.folder, self.medium)
        running = self.choice.slot
        self.updates = Updates(NAME, slots.record(), slots, KEYS, running, self.run_vectors, self.shadow, RULES)
        self.now_ns = 0
        return self.updates

    def run_vectors(self, slot, digest):
        self.asked.append((slot, digest))
        return self.verdicts.pop(0) if self.verdicts else GOOD

    def pass_s(self, seconds, health="", is_heard=True):
        """Let so much time pass; the notices."""
        self.now_ns += seconds * SECOND
        return list(self.updates.step(self.now_ns, health, is_heard=is_heard))

    def send(self, slot, octets):
        self.updates.prepare(slot, len(octets), sha256(octets))
        self.updates.write(slot, 0, octets)

    def verify(self, slot, may_be_older=False):
        """Verify to the end; the notices."""
        self.updates.verify(slot, may_be_older=may_be_older)
        notices = []
        while self.updates.stage:
            notices += self.pass_s(1)
        return notices

    def try_out(self, slot, octets=None):
        """Bring a bundle on trial, healthy and heard."""
        if octets:
            self.send(slot, octets)
            self.verify(slot)
        self.updates.arm(slot, 2)
        self.updates.boot()
        self.start()
        self.pass_s(0)
        self.pass_s(60)

    def promote(self, slot, octets):
        self.try_out(slot, octets)
        self.updates.confirm()
