"""`skyrack pipeline` as a person and a script meet it."""

import json
from pathlib import Path

from fsw.pipelines import STAGES
from skyrack.cli import main

COASTWATCH = Path(__file__).parents[3] / "examples" / "missions" / "coastwatch.toml"


def test_list_says_what_each_stage_takes_and_gives(capsys):
    assert main(["pipeline", "list", "--json"]) == 0
    stages = {stage["stage"]: stage for stage in json.loads(capsys.readouterr().out)["stages"]}
    assert list(stages) == list(STAGES)
    assert stages["clean"]["takes"] == {"mask": "uint8 (row, column)", "valid": "uint8 (row, column)"}
    assert stages["clean"]["gives"] == {"mask": "uint8 (row, column)"}
    assert stages["pack"]["parameters"] == {"runs": True, "priority": 0}
    assert stages["water"]["parameters"] == {"threshold": None}
    assert [name for name, stage in stages.items() if not stage["gives"]] == [
        "classes",
        "clouds",
    ]  # their bundles say it
    assert all(stage["what"] for stage in stages.values())
    assert main(["pipeline", "list"]) == 0
    assert "takes bands: float32 (band, row, column) with bands <band>" in capsys.readouterr().out


def test_check_follows_every_scene(capsys):
    assert main(["pipeline", "check", str(COASTWATCH), "--json"]) == 0
    scenes = json.loads(capsys.readouterr().out)["scenes"]
    assert [scene["target"] for scene in scenes] == ["coast", "desert"]
    assert [stage["stage"] for stage in scenes[0]["stages"]] == ["water", "clean", "outlines", "runs", "pack"]
    assert scenes[0]["stages"][0]["gives"]["mask"] == "uint8 (352, 349)"
    assert main(["pipeline", "check", str(COASTWATCH)]) == 0
    assert "  clean           mask: uint8 (200, 300)" in capsys.readouterr().out


def test_what_does_not_fit_is_one_sentence(tmp_path, capsys):
    path = tmp_path / "mission.toml"
    text = COASTWATCH.read_text().replace("../scenes", str(COASTWATCH.parents[1] / "scenes"))
    path.write_text(text.replace('{ stage = "clean"', '{ stage = "outlines" }, { stage = "lee", band = "nir" }, #'))
    assert main(["pipeline", "check", str(path)]) == 2
    said = capsys.readouterr().err
    assert said == f"skyrack pipeline: {path}: pipeline.stages[2] (lee): noise_variance: missing\n"
