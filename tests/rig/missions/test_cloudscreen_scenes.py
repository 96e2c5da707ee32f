"""What the screening mission flies with is what was published: frames, calibration and model, packed and signed."""

from pathlib import Path

import numpy as np
import pytest

from fsw.mission import load_mission
from fsw.pipelines.run import files_of, run
from hal.sim.camera import SceneCamera
from hal.sim.clock import VirtualClock
from kernels.imaging.image import decode_runs
from link.models.forest import Split
from link.products.screening import CloudMaskProduct, Tile
from rig.missions.cloudscreen_scenes import BANDS, lay_out_scenes, read_scenes
from tests.fsw.pipelines.pipeline import made, work
from tests.ground.models.test_lightgbm import text_of

ROOT = Path(__file__).parents[3]
MISSION = ROOT / "examples" / "missions" / "cloudscreen" / "mission.toml"
DATA = ROOT.parent / "shared" / "data" / "eo"


needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="the published scenes (../shared/data/eo) are not here")


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """The published scenes, and the mission that flies with them."""
    scenes = read_scenes(DATA)
    return scenes, lay_out_scenes(scenes, DATA, MISSION, tmp_path_factory.mktemp("mission"))


@needs_data
def test_a_published_chip_of_another_size_has_its_published_mask(published):
    with np.load(DATA / "flood_Spain_7370579.npz") as archive:
        dn, clouds = archive["s2_dn"], archive["cloud_mask_default"]
    model = ("clouds", {"model": "clouds.bundle", "keys": ["clouds.pub"]})
    files = made(dn, BANDS, model, "cloud_mask", "pack_clouds", folder=published[1].parent)
    told = CloudMaskProduct.decode(files[".clouds"])
    assert np.array_equal(decode_runs(told.runs, told.shape), clouds)


@needs_data
def test_the_published_masks_come_out_of_the_published_scenes(published):
    scenes, path = published
    mission = load_mission(path)
    camera = SceneCamera(mission.scenes, VirtualClock())
    for target, dn, clouds in zip(scenes.targets, scenes.dn, scenes.clouds, strict=True):
        frame = camera.capture(target)
        assert frame.dn.shape == (13, 101, 150)  # twelve bits of a hundred columns
        mask, *tiles = files_of(run(frame.dn, work(mission.stages, frame.bands, is_packed=True, target=target)))
        told = CloudMaskProduct.decode(mask.octets)
        assert np.array_equal(decode_runs(told.runs, told.shape), clouds)
        assert [file.priority for file in tiles] == [99] * (0 if clouds.mean() > 0.9 else 36)
        back = np.zeros_like(dn)
        for tile in (Tile.decode(file.octets) for file in tiles):
            rows, columns = tile.samples.shape[1:]
            back[:, tile.row : tile.row + rows, tile.column : tile.column + columns] = tile.samples
        assert np.array_equal(back, dn) or not tiles


def test_scenes_that_are_something_else_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"0 files s2_\*.npz, expected one"):
        read_scenes(tmp_path)
    file, shape = tmp_path / "s2_test.npz", (2, 4, 6, len(BANDS))
    np.savez(file, image=np.zeros(shape, np.uint16))
    with pytest.raises(ValueError, match="no dn, expected it and cloud_mask_default"):
        read_scenes(tmp_path)
    for name in ("cloud_mask_default", "valid"):
        np.savez(file, **{"dn": np.zeros(shape, np.uint16), name: np.zeros((2, 4, 5), np.uint8)})
        with pytest.raises(ValueError, match=rf"{name} \(2, 4, 5\), expected \(2, 4, 6\) as dn has"):
            read_scenes(tmp_path)
    file.write_bytes(b"noise")
    with pytest.raises(ValueError, match=r"s2_test.npz: "):
        read_scenes(tmp_path)
    np.savez(file, dn=np.zeros(shape, np.uint8), cloud_mask_default=np.zeros(shape[:3], np.uint8))
    with pytest.raises(ValueError, match="dn uint8"):
        read_scenes(tmp_path)
    wide = np.zeros(shape, np.uint16)
    wide[0, 0, 0, 0], wide[0, 0, 1] = 5000, 1
    np.savez(file, dn=wide, cloud_mask_default=np.zeros(shape[:3], np.uint8))
    with pytest.raises(ValueError, match="more numbers than 12-bit samples have"):
        lay_out_scenes(read_scenes(tmp_path), tmp_path, MISSION, tmp_path / "out")


@pytest.fixture
def folder(tmp_path):
    """Two scenes made here, bright ones being cloud, and a model of one tree that knows it."""
    folder, dn = tmp_path / "scenes", np.full((2, 34, 36, 13), 1000, np.uint16)
    folder.mkdir()
    dn[1, :17], dn[..., 1] = 3000, dn[..., 1] + np.arange(36, dtype=np.uint16)
    clouds = np.zeros((2, 34, 36), np.uint8)
    clouds[1, :18] = 1  # and its margin
    np.savez(folder / "s2_test.npz", dn=dn, cloud_mask_default=clouds)
    text = text_of([Split(0, 0.2, -4.0, 4.0)], features=10)
    (folder / "s2cloudless_test.txt").write_text(text)
    return folder


def test_scenes_made_here_are_screened(folder, tmp_path):
    scenes = read_scenes(folder)
    mission = load_mission(lay_out_scenes(scenes, folder, MISSION, tmp_path / "mission"))
    assert [scene.target for scene in mission.scene] == scenes.targets == ["scene0", "scene1"]
    frame = SceneCamera(mission.scenes, VirtualClock()).capture("scene1")
    mask, *tiles = files_of(run(frame.dn, work(mission.stages, frame.bands, is_packed=True, target="scene1")))
    told = CloudMaskProduct.decode(mask.octets)
    assert np.array_equal(decode_runs(told.runs, told.shape), scenes.clouds[1])
    assert [Tile.decode(file.octets).row for file in tiles] == [17, 17]
    assert [file.priority for file in tiles] == [93, 93]  # the margin is in them


def test_a_bundle_may_be_there_already(folder, tmp_path):
    first = lay_out_scenes(read_scenes(folder), folder, MISSION, tmp_path / "mission").parent
    for name in ("clouds.bundle", "clouds.pub"):
        (folder / name).write_bytes((first / name).read_bytes())
    second = lay_out_scenes(read_scenes(folder), folder, MISSION, tmp_path / "again").parent
    assert (second / "clouds.bundle").read_bytes() == (first / "clouds.bundle").read_bytes()
    (second / "clouds.bundle").write_bytes(b"noise")
    with pytest.raises(ValueError, match=r"pipeline.stages\[1\] \(clouds\): model: not a signed bundle"):
        load_mission(second / "mission.toml")
