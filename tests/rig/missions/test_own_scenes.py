"""Images of a person's own take the place of a mission's scenes, if nothing else of the mission is left behind."""

from pathlib import Path

import numpy as np
import pytest

from fsw.mission import load_mission
from hal.sim.camera import SceneCamera
from hal.sim.clock import VirtualClock
from rig.missions.cloudscreen_scenes import with_scenes
from rig.missions.own_scenes import lay_out_images

MISSIONS = Path(__file__).parents[3] / "examples" / "missions"
COASTWATCH = MISSIONS / "coastwatch.toml"
CUBE = np.arange(1, 2 * 9 * 11 + 1, dtype=np.uint16).reshape(2, 9, 11)


def laid(tmp_path, *files, bands=("green", "swir1"), path=COASTWATCH):
    return lay_out_images(files, bands, path, tmp_path / "mission")


def test_images_become_the_scenes_of_a_copy(tmp_path):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        np.save(tmp_path / folder / "My Lake.npy", CUBE)
    mission = load_mission(laid(tmp_path, tmp_path / "a" / "My Lake.npy", tmp_path / "b" / "My Lake.npy"))
    assert [scene.target for scene in mission.scene] == ["my-lake", "my-lake-1"]
    frame = SceneCamera(mission.scenes, VirtualClock()).capture("my-lake-1")
    assert (frame.bands, np.array_equal(frame.dn, CUBE), frame.valid.all()) == (("green", "swir1"), True, True)
    assert mission.link == load_mission(COASTWATCH).link


def test_a_scene_stays_what_it_is(tmp_path):
    valid = np.eye(9, 11, dtype=bool)
    np.savez(tmp_path / "lake.npz", dn=CUBE, band=["green", "swir1"], valid=valid)
    mission = load_mission(laid(tmp_path, tmp_path / "lake.npz", bands=()))
    frame = SceneCamera(mission.scenes, VirtualClock()).capture("lake")
    assert np.array_equal(frame.valid, valid)
    (tmp_path / "other.npz").write_bytes(b"PK\3\4 and no more")
    with pytest.raises(ValueError, match=r"other.npz: not a readable scene"):
        laid(tmp_path, tmp_path / "other.npz", bands=())


def test_what_is_no_image_is_named(tmp_path):
    (tmp_path / "notes.txt").write_text("a lake")
    with pytest.raises(ValueError, match=r"notes.txt: of a kind that is not known here, expected a TIFF"):
        laid(tmp_path, tmp_path / "notes.txt")


@pytest.mark.parametrize("own", ["stage", "package"])
def test_a_mission_with_files_of_its_own_is_not_copied(tmp_path, own):
    np.savez(
        tmp_path / "coast.npz", dn=np.zeros((6, 4, 4), np.uint8) + 1, band=["nir", "red", "green", "swir1", "a", "b"]
    )
    text = COASTWATCH.read_text().replace("../scenes/landsat7_olinda.npz", "coast.npz")
    text = text.replace("../scenes/sentinel2_desert.npz", "coast.npz")
    (tmp_path / "vegetation.py").write_text((MISSIONS.parent / "stages" / "vegetation.py").read_text())
    path = tmp_path / "mine.toml"
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "__init__.py").write_text("")
    if own == "stage":
        path.write_text(text.replace('stage = "water", threshold = 0.2', 'stage = "vegetation.py"'))
    else:
        path.write_text(text.replace('# apps = ["../hello.py"]', 'apps = [{ file = "app" }]'))
    with pytest.raises(ValueError, match=r"mine.toml names files of its own: write your scenes into it"):
        laid(tmp_path, tmp_path / "coast.npz", path=path)


def test_the_scenes_of_the_mission_need_not_be_there(tmp_path):
    np.save(tmp_path / "chip.npy", np.full((2, 9, 11), -12, np.float32))
    path = laid(tmp_path, tmp_path / "chip.npy", bands=("VV", "VH"), path=MISSIONS / "flood" / "radar.toml")
    assert [scene.target for scene in load_mission(path).scene] == ["chip"]


@pytest.mark.parametrize("text", ["[node", "\xe9"])
def test_a_mission_that_is_none_is_told_as_ever(tmp_path, text):
    (tmp_path / "bad.toml").write_bytes(text.encode("latin-1"))
    with pytest.raises(ValueError, match=r"bad.toml: "):
        laid(tmp_path, path=tmp_path / "bad.toml")


def test_scenes_that_are_no_tables_of_their_own_are_a_sentence(tmp_path):
    path = tmp_path / "inline.toml"
    path.write_text("scene = [{ target = 'a', pixel_m = 1.0 }]\n[link]\n")
    with pytest.raises(ValueError, match=r"inline.toml: its scenes are no \[\[scene\]\] tables"):
        with_scenes(path, ["b"], tmp_path / "out.toml")
