"""The whole node and updates of its software, in virtual time, over a link: from the first octet to its promotion."""

import msgspec
import pytest

from fsw.mission import DefencesSection, PublicKey, UpdateSection, load_mission
from fsw.update.boot import choose
from fsw.update.record import SlotName, SlotPhase, TrialEnd
from fsw.update.software import RunningSoftware, nobody_tries
from fsw.update.starting import software_slots
from fsw.update.verification import TrialVerdict
from ground.commands.tracker import RequestProgress
from kernels.usage import UsageError
from link.bundles.keys import public_pem
from tests.fsw.test_node import COASTWATCH, World
from tests.fsw.update.bundles import KEYS, NAME, PRIVATE, STRANGER, sha256, software
from tests.hal.recording_medium import RecordingMedium

A, G = SlotName.A, SlotName.G
UPDATE = UpdateSection(name=NAME, keys=tuple(map(PublicKey, KEYS)), settle_s=3)
GOOD = TrialVerdict(is_good=True)
TWO = software("2", image=b"2" * 400)


class Updated(World):
    """A node with a supervisor that starts what the slots say; kernels fail in the versions `broken`."""

    def __init__(self, folder, verdict=GOOD, **defences):
        self.verdict, self.broken, self.asked, self.slot = verdict, set(), [], G
        self.defences = DefencesSection(**defences)
        super().__init__(folder, medium=RecordingMedium())

    def boot(self):
        """What the supervisor does at each start."""
        slots = software_slots(self.folder, self.medium)
        choice = choose(slots.record(), slots, KEYS)
        self.slot = choice.slot
        self.mission = msgspec.structs.replace(self.mission, update=UPDATE, defences=self.defences)
        version = choice.contents.version if choice.contents else ""
        super().boot(
            software=RunningSoftware(self.slot, lambda slot, digest: self.verdict),
            recovery=self,
            self_test=lambda: ("crc",) if version in self.broken else (),
        )

    def restart(self, cause):
        self.asked.append(f"restart: {cause}")

    def reset(self, cause):
        self.asked.append(f"reset: {cause}")

    def boot_golden(self, cause):
        self.asked.append(f"golden: {cause}")

    def go(self, seconds, until=lambda: False):
        """Let time pass; where a restart is asked for, it comes."""
        for _ in range(seconds):
            if self.run(1, until):
                return True
            if self.asked:
                self.run(2)  # what was told goes down
                self.asked.clear()
                self.boot()
        return until()

    def ask(self, name, /, **arguments):
        """How a command ends: "" for well, or the reason."""
        tracked = self.station.command(f"update.{name}", target="software", **arguments)
        assert self.run(20, lambda: tracked.is_over)
        return "" if tracked.progress is RequestProgress.COMPLETED else tracked.reason

    def boots(self):
        self.ask_to_arm()
        assert self.ask("boot") == ""

    def ask_to_arm(self):
        function = self.station.dictionary.command("update.boot").id
        tracked = self.station.command("modes.arm", function=function)
        assert self.run(20, lambda: tracked.progress is RequestProgress.COMPLETED)

    def send(self, slot, octets, chunk=180):
        assert self.ask("prepare", slot=slot.name, octets=len(octets), sha256=bytes.fromhex(sha256(octets))) == ""
        for at in range(0, len(octets), chunk):
            assert self.ask("write", slot=slot.name, offset=at, octets=octets[at : at + chunk]) == ""
        assert self.ask("verify", slot=slot.name) == ""

    def events(self, name):
        """The events of this name that the ground was told of, each once."""
        told = [tuple(one.values.values()) for one in self.station.events if one.name == name]
        return list(dict.fromkeys(told))

    def try_out(self, slot, octets, version):
        self.send(slot, octets)
        assert self.run(20, lambda: self.events("UpdateVerified")[-1:] == [("software", slot.name.lower(), version)])
        assert self.ask("arm", slot=slot.name, tries=2) == ""
        self.boots()
        assert self.go(10, lambda: self.slot is slot)


@pytest.mark.requirement("FSW-UPD-011")
def test_an_update_flies_once_it_was_sent_tried_and_confirmed(tmp_path):
    world = Updated(tmp_path)
    world.run(2)
    world.try_out(A, TWO, "2")
    assert world.ask("confirm").endswith("wait, or abort it")
    world.run(3)
    assert world.ask("confirm") == ""
    world.boot()
    assert world.slot is A
    world.run(1)
    status = world.station.named("UpdateStatus")[-1]
    assert (status["running"], status["promoted"], status["floor"]) == ("a", "a", "2")


def test_a_version_that_is_not_healthy_comes_down_by_itself(tmp_path):
    world = Updated(tmp_path)
    world.broken = {"2"}
    world.run(2)
    world.try_out(A, TWO, "2")
    assert world.go(40, lambda: world.slot is G)
    assert world.run(20, lambda: world.events("UpdateTrialEnded"))
    assert world.events("UpdateTrialEnded") == [("software", "a", "kernels fail: crc")]
    assert world.ask("arm", slot="A", tries=1).endswith("slot A is failed: verify it first")


@pytest.mark.parametrize(
    ("octets", "verdict", "reason"),
    [
        (TWO, TrialVerdict(is_good=False, reason="it sent nothing"), "it sent nothing"),
        (software("2", STRANGER), TrialVerdict(is_good=True), "expected"),
    ],
)
def test_a_version_that_does_not_pass_is_never_started(tmp_path, octets, verdict, reason):
    world = Updated(tmp_path, verdict)
    world.run(2)
    world.send(A, octets)
    assert world.run(20, lambda: world.events("UpdateNotVerified"))
    assert reason in world.events("UpdateNotVerified")[0][2]
    assert world.ask("arm", slot="A", tries=1).endswith("verify it first")


@pytest.mark.requirement("FSW-UPD-012")
def test_a_silent_ground_ends_in_the_golden_copy_whatever_is_promoted(tmp_path):
    world = Updated(tmp_path, silence_h=0.005, further_h=0.01)
    world.run(2)
    world.try_out(A, TWO, "2")
    world.run(3)
    assert world.ask("confirm") == ""
    world.up.cut(1 << 62)  # a station acknowledges what it receives, and so is not silent
    assert world.go(120, lambda: world.slot is G)
    record = software_slots(world.folder, world.medium).record().value
    assert (record.a.phase, record.promoted, record.floor, record.ended) == (SlotPhase.FAILED, G, "2", TrialEnd.SILENCE)
    assert world.run(20, lambda: world.events("UpdateFellBack"))
    assert world.events("UpdateFellBack") == [("software", "g", "silence")]


def test_a_node_whose_mission_trusts_no_key_says_so(tmp_path):
    world = World(tmp_path)
    world.run(2)
    tracked = world.station.command("update.confirm", target="software")
    assert world.run(20, lambda: tracked.is_over)
    assert tracked.reason.endswith("expected one of none: the node's mission has no [update]")
    assert not nobody_tries(A, "").is_good


def mission_in(folder, table):
    text = COASTWATCH.read_text().replace("../scenes", str(COASTWATCH.parents[1] / "scenes"))
    file = folder / "mission.toml"
    file.write_text(f"{text}\n[update]\n{table}")
    return file


def test_a_mission_names_the_keys_that_sign(tmp_path):
    (tmp_path / "team.pub").write_bytes(public_pem(PRIVATE))
    said = load_mission(mission_in(tmp_path, 'name = "coastwatch"\nkeys = ["team.pub"]\nconfirm_h = 2')).update
    assert (said.name, said.trusted_keys, said.confirm_h, said.settle_s) == ("coastwatch", KEYS, 2, 60)


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        ('name = "coastwatch"', r"update\.keys: missing"),
        ('name = "coastwatch"\nkeys = []', r"update\.keys"),
        ('name = "coastwatch"\nkeys = ["none.pub"]', r"update\.keys\[0\]: .*none\.pub.*expected a public key"),
        ('name = "coastwatch"\nkeys = ["mission.toml"]', r"update\.keys\[0\]: .*not a public key in PEM"),
        ('name = "coastwatch"\nkeys = [1]', r"update\.keys\[0\]: expected str"),
        ('name = "coastwatch"\nkeys = ["team.pub"]\nsettle = 3', r"update\.settle: unknown key.*did you mean settle_s"),
    ],
)
def test_a_mistake_in_it_is_told_with_its_place(tmp_path, table, sentence):
    (tmp_path / "team.pub").write_bytes(public_pem(PRIVATE))
    with pytest.raises(UsageError, match=sentence):
        load_mission(mission_in(tmp_path, table))


def test_a_bundle_comes_from_a_file_that_the_node_received(tmp_path):
    world = Updated(tmp_path)
    world.run(2)
    assert world.ask("prepare", slot="A", octets=len(TWO), sha256=bytes.fromhex(sha256(TWO))) == ""
    assert "two.bundle" in world.ask("load_file", slot="A", name="two.bundle")
    assert world.ask("load_file", slot="A", name="../mode") != ""
    root = world.folder / "files"
    world.medium.make_folder(root)
    world.medium.write(root / "two.bundle", TWO)
    assert world.ask("load_file", slot="A", name="two.bundle") == ""
    assert world.ask("verify", slot="A") == ""
    assert world.run(20, lambda: world.events("UpdateVerified") == [("software", "a", "2")])
