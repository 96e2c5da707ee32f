"""The whole node and updates of its models, in virtual time, over a link: the node goes on, the next job uses them."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from fsw.jobs.inline import InlineRunner
from fsw.mission import load_mission
from fsw.pipelines import trial
from fsw.pipelines.models import scorer_of
from fsw.pipelines.run import run
from ground.commands.tracker import RequestProgress
from kernels.usage import UsageError
from link.bundles.keys import public_pem
from link.models.forest import ForestActivation, Split, build_forest
from link.models.manifest import WorkerLimits
from tests.fsw.test_node import World
from tests.fsw.update import bundles
from tests.fsw.update.bundles import PRIVATE, sha256
from tests.link.models.bundles import CONTRACT, GIVEN

EXAMPLES = Path(__file__).parents[3] / "examples"
STUMP = "stump"
model = partial(bundles.model, name=STUMP)
STAGES = """stages = [
  { stage = "clouds", model = "stump.bundle", keys = ["team.pub"] },
  { stage = "cloud_mask", threshold = 0.4 },
  { stage = "pack_clouds" },
]

"""


def other_answers(version, factor=2.0, **said):
    """A version whose probabilities are others."""
    weights = build_forest(
        [Split(1, 0.25, -1.0 * factor, Split(0, 0.5, 2.0, 0.5))], 2, activation=ForestActivation.LOGISTIC
    )
    golden = GIVEN, scorer_of(weights, CONTRACT.input).run(GIVEN)
    return model(version, weights=weights.encode(), golden=golden, **said)


def mission_of(folder, more="", golden=None):
    """The file of a mission like coastwatch, whose stages have the model `stump` 1; `more` is in its table [update]."""
    (folder / "team.pub").write_bytes(public_pem(PRIVATE))
    (folder / "stump.bundle").write_bytes(golden or model("1"))
    text = (EXAMPLES / "missions" / "coastwatch.toml").read_text().replace("../scenes", str(EXAMPLES / "scenes"))
    before, _, rest = text.partition("stages = [")
    coast, desert, link = rest.index("[[scene]]"), rest.rindex("[[scene]]"), rest.index("[link]")
    assert coast < desert < link
    update = '[update]\nname = "coastwatch"\nkeys = ["team.pub"]\nsettle_s = 3\nconfirm_h = 0.1\n'
    file = folder / "mission.toml"
    file.write_text(before + STAGES + rest[desert:] + f"\n{update}{more}")
    return file


TARGET = '[[update.model]]\nname = "stump"\nfile = "stump.bundle"\n'


class Models(World):
    """A node with the model `stump`; while `fails`, each job with it does."""

    def __init__(self, folder, more=TARGET):
        self.fails = False
        super().__init__(folder / "node", mission=mission_of(folder, more), bits_per_second=1_000_000)

    def build(self, devices, *, safe=False):
        def stages(samples, parameters):
            if self.fails:
                raise ValueError("stage 0 (clouds): it fails")
            return run(samples, parameters)

        pipelines = {"stages": stages, "trial": trial.run}
        runner = InlineRunner(self.clock, pipelines, duration_ns=100_000_000, waiting_max=4)
        return super().build(replace(devices, runner=runner), safe=safe)

    def ask(self, name, /, **arguments):
        """How a command ends: "" for well, or the reason."""
        tracked = self.station.command(name, **arguments)
        assert self.run(30, lambda: tracked.is_over)
        return "" if tracked.progress is RequestProgress.COMPLETED else tracked.reason

    def update(self, name, /, **arguments):
        return self.ask(f"update.{name}", target=STUMP, **arguments)

    def verify(self, octets, slot="A"):
        """Send a bundle and have it verified."""
        assert self.update("prepare", slot=slot, octets=len(octets), sha256=bytes.fromhex(sha256(octets))) == ""
        for at in range(0, len(octets), 200):
            assert self.update("write", slot=slot, offset=at, octets=octets[at : at + 200]) == ""
        assert self.update("verify", slot=slot) == ""

    def start(self, slot="A"):
        assert self.update("arm", slot=slot, tries=2) == ""
        assert self.ask("modes.arm", function=self.station.dictionary.command("update.boot").id) == ""
        assert self.update("boot") == ""

    def events(self, name):
        """The events of this name that the ground was told of, each once."""
        told = [tuple(one.values.values()) for one in self.station.events if one.name == name]
        return list(dict.fromkeys(told))

    def capture(self):
        """The models of the product that a capture gives, or why there is none."""
        failure = self.ask("imaging.capture", target="desert")
        return failure or self.node.imaging.store.products()[-1].provenance.models

    def bring(self, octets, slot="A"):
        """Bring a version on trial."""
        self.verify(octets, slot)
        assert self.run(10, lambda: self.station.named("UpdateStatus")[-1]["stage"] == "shadow")
        self.capture()
        assert self.run(10, lambda: self.events("UpdateVerified"))
        self.start(slot)
        self.run(1)


@pytest.fixture
def world(tmp_path):
    made = Models(tmp_path)
    made.run(2)
    return made


@pytest.mark.requirement("FSW-UPD-015")
def test_a_model_is_used_by_the_next_job_once_it_was_compared_and_started(world):
    executive = world.node.executive
    assert world.capture() == (f"stump 1 {sha256(model('1'))}",)
    new = other_answers("2")
    world.bring(new)
    (compared,) = world.events("ModelCompared")
    assert compared[:3] == ("stump", "a", 1)
    assert 0 < compared[3] <= 100
    assert compared[4] == pytest.approx(1 / (1 + 2.718281828) - 1 / (1 + 2.718281828**2), abs=1e-5)
    status = world.station.named("UpdateStatus")[-1]
    assert (status["running"], status["armed"], status["promoted"]) == ("a", "a", "g")
    assert world.capture() == (f"stump 2 {sha256(new)}",)
    world.run(3)
    assert world.update("confirm") == ""
    world.run(1)
    assert [event[-1] for event in world.events("ProductReady")] == ["stump 1", "stump 1", "stump 2"]
    assert world.node.executive is executive  # it was never restarted
    world.boot()
    assert world.run(20, lambda: world.station.named("UpdateStatus")[-1]["promoted"] == "a")
    assert world.capture() == (f"stump 2 {sha256(new)}",)


@pytest.mark.requirement("FSW-UPD-016")
def test_a_model_whose_jobs_fail_comes_down_by_itself(world):
    world.bring(model("2"))
    world.fails = True
    for _ in range(3):
        assert "it fails" in world.capture()
    assert world.run(20, lambda: world.events("UpdateTrialEnded") == [("stump", "a", "3 jobs in a row failed")])
    world.fails = False
    assert world.capture() == (f"stump 1 {sha256(model('1'))}",)


@pytest.mark.requirement("FSW-UPD-016")
def test_what_was_promoted_and_is_ill_is_given_up_after_so_many_starts(world):
    world.bring(model("2"))
    world.run(3)
    assert world.update("confirm") == ""
    world.fails, captures = True, 0
    while not world.events("UpdateFellBack"):
        assert "it fails" in world.capture()
        world.run(10)
        captures += 1
    assert captures == 6  # with the third it is ill; from then on it is started anew after each, three times
    assert world.events("UpdateFellBack") == [("stump", "g", "fell back")]
    world.fails = False
    assert world.capture()[0].startswith("stump 1 ")


def test_what_does_not_fit_is_not_verified_and_why_is_told(world):
    world.verify(model("2", limits=WorkerLimits(timeout_s=9000, memory_octets=2**20)))
    assert world.run(20, lambda: world.events("UpdateNotVerified"))
    assert "it wants 9000 s" in world.events("UpdateNotVerified")[0][2]


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        (TARGET.replace('"stump"', '"software"'), r"update\.model\[0\]\.name: 'software' occurs twice"),
        (TARGET.replace("stump.bundle", "team.pub"), r"update\.model\[0\]\.file: .*expected the model of a stage"),
        (TARGET * 2, r"update\.model\[1\]\.name: 'stump' occurs twice"),
        (TARGET + TARGET.replace('"stump"', '"other"'), r"update\.model\[1\]\.file: .* occurs twice"),
        (TARGET + "frames = 3", r"update\.model\[0\]\.frames: unknown key"),
    ],
)
def test_a_mistake_in_a_mission_is_told_with_its_place(tmp_path, table, sentence):
    with pytest.raises(UsageError, match=sentence):
        load_mission(mission_of(tmp_path, table))
