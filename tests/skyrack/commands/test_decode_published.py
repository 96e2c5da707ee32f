"""`skyrack decode` on published recordings, held against what is published beside them."""

import json
from pathlib import Path

import numpy as np
import pytest

from skyrack.cli import main
from tests.skyrack.commands.test_decode import summary

DATA = Path(__file__).parents[4] / "shared" / "data" / "codecs"
TRUTH = json.loads((DATA / "frames_dsn" / "truth.json").read_text()) if DATA.exists() else {}
published = pytest.mark.skipif(not DATA.exists(), reason="the recordings (../shared/data/codecs) are not here")


@published
@pytest.mark.parametrize(("folder", "apid"), [("apid001", 1), ("apid010", 10)])
def test_published_simulated_telemetry(folder, apid, tmp_path, capsys):
    """CCSDSPy's `hs` set, as columns, beside values decoded with plain integers."""
    source, out, table = DATA / "hs_sim" / folder, tmp_path / "out.npz", tmp_path / "defs.csv"
    (path,) = source.glob("*.tlm")
    table.write_text((source / "defs.csv").read_text(encoding="utf-8").replace("bit_offset", "data_bit_offset"))
    found = summary(capsys, str(path), "--dictionary", str(table), "--out", str(out))
    truth = np.load(source / "truth_by_bit_offset.npz")
    with np.load(out) as columns:
        assert {source["apid"] for source in found["sources"]} == {apid}
        checked = [name for name in truth.files if name in columns]
        assert len(checked) >= 5
        for name in checked:
            assert columns[name].tolist() == truth[name].tolist(), name


@published
def test_published_packets_behind_prefixes(tmp_path, capsys):
    """SUDA: the waveforms' means are published beside the data."""
    folder, out = DATA / "suda_idex", tmp_path / "out.npz"
    words = ("--prefix", "4", "--dictionary", str(folder / "suda_combined_science_definition.xml"), "--out", str(out))
    found = summary(capsys, str(folder / "sciData_2022_130_17_41_53.spl"), *words)
    assert (found["packets"], found["octets_skipped"], found["unread"]) == (13, 0, [])
    assert sorted(kind["packets"] for kind in found["kinds"]) == [1, 12]
    assert len(found["written"]) == 2


@published
@pytest.mark.parametrize("name", TRUTH)
def test_published_deep_space_frames(name, capsys):
    truth = TRUTH[name]
    managed = truth["managed_parameters"]
    words = ["--frames", truth["kind"], "--frame-octets", str(truth["frame_len"]), "--no-fecf"]
    words += ["--insert", str(managed["insert_zone"])] + ["--ocf"] * bool(managed["ocf"] and truth["kind"] == "aos")
    main(["decode", str(DATA / "frames_dsn" / name), *words, "--json"])
    channels = json.loads(capsys.readouterr().out)["frames"]["channels"]
    heard = {f"{one['spacecraft_id']}/{one['vc']}": (one["frames"], one["gaps"], one["lost"]) for one in channels}
    assert heard == {key: (one["frames"], one["gaps"], one["lost"]) for key, one in truth["vc"].items()}


@published
def test_published_weather_satellite_units(capsys):
    words = ("--frames", "aos", "--frame-octets", "892", "--no-fecf", "--cadu")
    found = summary(capsys, str(DATA / "cadu_snpp" / "snpp_7cadus_2vcids.dat"), *words)
    assert {channel["vc"]: channel["frames"] for channel in found["frames"]["channels"]} == {6: 4, 16: 3}
    assert [(source["apid"], source["packets"]) for source in found["sources"]] == [(1341, 1)]


@published
def test_published_arrays_that_vary_in_size(tmp_path, capsys):
    table, out = tmp_path / "t.csv", tmp_path / "out.npz"
    table.write_text("name,data_type,bit_length\nVALUES,uint(expand),16\n")
    path = DATA / "var_length" / "var_length_packets.bin"  # its headers say version 1
    summary(capsys, str(path), "--any-version", "--dictionary", str(table), "--out", str(out))
    with np.load(out) as columns:
        assert columns["VALUES.sizes"].tolist() == [2, 3, 5, 7, 11, 13, 17, 19, 23, 29]
        assert columns["VALUES"][:5].tolist() == [2, 3, 3, 4, 5]
