"""`skyrack scene`: an image becomes a scene that a mission can name, or one sentence says why not."""

import json

import numpy as np
import pytest

from hal.scene_file import read_samples
from skyrack.cli import main

CUBE = np.arange(1, 2 * 9 * 11 + 1, dtype=np.uint16).reshape(2, 9, 11)


@pytest.fixture
def lake(tmp_path):
    np.save(tmp_path / "My Lake.npy", CUBE)
    return tmp_path / "My Lake.npy"


def test_an_array_becomes_a_scene_and_a_table_for_a_mission(lake, capsys):
    assert main(["scene", "import", str(lake), "--bands", "green, swir1", "--nodata", "5"]) == 0
    told = capsys.readouterr().out
    assert f"{lake.with_suffix('.npz')}: 2 bands of 9 x 11 pixels, uint16: green, swir1" in told
    assert "99.0% of the pixels are data" in told
    assert '[[scene]]\ntarget = "my-lake"\nfile = "My Lake.npz"\nepsg = 0\n' in told
    form, dn, valid = read_samples(lake.with_suffix(".npz"))
    assert (form.bands, np.array_equal(dn, CUBE), int(valid.sum())) == (("green", "swir1"), True, 98)


def test_a_scene_is_shown(lake, capsys):
    assert main(["scene", "import", str(lake), "--bands", "a,b", "--out", str(lake.parent / "s.npz"), "--json"]) == 0
    made = json.loads(capsys.readouterr().out)
    assert main(["scene", "show", str(lake.parent / "s.npz"), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found == {key: made[key] for key in ("scene", "bands", "dtype", "shape", "valid_pixels")}
    assert main(["scene", "show", str(lake)]) == 2
    assert "an .npy array, expected an .npz scene: `skyrack scene import` makes one of it" in capsys.readouterr().err


def test_a_scene_of_real_numbers_on_request(lake, capsys):
    assert main(["scene", "import", str(lake), "--bands", "a,b", "--dtype", "float32", "--nodata", "5"]) == 0
    form, dn, valid = read_samples(lake.with_suffix(".npz"))
    assert (form.dtype, dn.dtype, int(valid.sum())) == ("float32", np.float32, 99)  # the other band is data there
    assert np.argwhere(np.isnan(dn)).tolist() == [[0, 0, 4]]
    capsys.readouterr()
    assert main(["scene", "show", str(lake.with_suffix(".npz"))]) == 0
    assert "[[scene]]" not in capsys.readouterr().out  # the table is for what was imported


def test_what_is_there_is_not_replaced_unasked(lake, capsys):
    out = lake.with_suffix(".npz")
    command = ["scene", "import", str(lake), "--bands", "a,b"]
    assert main(command) == 0
    assert main(command) == 2
    assert capsys.readouterr().err == f"skyrack scene: {out} is there already: --replace, or --out gives another name\n"
    assert main([*command, "--replace"]) == 0
    out.write_bytes(b"a person's")
    assert main([*command, "--replace"]) == 2
    assert f"{out} is there and is no scene" in capsys.readouterr().err
    assert out.read_bytes() == b"a person's"


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--axes", "row,column,band", "--bands", "a"], "1 names for 11 bands: a"),
        (["--bands", "a,b", "--out", "x.tif"], "x.tif: expected the ending .npz"),
        (
            ["--axes", "row,column", "--bands", "a,b"],
            "--axes row,column, but the array is (2, 9, 11): expected band, row",
        ),
        (["--bands", "a,b", "--scale", "1,nan"], "argument --scale: 1,nan: expected finite numbers"),
        (["--bands", "a,b", "--scale", "nan"], "argument --scale: nan: expected finite numbers"),
        (["--bands", "a,b", "--scale", "x"], "argument --scale: invalid number, or numbers with commas value: 'x'"),
        (["--bands", "a,b", "--raw", "--scale", "2"], "--raw keeps the stored numbers, --scale and --offset do not"),
        (["--bands", "a,b", "--window", "0", "0", "20", "5"], "but the image has 9 x 11"),
        (["--bands", "a,b", "--dtype", "uint16", "--scale", "0.3"], "numbers cannot be uint16"),
    ],
)
def test_what_cannot_be_is_one_sentence(lake, capsys, options, sentence):
    try:
        code = main(["scene", "import", str(lake), *options])
    except SystemExit as ended:
        code = ended.code
    assert code == 2
    assert sentence in capsys.readouterr().err
    assert not lake.with_suffix(".npz").exists()


def test_a_scene_cannot_replace_what_it_is_made_of(tmp_path, capsys):
    path = tmp_path / "a.npz"
    np.savez(path, dn=CUBE)
    assert main(["scene", "import", str(path), "--bands", "a,b"]) == 2
    assert "is what is imported: --out gives the scene another name" in capsys.readouterr().err


def test_a_file_that_is_not_there(tmp_path, capsys):
    assert main(["scene", "import", str(tmp_path / "none.tif")]) == 1
    assert capsys.readouterr().err == f"skyrack scene: {tmp_path}/none.tif: No such file or directory\n"


def test_a_folder_is_no_image(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["scene", "import", "."]) == 2
    assert capsys.readouterr().err == f"skyrack scene: {tmp_path}: a folder, expected an image\n"
