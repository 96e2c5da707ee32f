"""Models as targets: what is tried when, and what becomes of trials that are cut short."""

import msgspec
import numpy as np
import pytest
from msgspec.structs import replace

from fsw.jobs.inline import InlineRunner
from fsw.own.jobs import SharedRunner
from fsw.pipelines import trial
from fsw.pipelines.run import Work, run
from fsw.pipelines.stage import About, StageSpec
from fsw.pipelines.trial import Difference, ModelTrial, difference_of
from fsw.update.machine import UpdateHappening
from fsw.update.models import StagesInUse, UpdatedModel, WorkerRoom
from fsw.update.slots import FolderSlots
from fsw.update.verification import VerifyStage
from hal.sim.clock import VirtualClock
from link.bundles.keys import public_pem
from link.models.manifest import WorkerLimits
from tests.fsw.pipelines.pipeline import PLACE
from tests.fsw.update.bundles import KEYS, PRIVATE, sha256
from tests.fsw.update.node import RULES, SECOND, A, B, G
from tests.fsw.update.test_node_models import STUMP, model, other_answers
from tests.link.models.bundles import BANDS, CONTRACT, GIVEN

SAME = """
from pathlib import Path
from fsw.pipelines.contract import Contract, cube
from fsw.pipelines.stage import Stage


class Same(Stage, frozen=True):
    def contract(self):
        return Contract(takes={"bands": cube("uint16")}, gives={"bands": cube("uint16")})

    def run(self, *, bands):
        with Path(__file__).with_name("ran").open("a") as file:
            file.write("x")
        return {"bands": bands}
"""
OTHER_BANDS = replace(CONTRACT, input=replace(CONTRACT.input, bands=("red", "swir1")))


class Desk:
    """The model `stump` 1, whose jobs take a second, on a clock of its own."""

    def __init__(self, folder, shadow_frames=2, waiting_max=4):
        (folder / "team.pub").write_bytes(public_pem(PRIVATE))
        (folder / "stump.bundle").write_bytes(model("1"))
        parameters = {"model": "stump.bundle", "keys": ["team.pub"]}
        clouds = StageSpec(name="clouds", parameters=parameters, folder=str(folder))
        mask = StageSpec(name="cloud_mask", parameters={}, folder=str(folder))
        self.clock, self.stages = VirtualClock(), (clouds, mask)
        pipelines = {"stages": run, "trial": trial.run}
        inline = InlineRunner(self.clock, pipelines, duration_ns=SECOND, waiting_max=waiting_max)
        self.runner, self.frames = SharedRunner(inline), 0
        self.model = UpdatedModel(
            name=STUMP,
            files=frozenset({"stump.bundle"}),
            slots=FolderSlots(folder / "slots", golden=folder / "stump.bundle"),
            trusted_keys=KEYS,
            rules=RULES,
            shadow_frames=shadow_frames,
            stages=self.stages,
            runner=self.runner,
            room=WorkerRoom(20.0, 2**29),
            clock=self.clock,
            frames_accepted=lambda: self.frames,
        )
        self.in_use = StagesInUse(self.stages, [self.model])

    @property
    def updates(self):
        return self.model.updates

    def pass_s(self, seconds):
        """Let time pass, a second at a time; the notices."""
        notices = []
        for _ in range(seconds):
            self.clock.advance(SECOND)
            assert not list(self.runner.poll())
            notices += self.updates.step(self.clock.monotonic_ns(), self.model.health, is_heard=self.model.is_heard)
        return notices

    def send(self, octets, slot=A):
        self.updates.prepare(slot, len(octets), sha256(octets))
        self.updates.write(slot, 0, octets)
        self.updates.verify(slot, may_be_older=False)

    def verdict(self):
        """What is told once the verification ends."""
        for _ in range(20):
            if notices := self.pass_s(1):
                return notices[0]
        return None

    def frame(self):
        """A frame is computed."""
        about = About(product_id=1, target="lake", georeference=PLACE)
        self.model.began(Work(stages=self.in_use.now(), item="bands", bands=BANDS, about=about), GIVEN)


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)


def test_it_runs_beside_the_one_in_use_on_so_many_frames(desk):
    desk.send(other_answers("2"))
    desk.frame()  # before there is anything to compare
    assert not desk.pass_s(8)
    assert desk.updates.stage is VerifyStage.SHADOW
    notices = []
    for _ in range(2):
        desk.frame()
        desk.frame()  # one at a time
        notices += desk.pass_s(2)
    assert [notice[:2] for notice in notices] == [(UpdateHappening.VERIFIED, A)]
    found = desk.model.pop_shadow()
    assert (found.slot, found.frames) == (A, 2)
    assert found.difference == Difference(6, 2, pytest.approx(0.149738, abs=1e-5))
    assert desk.model.pop_shadow() is None


def test_without_frames_it_is_not_verified(desk):
    desk.send(model("2"))
    happening, _, reason = [*desk.pass_s(10), *desk.pass_s(RULES.confirm_s)][0]
    assert happening is UpdateHappening.NOT_VERIFIED
    assert reason == "0 of 2 frames came in time: verify it again and capture"


def test_a_shadow_run_may_be_left_out(tmp_path):
    desk = Desk(tmp_path, shadow_frames=0)
    desk.send(model("2"))
    assert desk.verdict()[0] is UpdateHappening.VERIFIED


@pytest.mark.requirement("FSW-UPD-006")
@pytest.mark.parametrize(
    ("octets", "reason"),
    [
        (model("2", limits=WorkerLimits(timeout_s=60, memory_octets=2**20)), "it wants 60 s and 1 MiB, expected 20 s"),
        (model("2", golden=(GIVEN, np.zeros((2, 3)))), "gives another answer"),
        (model("2", contract=OTHER_BANDS), "it takes bands"),
    ],
)
def test_what_does_not_fit_is_not_verified(desk, octets, reason):
    desk.send(octets)
    told = desk.verdict()
    assert told[0] is UpdateHappening.NOT_VERIFIED
    assert reason in told[2]


def test_a_golden_copy_that_rotted_does_not_keep_another_one_out(desk, tmp_path):
    (tmp_path / "stump.bundle").write_bytes(b"rotten")
    desk.send(model("2"))
    assert not desk.pass_s(8)
    assert desk.updates.stage is VerifyStage.SHADOW
    desk.frame()
    assert "not a signed bundle" in desk.verdict()[2]  # nothing to compare with: verify it without frames


def test_where_too_many_jobs_wait_it_is_tried_later(tmp_path):
    desk = Desk(tmp_path, waiting_max=0)
    desk.runner.hold(is_held=True)
    desk.runner.begin(Forgetful(), "trial", GIVEN, msgspec.to_builtins(vectors(desk)))
    desk.send(model("2"))
    assert not desk.pass_s(8)
    assert desk.updates.stage is VerifyStage.VECTORS
    desk.runner.hold(is_held=False)
    assert not desk.pass_s(8)
    assert desk.updates.stage is VerifyStage.SHADOW


def test_stages_before_the_model_run_once(desk, tmp_path):
    (tmp_path / "same.py").write_text(SAME)
    stages = (StageSpec(name="same.py", parameters={}, folder=str(tmp_path)), *desk.stages)
    desk.in_use = StagesInUse(stages, [desk.model])
    desk.send(model("2"))
    desk.pass_s(8)
    desk.frame()
    desk.pass_s(1)
    desk.frame()
    assert desk.verdict()[0] is UpdateHappening.VERIFIED
    assert desk.model.pop_shadow().difference == Difference(6, 0, 0.0)
    assert (tmp_path / "ran").read_text() == "xx"


def test_what_an_aborted_trial_gives_is_not_looked_at(desk):
    desk.send(other_answers("2"))
    for _ in range(4):
        desk.clock.advance(1)
        list(desk.updates.step(desk.clock.monotonic_ns(), "", is_heard=False))
    assert desk.runner.unfinished == 1
    desk.updates.abort()
    desk.send(model("3"), B)
    for _ in range(4):
        desk.clock.advance(1)
        list(desk.updates.step(desk.clock.monotonic_ns(), "", is_heard=False))
    assert desk.runner.unfinished == 2
    desk.pass_s(10)
    assert desk.updates.stage is VerifyStage.SHADOW


def test_health_is_that_of_the_jobs_in_a_row_with_what_is_in_use(desk):
    before = desk.in_use.now()
    for is_good, health in ((False, ""), (False, ""), (True, ""), (False, ""), (False, ""), (False, "3 jobs in a row")):
        desk.in_use.ended(before, is_good=is_good)
        assert desk.model.health.startswith(health)
    assert not desk.updates.restart_due  # there is nothing else
    desk.in_use.ended(desk.model.applied(before, A), is_good=True)  # a job of another bundle
    assert desk.model.health
    desk.model.restart()
    assert desk.model.health  # the same bundle: only a job that ends well shows that it is
    desk.in_use.ended(before, is_good=True)
    assert not desk.model.health


def test_the_ground_must_be_heard_after_its_start(desk):
    assert not desk.model.is_heard
    desk.frames = 1
    assert desk.model.is_heard
    desk.model.restart()
    assert not desk.model.is_heard
    desk.frames = 2
    assert desk.model.is_heard


def test_only_the_file_of_the_target_is_taken_in_its_place(desk):
    used, other = desk.model.applied(desk.stages, B)
    assert used.path("stump.bundle") == desk.model.slots.path(B)
    assert used.path("team.pub").name == "team.pub"
    assert other is desk.stages[1]
    assert desk.model.applied(desk.stages, G) == desk.stages


def test_an_answer_of_another_shape_is_no_answer():
    with pytest.raises(ValueError, match="it gives \\(2,\\) where"):
        trial._of_arrays(np.zeros(3), np.zeros(2))


def test_infinity_and_nan_are_compared_too():
    ours, theirs = np.array([np.nan, np.inf, 1.0, np.nan]), np.array([np.nan, np.inf, 1.5, 1.0])
    assert trial._of_arrays(ours, theirs) == Difference(4, 2, 0.5)
    assert trial._of_arrays(np.array([3], np.uint8), np.array([1], np.uint8)) == Difference(1, 1, 2.0)
    assert difference_of(msgspec.msgpack.encode(Difference(1, 1, 2.0))).largest == 2.0


class Forgetful:
    """An owner of jobs that does not care for them."""

    def accept(self, outcome):
        pass


def vectors(desk):
    return ModelTrial(stages=desk.stages, others=desk.stages, timeout_s=1, memory_octets=1)
