"""Flood pipelines against what people labelled, in what the ground gets; and a judge that notices what is wrong."""

from pathlib import Path

import numpy as np
import pytest

from fsw.mission import load_mission
from fsw.pipelines.run import files_of, run
from ground.rig.flood import Chip, judge, lay_out, read_chips, summary, summary_lines
from hal.camera import Georeference
from hal.kernels.image import encode_outlines
from hal.sim.camera import SceneCamera
from hal.sim.clock import VirtualClock
from link.alert import Alert
from link.product import Product, Water
from tests.fsw.pipelines.pipeline import work

ROOT = Path(__file__).parents[3]
MISSIONS = ROOT / "examples" / "missions" / "flood"
DATA = ROOT.parent / "shared" / "data" / "eo"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="the labelled chips (../shared/data/eo) are not here")


def files_for(mission, target):
    """What the mission's pipeline makes of a target: octets by suffix, the first of them going down first."""
    frame = SceneCamera(mission.scenes, VirtualClock()).capture(target)
    files = files_of(run(frame.dn, work(mission.stages, frame.bands, target=target)))
    return {file.suffix: file.octets for file in sorted(files, key=lambda file: -file.priority)}


@needs_data
def test_radar_finds_the_water_that_people_found(tmp_path):
    chips = read_chips(DATA)
    assert list(chips) == ["nigeria_812045", "pakistan_849790", "somalia_699062", "spain_7370579", "sri-lanka_534068"]
    mission = load_mission(lay_out(chips, MISSIONS / "radar.toml", tmp_path))
    judged = []
    for target, chip in chips.items():
        files = files_for(mission, target)
        assert list(files) == [".alert", ".product"]
        judged.append(judge(target, chip, *files.values()) | {"alert_first": True})
    report = summary(judged)
    assert report["ok"]
    assert report["iou"] >= 0.725  # pooled; 0.707 without clean-up, at any size
    assert [chip["alert"] for chip in judged] == [True, True, False, True, True]


@needs_data
def test_the_colour_of_water_finds_what_people_found(tmp_path):
    with np.load(DATA / "flood_Spain_7370579.npz") as archive:
        dn, label = archive["s2_dn"], archive["label"]
    np.savez(tmp_path / "spain.npz", dn=dn[[2, 11]], band=["green", "swir1"])
    (tmp_path / "mission.toml").write_text((MISSIONS / "optical.toml").read_text())
    files = files_for(load_mission(tmp_path / "mission.toml"), "spain")
    found = judge("spain", Chip(np.zeros((2, *label.shape), np.float32), label), *files.values())
    assert found["hit"] / found["union"] >= 0.722
    assert (found["alert"], found["alert_right"], found["octets"] <= 4096) == (True, True, True)


LABEL = np.zeros((20, 20), np.int8)
LABEL[:, :5], LABEL[0] = 1, -1
CHIP = Chip(np.zeros((2, 20, 20), np.float32), LABEL)


def product(mask, target="lake"):
    water = Water(
        georeference=Georeference(epsg=0, easting_m=0, northing_m=0, pixel_m=1),
        shape=(20, 20),
        threshold=-20.0,
        outlines=encode_outlines(mask.astype(np.uint8)),
        runs=b"",
    )
    return Product(id=1, target=target, water=water if mask.any() else None).encode()


def alert(share, target="lake"):
    return Alert(id=1, target=target, share=share, share_min=0.15).encode()


def judged(told, found):
    return summary([judge("lake", CHIP, told, found) | {"alert_first": True}])


def test_the_judge_knows_right_from_wrong():
    right, half = np.arange(20) < np.full((20, 1), 5), np.arange(20) < np.full((20, 1), 10)
    good = judged(alert(0.25), product(right))
    assert (good["ok"], good["iou"]) == (True, 1.0)  # where nobody labelled counts for nothing
    assert summary_lines(good)[-1].split() == ["judgement", "right"]
    assert (judged(alert(0.25), product(half))["ok"], judged(alert(0.25), product(half))["iou"]) == (False, 0.5)
    assert judged(alert(0.25), product(half & False))["iou"] == 0
    assert not judged(alert(0.1), product(right))["ok"]
    assert not judged(alert(0.25, target="sea"), product(right))["ok"]
    assert judged(b"noise", product(right))["chips"][0]["differences"]
    late = summary([judge("lake", CHIP, alert(0.25), product(right)) | {"alert_first": False}])
    assert summary_lines(late)[-1].split() == ["judgement", "WRONG"]


def test_a_folder_without_chips_is_a_sentence(tmp_path):
    with pytest.raises(ValueError, match=r"no chips in files flood_\*.npz"):
        read_chips(tmp_path)


def synthetic(tmp_path, mission):
    """A chip whose left quarter is dark, laid out with a mission."""
    db = np.full((2, 20, 20), -8, np.float32)
    db[:, :, :5] = -26
    return load_mission(lay_out({"lake": Chip(db, LABEL)}, MISSIONS / mission, tmp_path))


def test_the_radar_mission_on_a_chip_made_here(tmp_path):
    told, found = files_for(synthetic(tmp_path, "radar.toml"), "lake").values()
    report = judged(told, found)
    assert Alert.decode(told).share == pytest.approx(0.25, abs=0.03)
    assert (report["ok"], report["iou"] > 0.9) == (True, True)


def test_the_optical_mission_on_a_chip_made_here(tmp_path):
    dn = np.full((2, 20, 20), 1000, np.uint16)
    dn[0, :, :5] = 3000
    np.savez(tmp_path / "spain.npz", dn=dn, band=["green", "swir1"])
    (tmp_path / "mission.toml").write_text((MISSIONS / "optical.toml").read_text())
    told, found = files_for(load_mission(tmp_path / "mission.toml"), "spain").values()
    assert Alert.decode(told).raised
    assert judge("spain", CHIP, told, found)["hit"] == judge("spain", CHIP, told, found)["union"] == 95
