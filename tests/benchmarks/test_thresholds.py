"""The table of rules for thresholds, on scenes made here."""

import numpy as np

from benchmarks.thresholds import lines, main, optical, radar, rules
from fsw.pipelines.stages.masks.otsu import Otsu

DRY, WET = np.zeros((30, 30), np.int8), np.zeros((30, 30), np.int8)
WET[:, :10] = 1


def chip(label, land=-12.0, water=-26.0):
    noise = np.random.default_rng(1).normal(0, 0.3, (2, *label.shape))
    return (np.where(label == 1, water, land) + noise).astype(np.float32)


def test_rules_are_tried_on_scenes_that_they_were_not_chosen_by(tmp_path, capsys):
    chips, tiles = tmp_path / "chips", tmp_path / "tiles"
    chips.mkdir()
    tiles.mkdir()
    dn = np.where(WET == 1, 3000, 1000).astype(np.uint16)[None].repeat(13, axis=0)
    dn[11] = np.where(WET == 1, 500, 2500)
    np.savez(chips / "flood_a.npz", s1_db=chip(WET), label=WET, s2_dn=dn)
    np.savez(chips / "flood_b.npz", s1_db=chip(WET, -15), label=WET)
    np.savez(chips / "flood_c.npz", s1_db=chip(DRY), label=DRY)
    sr = np.stack([dn[[2, 11]].astype(np.int16), np.full((2, 30, 30), 900, np.int16)])
    bands, names = np.array(["green", "swir1"]), np.array([7, 8])
    np.savez(tiles / "hls_tiles_2.npz", sr=sr, bands=bands, label=np.stack([WET, DRY]).astype(np.uint8), tile_id=names)
    assert [scene.name for scene in radar(chips)] == ["a", "b", "c"]
    assert [scene.name for scene in optical(chips, tiles)] == ["hls_7", "hls_8", "flood_a"]
    main([str(chips), str(tiles)])
    told = capsys.readouterr().out
    assert "prior +20.0            pooled 1.000, without one 1.000..1.000   1.00 1.00  dry" in told
    assert "Otsu, or +0.0          pooled 1.000, without one 1.000..1.000   1.00  dry 1.00" in told


def test_the_best_of_the_others_does_not_look_at_the_one(tmp_path):
    np.savez(tmp_path / "flood_a.npz", s1_db=chip(WET, water=-17), label=WET)
    np.savez(tmp_path / "flood_b.npz", s1_db=chip(WET, land=-18), label=WET)
    scenes = radar(tmp_path)
    known = rules(scenes, np.array([15.0, 21.0]), 20.0, Otsu(prior=20.0, low=17.0, high=23.0))
    assert not known["best of the others"](0)[:, :8].any()  # 21 is best for b
    assert known["best of the others"](1).all()
    assert len(lines("radar", scenes, known)) == 1 + len(known)
