"""A pipeline runs its stages in order and holds each to its contract, the user's own as ours."""

import hashlib
from pathlib import Path

import numpy as np
import pytest

from fsw.mission import load_mission
from fsw.pipelines.run import files_of, made_of, run
from hal.sim.camera import SceneCamera
from hal.sim.clock import VirtualClock
from kernels.imaging.image import decode_runs
from link.products.product import Product
from tests.fsw.pipelines.pipeline import made, specs, work

COASTWATCH = Path(__file__).parents[3] / "examples" / "missions" / "coastwatch.toml"
WATER = (("water", {"threshold": 0.2}), ("clean", {"smallest_px": 4}), "outlines", "runs", "pack")
BANDS = ("green", "red", "swir1")


def scene(water):
    """Green and swir1 such that the index is 0.5 on water and -0.5 on land."""
    samples = np.empty((3, *water.shape), np.uint16)
    samples[0], samples[2] = np.where(water, 3000, 1000), np.where(water, 1000, 3000)
    return samples


def test_a_lake_is_found_and_a_puddle_is_not():
    water = np.zeros((20, 30), bool)
    water[5:12, 8:20] = True
    water[16:17, 2:4] = True
    product = Product.decode(made(scene(water), BANDS, *WATER)[".product"])
    mask = decode_runs(product.water.runs, (20, 30))
    lake = water.copy()
    lake[16] = False
    lake[[5, 5, 11, 11], [8, 19, 8, 19]] = False  # the majority of 3 x 3 rounds corners
    assert np.array_equal(mask, lake)
    assert (product.id, product.target, product.water.shape) == (7, "lake", (20, 30))


def test_no_water_is_an_answer():
    product = Product.decode(made(scene(np.zeros((5, 5), bool)), BANDS, *WATER)[".product"])
    assert product == Product(id=7, target="lake", water=None)


@pytest.mark.parametrize(
    ("target", "octets", "digest"),
    [
        ("coast", 1739, "6abfd860b6d8d7b769e8bdd03d65671b63347f1d67ca4fa81945679bb568cf78"),
        ("desert", 12, "73fa30c617c0a4688e94ca6dfb496677cd85b9ea02e768d2993fbd6b21748df6"),
    ],
)
def test_coastwatch_makes_the_octets_that_it_always_made(target, octets, digest):
    mission = load_mission(COASTWATCH)
    frame = SceneCamera(mission.scenes, VirtualClock()).capture(target)
    said = work(mission.stages, frame.bands, target=target)
    place = {name: getattr(frame.georeference, name) for name in ("epsg", "easting_m", "northing_m", "pixel_m")}
    said["about"] |= {"product_id": 1, "georeference": place}
    (file,) = files_of(run(frame.dn, said))
    assert (len(file.octets), hashlib.sha256(file.octets).hexdigest()) == (octets, digest)


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ("return {'mask': bands[0].astype('float64')}", "mask: expected uint8 (20, 30), given float64 (20, 30)"),
        ("return {'mask': np.zeros((2, 2), 'uint8')}", "mask: expected uint8 (20, 30), given uint8 (2, 2)"),
        ("return {'mask': b'x'}", "mask: expected uint8 (20, 30), given none"),
        ("return {'masque': bands[0]}", "gave masque, promised mask"),
        ("return {}", "gave nothing, promised mask"),
        ("bands[0] = 0", "read-only"),
    ],
)
def test_a_stage_that_breaks_its_promise_is_named(tmp_path, body, sentence):
    (tmp_path / "mine.py").write_text(f"""
import numpy as np
from fsw.pipelines.contract import Contract, cube, plane
from fsw.pipelines.stage import Stage
class Mine(Stage, frozen=True):
    def contract(self):
        return Contract(takes={{"bands": cube("uint16")}}, gives={{"mask": plane("uint8")}})
    def run(self, *, bands):
        {body}
""")
    samples = scene(np.zeros((20, 30), bool))
    samples.flags.writeable = False
    with pytest.raises(ValueError, match=r"^stage 0 \(mine.py\): ") as caught:
        run(samples, work(specs("mine.py", folder=tmp_path), BANDS))
    assert sentence in str(caught.value)


SCRIBBLE = """
from fsw.pipelines.contract import Contract, plane
from fsw.pipelines.stage import Stage
class Scribble(Stage, frozen=True):
    def contract(self):
        return Contract(takes={{"mask": plane("uint8")}}, gives={{"other": plane("uint8")}})
    def run(self, *, mask):
        {deed}
        return {{"other": mask.copy()}}
"""


@pytest.mark.parametrize("deed", ["mask[:] = 1", "mask.flags.writeable = True", "mask.view().flags.writeable = True"])
def test_what_a_stage_takes_is_read_only_whoever_gave_it(tmp_path, deed):
    """So a stage that writes to it cannot change what those behind it get."""
    (tmp_path / "scribble.py").write_text(SCRIBBLE.format(deed=deed))
    stages = specs(*WATER[:2], "scribble.py", *WATER[2:], folder=tmp_path)
    with pytest.raises(ValueError, match=r"^stage 2 \(scribble.py\): .*(read-only|cannot set WRITEABLE)"):
        run(scene(np.zeros((20, 30), bool)), work(stages, BANDS))


@pytest.mark.parametrize(
    "files", ["5", "[5]", "[File('.txt', 'text')]", "[File(7, b'')]", "[File('.x', b'', 'high')]", "[{1}]"]
)
def test_files_that_the_node_could_not_read_name_their_stage(tmp_path, files):
    (tmp_path / "mine.py").write_text(f"""
from fsw.pipelines.contract import FILES, Contract, cube
from fsw.pipelines.stage import File, Stage
class Mine(Stage, frozen=True):
    def contract(self):
        return Contract(takes={{"bands": cube("uint16")}}, gives={{"files": FILES}})
    def run(self, *, bands):
        return {{"files": {files}}}
""")
    with pytest.raises(ValueError, match=r"^stage 0 \(mine.py\): files: "):
        run(scene(np.zeros((4, 4))), work(specs("mine.py", folder=tmp_path), BANDS))


def test_repairs_of_all_stages_are_counted(tmp_path):
    """Any stage may tell of them, promised or not."""
    (tmp_path / "hit.py").write_text("""
from fsw.pipelines.contract import FILES, Contract, cube
from fsw.pipelines.stage import REPAIRS, Stage
class Hit(Stage, frozen=True):
    times: int
    def contract(self):
        return Contract(takes={"bands": cube("uint16")}, gives={"files": FILES})
    def run(self, *, bands):
        return {"files": []} | ({REPAIRS: self.times} if self.times else {})
""")
    stages = [("hit.py", {"times": times}) for times in (1, 0, 2)]
    assert made_of(run(scene(np.zeros((4, 4))), work(specs(*stages, folder=tmp_path), BANDS))).repairs == 3


def test_what_does_not_fit_the_frame_is_a_sentence():
    with pytest.raises(ValueError, match=r"stage 0 \(water\): bands: expected .* green, swir1, given uint16"):
        run(np.zeros((1, 2, 2), np.uint16), work(specs(*WATER), ("nir",)))
