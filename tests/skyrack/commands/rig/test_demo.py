"""The main job as a user runs it: three real processes on pseudo-terminals."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hal.linux.claim import claim_folder
from rig.missions.cloudscreen_scenes import BANDS
from rig.processes import DeskError
from rig.replay.replay import Replay, Until
from skyrack.cli import main
from tests.patience import PATIENCE_S

SCENES = Path(__file__).parents[5] / "shared" / "data" / "eo"


def demo(out, *arguments):
    command = [sys.executable, "-m", "skyrack.cli", "demo", "--json", "--out", str(out), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE_S)
    return done, json.loads(done.stdout) if done.stdout else None


def check(report):
    assert report["product_ok"] is True
    assert report["commands"] == {"sent": 2, "verified": 2}
    assert report["octets"]["product"] <= 4096
    assert report["octets"]["raw"] == 737_088
    assert report["octets"]["frames"] > report["octets"]["product"]
    assert report["joules"]["value"] > 0
    assert report["joules"]["source"] in ("modelled", "measured")
    spent = report["capture_to_answer_s"]
    assert spent["total"] == pytest.approx(spent["compute"] + spent["queue"] + spent["link"])
    desert = report["answers"][1]
    assert desert["octets"]["product"] < 20


@pytest.mark.slow  # the README's session is the same job
def test_the_main_job(tmp_path):
    done, report = demo(tmp_path, "--baud", "57600")
    assert done.returncode == 0, done.stderr
    check(report)
    files = tmp_path / "ground" / "files"
    water = json.loads((files / "000001-coast.geojson").read_text())["features"]
    assert {feature["properties"]["kind"] for feature in water} == {"water", "shoreline"}
    longitude, latitude = water[0]["geometry"]["coordinates"][0][0]
    assert (round(longitude), round(latitude)) == (-35, -8)  # Olinda
    assert Image.open(tmp_path / "coast.png").size == (2 * 349, 2 * 352)
    assert Image.open(files / "000001-coast.png").size == (2 * 349, 2 * 352)
    assert json.loads((files / "000002-desert.geojson").read_text())["features"] == []
    assert "imaging.capture" in done.stderr  # a person saw it happen
    replay = Replay(tmp_path / "flight.rec")
    replay.run(Until())
    assert (replay.stopped, replay.is_right) == ("end", True)
    assert "ProductReady" in {type(event).__name__ for _, event in replay.events}


@pytest.mark.slow
def test_the_main_job_over_a_bad_link(tmp_path):
    done, report = demo(tmp_path, "--noise", "1e-5", "--cut", "5")
    assert done.returncode == 0, done.stderr
    check(report)
    assert report["frames"]["lost"] > 0
    assert report["capture_to_answer_s"]["link"] > 5


@pytest.mark.slow
@pytest.mark.skipif(not SCENES.is_dir(), reason="the published scenes (../shared/data/eo) are not here")
def test_the_screening_mission(tmp_path):
    done, report = demo(tmp_path, "--mission", "cloudscreen", "--scenes", str(SCENES))
    assert done.returncode == 0, done.stderr
    assert report["ok"] is True
    assert [scene["mask_equal"] for scene in report["scenes"]] == [True] * 5
    assert [scene["tiles"] for scene in report["scenes"][:2]] == [0, 0]
    assert sum(scene["tiles"] for scene in report["scenes"]) > 50
    assert report["useful"]["of_ceiling"] >= 0.98
    assert report["pass"]["saturated"] is True


@pytest.mark.slow
@pytest.mark.skipif(not SCENES.is_dir(), reason="the labelled chips (../shared/data/eo) are not here")
def test_the_flood_mission(tmp_path):
    done, report = demo(tmp_path, "--mission", "flood", "--scenes", str(SCENES))
    assert done.returncode == 0, done.stderr
    assert report["ok"] is True
    assert report["iou"] >= 0.70
    assert {chip["target"]: chip["alert"] for chip in report["chips"]} == {
        "nigeria_812045": True,
        "pakistan_849790": True,
        "somalia_699062": False,
        "spain_7370579": True,
        "sri-lanka_534068": True,
    }
    assert all(chip["alert_first"] and chip["octets"] <= 4096 for chip in report["chips"])


def holed(shape, is_wet=True):
    """Water at the left, land at the right, and nothing at all in the lower half and a spot of the water."""
    dn = np.full((4, *shape), 1000, np.uint16)
    dn[0, :, : shape[1] // 2], dn[2], dn[3] = 3000 if is_wet else 900, 1500, 800
    valid = np.ones(shape, bool)
    valid[shape[0] // 2 :], valid[5, 5:6] = False, False
    return {"dn": dn, "band": ["green", "swir1", "nir", "red"], "valid": valid}


@pytest.mark.slow
def test_the_main_job_on_scenes_with_holes_and_odd_sides(tmp_path):
    """As three processes: the mask travels to the worker, and what was not seen is reported on the ground."""
    np.savez(tmp_path / "lake.npz", **holed((33, 41)))
    np.savez(tmp_path / "blind.npz", **holed((21, 1)) | {"valid": np.zeros((21, 1), bool)})
    np.save(tmp_path / "dry.npy", holed((41, 50), is_wet=False)["dn"])
    scenes = [word for name in ("lake.npz", "blind.npz") for word in ("--scene", str(tmp_path / name))]
    done, report = demo(tmp_path / "out", "--baud", "57600", *scenes)
    assert done.returncode == 0, done.stderr
    lake, blind = report["answers"]
    assert (lake["product_ok"], round(lake["seen"], 4)) == (True, round((16 * 41 - 1) / (33 * 41), 4))
    assert (blind["product_ok"], blind["seen"]) == (True, 0)
    water = json.loads((tmp_path / "out" / "ground" / "files" / "000001-lake.geojson").read_text())
    assert len(water["features"][0]["geometry"]["coordinates"]) == 2  # the spot without data is no water
    named = ["--scene", str(tmp_path / "dry.npy"), "--bands", "green,swir1,nir,red"]
    done, report = demo(tmp_path / "again", "--baud", "57600", *named)
    assert (done.returncode, report["answers"][0]["octets"]["product"]) == (0, 9)


@pytest.mark.slow
def test_the_flood_mission_on_chips_that_cannot_be_judged(tmp_path):
    (tmp_path / "chips").mkdir()
    db = np.full((2, 31, 47), -10, np.float32)
    np.savez(tmp_path / "chips" / "flood_dry.npz", s1_db=db, label=np.zeros((31, 47), np.int8))
    np.savez(tmp_path / "chips" / "flood_unlabelled.npz", s1_db=db - 20)
    np.savez(tmp_path / "chips" / "s1_blind.npz", s1_db=db * np.nan, label=np.ones((31, 47), np.int8))
    done, report = demo(tmp_path / "out", "--mission", "flood", "--scenes", str(tmp_path / "chips"))
    assert done.returncode == 0, done.stderr
    assert (report["ok"], report["iou"]) == (True, None)
    assert [(chip["judged"], chip["alert"], chip["seen"]) for chip in report["chips"]] == [
        (0, False, 0), (1457, False, 1), (0, True, 1),
    ]  # fmt: skip


@pytest.mark.slow
@pytest.mark.skipif(not SCENES.is_dir(), reason="the published scenes (../shared/data/eo) are not here")
def test_the_screening_mission_on_odd_scenes_that_are_nearly_empty(tmp_path):
    """A case where 35 of 36 tiles were sent, and 81 % of them were called useful."""
    (tmp_path / "s").mkdir()
    with np.load(SCENES / "s2_eolearn_5x101x100x13.npz") as archive:
        dn, clouds = archive["dn"][2:, :, :99].copy(), archive["cloud_mask_default"][2:, :, :99]
    dn[:, :, 5:] = 0
    np.savez(tmp_path / "s" / "s2_holes.npz", dn=dn, cloud_mask_default=clouds)
    model = SCENES / "s2cloudless_lightgbm_v0.1.txt.gz"
    (tmp_path / "s" / model.name).write_bytes(model.read_bytes())
    done, report = demo(tmp_path / "out", "--mission", "cloudscreen", "--scenes", str(tmp_path / "s"), "--pass", "6")
    assert done.returncode == 0, done.stderr
    assert report["ok"] is not False
    assert [scene["tiles"] for scene in report["scenes"]] == [6, 6, 6]
    assert report["useful"]["valid_share"] == pytest.approx(5 / 99, abs=1e-4)


def test_a_wrong_answer_is_failure(monkeypatch, capsys):
    wrong = {"product_ok": False, "answers": []}
    monkeypatch.setattr("rig.missions.coastwatch.perform", lambda setup, clock, show: wrong)
    assert main(["demo", "--json"]) == 1
    assert json.loads(capsys.readouterr().out) == wrong


def test_what_ended_too_early_is_named(monkeypatch, capsys):
    def fail(setup, clock, show):
        raise DeskError("node ended with code 1: out of luck")

    monkeypatch.setattr("rig.missions.coastwatch.perform", fail)
    assert main(["demo"]) == 1
    logs = Path("out/demo").resolve()
    assert capsys.readouterr().err == f"skyrack demo: node ended with code 1: out of luck (logs in {logs})\n"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--target", "moon"], "target 'moon': the mission knows coast, desert"),
        (["--baud", "0"], "--baud 0: expected 4800..1000000"),
        (["--noise", "nan"], "--noise nan: expected 0..0.5"),
        (["--cut", "inf"], "--cut inf: expected 0..600"),
        (["--mission", "cloudscreen"], "--mission cloudscreen or flood and --scenes DIR go together"),
        (["--scenes", "."], "--mission cloudscreen or flood and --scenes DIR go together"),
        (["--mission", "flood", "--scenes", ".", "--cut", "3"], "--mission flood takes every scene, over a link that"),
        (["--bands", "a,b"], "--bands goes with --scene"),
        (["--mission", "flood", "--scenes", ".", "--scene", "a.tif"], "--scene is for a mission file, --scenes for"),
        (["--pass", "3"], "--pass is for --mission cloudscreen"),
        (["--mission", "flood", "--scenes", "."], f"{Path.cwd()}: no chips in files flood_*.npz"),
        (["--mission", "cloudscreen", "--scenes", ".", "--pass", "0"], "--pass 0.0: expected 1..600"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_starts(tmp_path, capsys, arguments, sentence):
    assert main(["demo", *arguments, "--out", str(tmp_path)]) == 2
    assert capsys.readouterr().err.startswith(f"skyrack demo: {sentence}")
    assert not list(tmp_path.iterdir())


def test_two_demos_do_not_share_a_folder(tmp_path, capsys):
    with claim_folder(tmp_path, "a demo"):
        assert main(["demo", "--out", str(tmp_path)]) == 1
    assert "a demo that still runs keeps its files there" in capsys.readouterr().err


@pytest.mark.parametrize("mission", [None, "cloudscreen", "flood"])
def test_a_folder_with_anything_of_a_person_s_in_it_is_refused(tmp_path, capsys, mission):
    scenes, out = tmp_path / "scenes", tmp_path / "checkout"
    for path in (scenes, out / "node", out / "ground", out / "mission"):
        path.mkdir(parents=True)
    dn = np.zeros((1, 4, 4, len(BANDS)), np.uint16)
    np.savez(scenes / "s2_a.npz", dn=dn, cloud_mask_default=np.zeros(dn.shape[:3], np.uint8))
    np.savez(scenes / "flood_a.npz", s1_db=np.zeros((2, 4, 4), np.float32), label=np.ones((4, 4), np.int8))
    for name in ("node/index.js", "ground/archive.py", "mission/mission.toml", "node.log"):
        (out / name).write_text("a person's")
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    words = ["--mission", mission, "--scenes", str(scenes)] if mission else []
    assert main(["demo", "--out", str(out), *words]) == 1
    said = capsys.readouterr().err
    assert said.startswith(f"skyrack demo: {out} is not empty (ground, mission, node, ...) and not ours")
    assert said.count("\n") == 1
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before


def test_a_missing_package_is_one_sentence(monkeypatch, capsys):
    def fail(setup, clock, show):
        raise ModuleNotFoundError("No module named 'PIL'", name="PIL")

    monkeypatch.setattr("rig.missions.coastwatch.perform", fail)
    assert main(["demo"]) == 1
    assert capsys.readouterr().err == "skyrack demo: PIL is not installed; `skyrack doctor` says what brings it\n"
