"""`skyrack update`: bundles and deltas that a node takes, and what it takes to send them; what is wrong is said."""

import json
import random
import re

import pytest

from link.bundles.contents import bundle_contents
from link.bundles.deltas import Delta
from link.bundles.keys import public_key
from skyrack.cli import main
from tests.link.models.bundles import bundle

EMPTY_ZIP = b"PK\5\6" + bytes(18)  # a zip file is read from its end, whatever stands before
IMAGE = random.Random(1).randbytes(60_000)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "old.pyz").write_bytes(IMAGE + EMPTY_ZIP)
    (tmp_path / "new.pyz").write_bytes(IMAGE[:30_000] + b"changed" + IMAGE[30_000:] + EMPTY_ZIP)
    (tmp_path / "notes.txt").write_text("no software")
    assert main(["model", "keygen", "--out", "team"]) == 0
    return tmp_path


def made(version, *options, image="old.pyz", out="old.bundle"):
    words = ["--name", "coastwatch", "--software-version", version, "--key", "team.key", "--out", out]
    return main(["update", "make", image, *words, *options])


def both():
    assert made("1") == 0
    assert made("2", image="new.pyz", out="new.bundle") == 0


def keys(folder):
    return (public_key((folder / "team.pub").read_bytes()),)


def test_a_bundle_and_a_delta(folder, capsys):
    both()
    assert "new.bundle: coastwatch 2, 60.3 kB\n" in capsys.readouterr().out
    new = (folder / "new.bundle").read_bytes()
    assert bundle_contents(new, keys(folder))[:3] == ("software", "coastwatch", "2")
    assert main(["update", "delta", "new.bundle", "--base", "old.bundle", "--key", "team.key", "--out", "d"]) == 0
    assert capsys.readouterr().out.startswith("d: coastwatch 2, ")
    delta = Delta.decode((folder / "d").read_bytes(), keys(folder))
    assert delta.expand((folder / "old.bundle").read_bytes(), 100_000) == new


def test_a_plan_says_what_it_takes(folder, capsys):
    both()
    capsys.readouterr()
    assert main(["update", "plan", "new.bundle", "--base", "old.bundle", "--pass-s", "26", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["octets_a_day"] == 124_800
    assert said["whole"]["octets"] == (folder / "new.bundle").stat().st_size
    assert (said["whole"]["passes"], said["whole"]["days"]) == (3, 0.75)
    main(["update", "delta", "new.bundle", "--base", "old.bundle", "--key", "team.key", "--out", "d"])
    assert said["delta"]["octets"] == (folder / "d").stat().st_size
    assert (said["delta"]["commands"], said["delta"]["passes"]) == (3, 1)
    assert main(["update", "delta", "new.bundle", "--key", "team.key", "--out", "packed"]) == 0
    assert said["packed"]["octets"] == (folder / "packed").stat().st_size


def test_a_plan_for_people(folder, capsys):
    both()
    capsys.readouterr()
    assert main(["update", "plan", "new.bundle", "--pass-s", "26"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "4 passes a day of 26 s at 9600 bit/s: 124.8 kB a day"
    assert said[1].split() == ["file", "on", "the", "wire", "commands", "passes", "days"]
    assert said[2].split()[:3] == ["whole", "60.3", "kB"]
    assert len(said) == 4


def test_a_model_is_a_bundle_already(folder, capsys):
    pem = (folder / "team.key").read_bytes()
    (folder / "stump.bundle").write_bytes(bundle(version="2").encode(pem))
    assert main(["update", "delta", "stump.bundle", "--key", "team.key", "--out", "stump.delta"]) == 0
    assert "stump.delta: stump 2" in capsys.readouterr().out
    assert made("1", image="stump.bundle") == 2
    assert "stump.bundle: it is a signed bundle already" in capsys.readouterr().err


def test_a_delta_of_another_teams_bundle_needs_their_key(folder, capsys):
    both()
    main(["model", "keygen", "--out", "other"])
    words = ["update", "delta", "new.bundle", "--key", "other.key", "--out", "d"]
    assert main(words) == 2
    assert "new.bundle: signed by key" in capsys.readouterr().err
    assert main([*words, "--trust", "team.pub"]) == 0


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["make", "old.pyz", "--name", "a b", "--software-version", "1"], "old.pyz: .*name"),
        (["make", "old.pyz", "--name", "a", "--software-version", "v1"], "version 'v1', expected whole numbers"),
        (
            ["make", "notes.txt", "--name", "a", "--software-version", "1"],
            "notes.txt: not a zip file of Python packages",
        ),
        (["delta", "old.pyz"], "old.pyz: not a signed bundle"),
    ],
)
def test_what_is_wrong_is_one_sentence(folder, capsys, words, sentence):
    assert main(["update", *words, "--key", "team.key", "--out", "x"]) == 2
    assert re.search(sentence, capsys.readouterr().err)
    assert not (folder / "x").exists()


@pytest.mark.parametrize("action", ["make", "delta"])
def test_a_key_that_is_none(folder, capsys, action):
    both()
    more = ["--name", "a", "--software-version", "1"] if action == "make" else []
    assert main(["update", action, "new.bundle", *more, "--key", "team.pub", "--out", "x"]) == 2
    assert "team.pub: not a private key" in capsys.readouterr().err


def test_a_plan_of_what_is_no_bundle(folder, capsys):
    assert main(["update", "plan", "old.pyz"]) == 2
    assert "old.pyz: not a signed bundle" in capsys.readouterr().err
    both()
    assert main(["update", "plan", "new.bundle", "--frame-octets", "30"]) == 2
    assert "--frame-octets, --pass-s: frames of 30 octets" in capsys.readouterr().err


def test_no_other_file_is_overwritten(folder, capsys):
    assert made("1", out="new.pyz") == 2
    assert "new.pyz is there and is no bundle: --out gives another name" in capsys.readouterr().err
    both()
    assert made("3", out="old.bundle") == 0
