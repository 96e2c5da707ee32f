"""Flood pipelines against what people labelled, in what the ground gets; and a judge that notices what is wrong."""

from pathlib import Path

import numpy as np
import pytest

from fsw.mission import load_mission
from fsw.pipelines.run import files_of, run
from fsw.pipelines.valid import joined
from hal.sim.camera import SceneCamera
from hal.sim.clock import VirtualClock
from kernels.imaging.georeference import Georeference
from kernels.imaging.image import encode_outlines
from link.products.alert import Alert
from link.products.product import Product, WaterProduct
from rig.missions.flood import Chip, flood_lines, judge_chip, lay_out_chips, read_chips, summary
from tests.fsw.pipelines.pipeline import work

ROOT = Path(__file__).parents[3]
MISSIONS = ROOT / "examples" / "missions" / "flood"
DATA = ROOT.parent / "shared" / "data" / "eo"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="the labelled chips (../shared/data/eo) are not here")


def files_for(mission, target):
    """What the mission's pipeline makes of a target: octets by suffix, the first of them going down first."""
    frame = SceneCamera(mission.scenes, VirtualClock()).capture(target)
    said = work(mission.stages, frame.bands, target=target, is_masked=frame.valid is not None)
    files = files_of(run(joined(frame), said))
    return {file.suffix: file.octets for file in sorted(files, key=lambda file: -file.priority)}


@needs_data
def test_radar_finds_the_water_that_people_found(tmp_path):
    chips = read_chips(DATA)
    assert list(chips) == ["nigeria_812045", "pakistan_849790", "somalia_699062", "spain_7370579", "sri-lanka_534068"]
    mission = load_mission(lay_out_chips(chips, MISSIONS / "radar.toml", tmp_path))
    judged = []
    for target, chip in chips.items():
        files = files_for(mission, target)
        assert list(files) == [".alert", ".product"]
        judged.append(judge_chip(target, chip, *files.values()) | {"alert_first": True})
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
    found = judge_chip("spain", Chip(np.zeros((2, *label.shape), np.float32), label), *files.values())
    assert found["hit"] / found["union"] >= 0.719
    assert (found["alert"], found["alert_right"], found["octets"] <= 4096) == (True, True, True)


LABEL = np.zeros((20, 20), np.int8)
LABEL[:, :5], LABEL[0] = 1, -1
CHIP = Chip(np.zeros((2, 20, 20), np.float32), LABEL)


def product(mask, target="lake"):
    water = WaterProduct(
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
    return summary([judge_chip("lake", CHIP, told, found) | {"alert_first": True}])


def test_the_judge_knows_right_from_wrong():
    right, half = np.arange(20) < np.full((20, 1), 5), np.arange(20) < np.full((20, 1), 10)
    good = judged(alert(0.25), product(right))
    assert (good["ok"], good["iou"]) == (True, 1.0)  # where nobody labelled counts for nothing
    assert flood_lines(good)[-1].split() == ["judgement", "right"]
    assert (judged(alert(0.25), product(half))["ok"], judged(alert(0.25), product(half))["iou"]) == (False, 0.5)
    assert judged(alert(0.25), product(half & False))["iou"] == 0
    assert not judged(alert(0.1), product(right))["ok"]
    assert not judged(alert(0.25, target="sea"), product(right))["ok"]
    assert judged(b"noise", product(right))["chips"][0]["differences"]
    late = summary([judge_chip("lake", CHIP, alert(0.25), product(right)) | {"alert_first": False}])
    assert flood_lines(late)[-1].split() == ["judgement", "WRONG"]


def test_one_wrong_chip_makes_the_whole_wrong():
    right = judge_chip("lake", CHIP, alert(0.25), product(CHIP.label == 1)) | {"alert_first": True}
    assert summary([right, right])["ok"] is True
    for name, value in (("alert_right", False), ("alert_first", False), ("differences", ["x"])):
        assert summary([right, right | {name: value}])["ok"] is False
    assert summary([right, right | {"octets": 1 << 20}])["ok"] is False


def test_a_pixel_counts_where_all_bands_saw_it():
    db = np.zeros((2, 2, 2), np.float32)
    db[0, 0, 0], db[1, 1, 1] = np.nan, np.nan
    chip = Chip(db, np.array([[1, 1], [-1, 0]], np.int8))
    assert chip.counts.tolist() == [[False, True], [False, False]]


def test_a_dry_chip_has_no_iou():
    """And nothing is divided by its water, by itself or pooled."""
    dry = Chip(CHIP.db, np.zeros((20, 20), np.int8))
    found = judge_chip("lake", dry, alert(0.0), product(np.zeros((20, 20), bool))) | {"alert_first": True}
    report = summary([found])
    assert (found["iou"], report["iou"], report["ok"], report["spread"]) == (None, None, True, None)
    assert "dry, no IoU" in flood_lines(report)[0]
    assert flood_lines(report)[-2].split(maxsplit=1)[1] == "no water, labelled or claimed"
    assert summary([found, found])["iou"] is None


def test_a_chip_without_labels_is_said_to_be_so():
    unlabelled = Chip(CHIP.db, np.full((20, 20), -1, np.int8))
    wet = np.arange(20) < np.full((20, 1), 5)
    report = summary([judge_chip("lake", unlabelled, alert(0.25), product(wet)) | {"alert_first": True}])
    assert (report["ok"], report["chips"][0]["alert_right"], report["chips"][0]["judged"]) == (None, None, 0)
    assert flood_lines(report)[0].endswith("an alert, not judged; 60 octets drawn, unlabelled, IoU not judged")
    assert flood_lines(report)[-1].split(maxsplit=1)[1] == "none: no chip is labelled where the radar saw it"
    mixed = summary([*report["chips"], judge_chip("lake", CHIP, alert(0.25), product(wet)) | {"alert_first": True}])
    assert (mixed["ok"], mixed["iou"]) == (True, 1.0)


def blind_product(seen=0.0):
    return Product(id=1, target="lake", water=None, seen=seen).encode()


def test_no_data_under_a_label_is_no_miss():
    blind = Chip(np.full((2, 20, 20), np.nan, np.float32), LABEL)
    told = Alert(id=1, target="lake", share=0.0, share_min=0.15, seen=0.0).encode()
    report = summary([judge_chip("lake", blind, told, blind_product()) | {"alert_first": True}])
    assert (report["ok"], report["iou"], report["chips"][0]["differences"]) == (None, None, [])
    assert "nothing seen: no alert, right; " in flood_lines(report)[0]
    assert flood_lines(report)[0].endswith("no data, IoU not judged")
    claimed = judge_chip("lake", blind, alert(0.0), product(np.ones((20, 20), bool)))
    assert [text.partition(":")[0] for text in claimed["differences"][:2]] == ["alert", "product"]
    assert claimed["differences"][2] == "400 pixels of water where the radar saw nothing"


@pytest.mark.parametrize(("labelled", "right"), [(0.25, True), (0.19, None), (0.11, None), (0.09, False)])
def test_an_alert_near_its_limit_is_not_judged(labelled, right):
    label = (np.arange(400) < round(400 * labelled)).astype(np.int8).reshape(20, 20)
    assert judge_chip("lake", Chip(CHIP.db, label), alert(0.3), product(label == 1))["alert_right"] is right


def test_chips_of_other_forms(tmp_path):
    db = np.zeros((2, 3, 5), np.float32)
    np.savez(tmp_path / "s1_Lake.npz", s1_db=db, dem_m=db)
    np.savez(tmp_path / "flood_many.npz", A_s1=db, A_label=np.zeros((3, 5), np.int16), B_s1=db)
    chips = read_chips(tmp_path)
    assert list(chips) == ["a", "b", "lake"]
    assert [int((chip.label >= 0).sum()) for chip in chips.values()] == [15, 0, 0]


@pytest.mark.parametrize(
    ("arrays", "sentence"),
    [
        ({"s1_db": np.zeros((3, 4), np.float32)}, r"s1_db \(3, 4\) and label \(4,\), expected \(2, row, column\)"),
        ({"s1_db": np.zeros((2, 0, 4), np.float32)}, r"s1_db \(2, 0, 4\)"),
        ({"s1_db": np.zeros((2, 3, 4), np.float32), "label": np.zeros((4, 3), np.int8)}, r"label \(4, 3\)"),
        ({"s1_db": np.zeros((2, 3, 4), np.uint8)}, "s1_db uint8 and label int8, expected floats"),
    ],
)
def test_what_is_no_chip_is_a_sentence(tmp_path, arrays, sentence):
    np.savez(tmp_path / "s1_lake.npz", **arrays)
    with pytest.raises(ValueError, match=sentence):
        read_chips(tmp_path)


def test_a_folder_without_chips_is_a_sentence(tmp_path):
    with pytest.raises(ValueError, match=r"no chips in files flood_\*.npz"):
        read_chips(tmp_path)


def synthetic(tmp_path, mission):
    """A chip whose left quarter is dark, laid out with a mission."""
    db = np.full((2, 20, 20), -8, np.float32)
    db[:, :, :5] = -26
    return load_mission(lay_out_chips({"lake": Chip(db, LABEL)}, MISSIONS / mission, tmp_path))


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
    assert judge_chip("spain", CHIP, told, found)["hit"] == judge_chip("spain", CHIP, told, found)["union"] == 95


@pytest.mark.parametrize("shape", [(1, 1), (7, 33), (20, 21)])
@pytest.mark.parametrize("empty", [0.0, 0.5, 0.95, 1.0])
def test_the_radar_mission_on_odd_chips_with_holes(tmp_path, shape, empty):
    """All of it is dark water; nothing is claimed of the part that is no number."""
    db = np.full((2, *shape), -26, np.float32)
    db[:, :, : round(empty * shape[1])] = np.nan
    chip = Chip(db, np.ones(shape, np.int8))
    mission = load_mission(lay_out_chips({"lake": chip}, MISSIONS / "radar.toml", tmp_path))
    told, found = files_for(mission, "lake").values()
    report = judge_chip("lake", chip, told, found)
    assert report["differences"] == []
    assert report["iou"] in (None, 1.0) or shape == (1, 1)
    assert Alert.decode(told).raised == (Product.decode(found).water is not None) == (empty < 1 and shape != (1, 1))


@pytest.mark.skipif(not (DATA.parent / "water").is_dir(), reason="the edge cases (../shared/data/water) are not here")
def test_chips_that_nobody_can_judge(tmp_path):
    chips = read_chips(DATA.parent / "water")
    assert list(chips) == ["ghana_83483_unlabelled", "nigeria_ayt12_jrc", "paraguay_34417_all_nan"]
    mission = load_mission(lay_out_chips(chips, MISSIONS / "radar.toml", tmp_path))
    judged = [
        judge_chip(name, chip, *files_for(mission, name).values()) | {"alert_first": True}
        for name, chip in chips.items()
    ]
    assert [chip["judged"] for chip in judged] == [0, 0, 0]
    assert [chip["differences"] for chip in judged] == [[], [], []]
    assert (judged[2]["share"], judged[2]["alert"], judged[2]["seen"]) == (None, False, 0)
    assert summary(judged)["ok"] is None
