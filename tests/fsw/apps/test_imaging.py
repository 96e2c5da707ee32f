"""A capture ends with a product in the store, or with a reason; the command knows which."""

from pathlib import Path

import msgspec
import numpy as np
import pytest

from fsw.apps.imaging import CaptureFailed, Imaging, MemoryRepaired, ProductReady
from fsw.executive.app import CommandError
from fsw.jobs.inline import InlineRunner
from fsw.pipelines import run as pipelines
from fsw.pipelines.run import Made
from fsw.pipelines.stage import File, StageSpec
from fsw.store.products import ProductStore
from fsw.update.models import StagesInUse
from hal.scene_file import Scene
from hal.sim.board import ModelBoard
from hal.sim.camera import SceneCamera
from hal.sim.clock import EPOCH_UTC_NS, VirtualClock
from kernels.imaging.georeference import Georeference
from kernels.imaging.image import decode_outlines, decode_runs, rasterise
from link.products.product import Product

SCENES = Path(__file__).parents[3] / "examples" / "scenes"
PLACE = Georeference(epsg=31985, easting_m=288776.25, northing_m=9120760.75, pixel_m=28.5)
MS = 1_000_000
STAGES = [
    StageSpec(name=name, parameters=parameters, folder=".")
    for name, parameters in {
        "water": {"threshold": 0.2},
        "clean": {"smallest_px": 9},
        "outlines": {},
        "runs": {},
        "pack": {},
    }.items()
]


class Desk:
    """Imaging on a virtual clock; a job takes 100 ms, two may wait."""

    def __init__(self, folder, octets_max=1_000_000, pipeline=pipelines.run):
        self.clock = VirtualClock()
        scenes = {
            "coast": Scene(path=SCENES / "landsat7_olinda.npz", georeference=PLACE),
            "desert": Scene(path=SCENES / "sentinel2_desert.npz", georeference=PLACE),
            "lost": Scene(path=folder / "none.npz", georeference=PLACE),
        }
        self.store = ProductStore(folder / "products", octets_max)
        self.app = Imaging(
            camera=SceneCamera(scenes, self.clock),
            runner=InlineRunner(self.clock, {"stages": pipeline}, duration_ns=100 * MS, waiting_max=1),
            store=self.store,
            board=ModelBoard(name="model", idle_watts=2.0, core_watts=1.0),
            stages=StagesInUse(STAGES),
        )

    def step_after(self, ms):
        self.clock.advance(ms * MS)
        return list(self.app.step(self.clock.monotonic_ns()))


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)


def test_what_a_scene_says_is_no_data_reaches_the_job(desk, tmp_path):
    with np.load(SCENES / "landsat7_olinda.npz") as scene:
        valid = np.zeros(scene["dn"].shape[1:], bool)
        valid[:, 200:] = True
        np.savez(tmp_path / "none.npz", dn=scene["dn"], band=scene["band"], valid=valid)
    desk.app.capture("lost")
    (ready,) = desk.step_after(100)
    product = Product.decode(desk.store.content(ready.product))
    assert product.seen == pytest.approx(149 / 349)
    mask = decode_runs(product.water.runs, product.water.shape)
    assert mask.any()
    assert not mask[:, :200].any()
    assert ready.raw_octets == 737_088


def test_the_coast_becomes_a_product_of_two_kilobytes(desk):
    pending = desk.app.capture("coast")
    assert (desk.step_after(99), pending.is_over) == ([], False)
    (ready,) = desk.step_after(1)
    assert (pending.is_over, pending.failure) == (True, None)
    assert isinstance(ready, ProductReady)
    (stored,) = desk.store.waiting()
    assert (ready.product, ready.octets, ready.raw_octets) == (stored.id, stored.octets, 737_088)
    assert stored.octets < 2048
    assert stored.name == "000001-coast.product"
    check_water(Product.decode(desk.store.content(stored.id)), SCENES / "landsat7_olinda.npz")


def check_water(product, scene):
    """Outlines and runs describe the same mask, and that mask is where the water is."""
    outlines = rasterise(decode_outlines(product.water.outlines, product.water.shape), product.water.shape)
    runs = decode_runs(product.water.runs, product.water.shape)
    assert np.array_equal(outlines, runs)
    dn = np.load(scene)["dn"].astype(float)
    raw = (dn[1] - dn[4]) / (dn[1] + dn[4]) > product.water.threshold
    assert (raw != runs).mean() < 0.01
    assert product.water.georeference == PLACE


def test_the_desert_gives_a_few_octets(desk):
    desk.app.capture("desert")
    desk.step_after(100)
    (stored,) = desk.store.waiting()
    product = Product.decode(desk.store.content(stored.id))
    assert (product.target, product.water, stored.octets) == ("desert", None, 12)


def test_provenance_tells_when_and_at_what_cost(desk):
    desk.clock.advance(5 * MS)
    desk.app.capture("coast")
    desk.step_after(100)
    (stored,) = desk.store.waiting()
    told = stored.provenance
    assert told.capture_utc_ns == told.compute_start_utc_ns == EPOCH_UTC_NS + 5 * MS
    assert told.compute_end_utc_ns - told.compute_start_utc_ns == 100 * MS
    assert (told.joules, told.joules_source) == (pytest.approx(0.3), "modelled")  # (2 W + one busy core) x 0.1 s
    assert len(told.input_sha256) == 64


@pytest.mark.parametrize(("target", "reason"), [("moon", "known: coast, desert, lost"), ("lost", "not a readable")])
def test_what_the_camera_cannot_see_is_refused(desk, target, reason):
    with pytest.raises(CommandError, match=reason):
        desk.app.capture(target)
    assert desk.app.runner.unfinished == 0


@pytest.mark.requirement("FSW-JOB-005")
def test_more_captures_than_may_wait_are_refused(desk):
    captures = [desk.app.capture("desert"), desk.app.capture("coast")]
    with pytest.raises(CommandError, match="2 jobs"):
        desk.app.capture("coast")
    assert len(desk.step_after(200)) == 2
    assert all(pending.is_over for pending in captures)
    assert len({product.id for product in desk.store.waiting()}) == 2


def test_a_failed_job_fails_its_command(tmp_path):
    def broken(samples, parameters):
        raise RuntimeError("no such band")

    desk = Desk(tmp_path, pipeline=broken)
    pending = desk.app.capture("coast")
    (failed,) = desk.step_after(100)
    assert failed == CaptureFailed(target="coast", reason="RuntimeError: no such band")
    assert str(pending.failure) == "RuntimeError: no such band"
    assert desk.store.waiting() == []


@pytest.mark.parametrize("answer", [b"", b"\xc1", msgspec.msgpack.encode([[["a"]], 0])])
def test_an_answer_that_is_none_fails_its_command(tmp_path, answer):
    """It is reported as a failure of the app as well: no pipeline of ours makes such an answer."""
    desk = Desk(tmp_path, pipeline=lambda samples, parameters: answer)
    first, second = desk.app.capture("coast"), desk.app.capture("desert")
    told = []
    for _ in range(4):
        try:
            told += desk.step_after(100)
        except msgspec.DecodeError:
            told.append("raised")
    assert [first.is_over, second.is_over, desk.app.is_busy] == [True, True, False]
    assert told.count("raised") == 2
    assert first.failure.args[0].startswith(("DecodeError: ", "ValidationError: "))


def test_a_full_store_fails_the_command(tmp_path):
    desk = Desk(tmp_path, octets_max=1000)
    pending = desk.app.capture("coast")
    (failed,) = desk.step_after(100)
    assert isinstance(failed, CaptureFailed)
    assert "of 1000 are taken" in str(pending.failure)


def test_many_files_are_kept_a_few_at_a_time(tmp_path):
    def many(samples, parameters):
        return msgspec.msgpack.encode(Made([File(f"-{number}.tile", bytes(number), number) for number in range(20)], 0))

    desk = Desk(tmp_path, pipeline=many)
    pending = desk.app.capture("coast")
    assert (desk.step_after(100), len(desk.store.waiting()), desk.app.due_ns) == ([], 8, 0)
    assert (desk.app.runner.unfinished, desk.app.is_busy) == (0, True)
    assert (desk.step_after(1), len(desk.store.waiting()), pending.is_over) == ([], 16, False)
    (ready,) = desk.step_after(1)
    assert (ready.files, ready.octets, pending.is_over, desk.app.is_busy) == (20, 190, True, False)
    assert desk.app.due_ns is None
    assert [product.name for product in desk.store.waiting()[:2]] == ["000001-coast-19.tile", "000001-coast-18.tile"]


def test_files_of_captures_side_by_side_never_share_a_number(tmp_path):
    longest = "-" + "y" * 67
    made = msgspec.msgpack.encode(Made([File(suffix, b"1") for suffix in (".a", ".b", longest)], 0))
    desk = Desk(tmp_path, pipeline=lambda samples, parameters: made)
    captures = [desk.app.capture("coast"), desk.app.capture("coast")]
    desk.step_after(200)
    desk.step_after(1)
    assert [pending.failure for pending in captures] == [None, None]
    assert [product.id for product in desk.store.products()] == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    ("suffixes", "reason"),
    [
        ([".txt", ".ok", ".txt"], "2 files have the suffix '.txt'"),
        (["-" + "y" * 68, ".ok"], "a suffix of 69 characters, expected 68 at most"),
        (["-" + "y" * 250, ".ok"], "a suffix of 251 characters, expected 68 at most"),
        ([".ok", "/../../esc"], "the suffix '/../../esc', expected letters, digits and -._+=@ only"),
        ([".caf\xe9"], "expected letters"),
        ([".a\nb"], "expected letters"),
        (["", ""], "2 files have the suffix ''"),
    ],
)
def test_files_that_could_not_be_told_apart_or_sent_fail_their_job(tmp_path, suffixes, reason):
    made = msgspec.msgpack.encode(Made([File(suffix, suffix.encode()) for suffix in suffixes], 0))
    desk = Desk(tmp_path, pipeline=lambda samples, parameters: made)
    pending = desk.app.capture("coast")
    (failed,) = desk.step_after(100)
    assert isinstance(failed, CaptureFailed)
    assert reason in str(pending.failure)
    assert desk.store.products() == []


def test_memory_that_was_repaired_is_reported(tmp_path):
    desk = Desk(tmp_path, pipeline=lambda samples, parameters: msgspec.msgpack.encode(Made([File(".mask", b"1")], 2)))
    desk.app.capture("coast")
    repaired, ready = desk.step_after(100)
    assert repaired == MemoryRepaired(product=1, target="coast", repairs=2)
    assert isinstance(ready, ProductReady)
