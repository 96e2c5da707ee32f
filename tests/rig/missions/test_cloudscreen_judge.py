"""The judge of the screening mission: right is right, and each way of being wrong is found."""

import numpy as np
import pytest

from fsw.pipelines.stages.results.tiles import spans
from ground.records import EventRecord
from kernels.imaging.image import encode_runs
from link.products.screening import CloudMaskProduct, Tile
from rig.missions.cloudscreen_judge import Received, judge, judgement_lines
from rig.missions.cloudscreen_scenes import Scenes

RANDOM = np.random.default_rng(1)
DN = RANDOM.integers(1000, 4000, (3, 2, 40, 40)).astype(np.uint16)
CLOUDS = np.zeros((3, 40, 40), np.uint8)
CLOUDS[0], CLOUDS[1, :20] = 1, 1
SCENES = Scenes(DN, CLOUDS)
TOLD = {
    target: EventRecord(
        origin="node",
        severity="info",
        name="ProductReady",
        message="",
        time_ns=0,
        received_ns=0,
        count=1,
        values={"target": target, "compute_ms": 120, "joules": 0.5, "power_source": "modelled"},
    )
    for target in SCENES.targets
}


def mask(number):
    runs = encode_runs(CLOUDS[number])
    return CloudMaskProduct(id=number, target=f"scene{number}", shape=(40, 40), runs=runs).encode()


def tile(number, row, column, side=20, dn=DN):
    samples = dn[number, :, row : row + side, column : column + side].copy()
    return Tile(id=number, target=f"scene{number}", row=row, column=column, samples=samples).encode()


def files():
    """All masks; the clear tiles of the half clouded scene, and three of four of the clear one."""
    found = {f"{number}.clouds": mask(number) for number in range(3)}
    places = [(1, 20, 0), (1, 20, 20), (2, 0, 0), (2, 0, 20), (2, 20, 0)]
    return found | {f"{number}-{row}-{column}.tile": tile(number, row, column) for number, row, column in places}


def judged(found, partial_octets=0):
    received = Received(files=found, partial_octets=partial_octets, line_octets=9000, pass_s=2.0)
    return judge(SCENES, received, TOLD, cloud_share_max=0.7)


def test_a_good_pass_is_right():
    report = judged(files())
    assert report["ok"] is True
    assert report["useful"]["cloud_share"] == 0.5
    assert report["useful"]["ceiling"] == 2.0
    assert 1.96 < report["useful"]["gain_over_fifo"] < 2.0
    assert report["pass"]["saturated"] is True
    assert report["scenes"][1] == {
        "target": "scene1",
        "cloud_share": 0.5,
        "valid_share": 1.0,
        "mask_equal": True,
        "tiles": 2,
        "seen_share": 0.5,
        "seconds": 0.12,
        "joules": {"value": 0.5, "source": "modelled"},
        "differences": [],
    }
    assert judgement_lines(report)[-1] == "judgement right"


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"0.clouds": mask(1).replace(b"scene1", b"scene0")}, "the mask differs"),
        ({"0.clouds": None}, None),
        ({"2.tile": tile(2, 20, 20, dn=DN + np.uint16(1))}, "tile at row 20, column 20: other samples"),
        ({"2.tile": tile(2, 30, 30)}, None),
        ({"2.tile": tile(2, 10, 10)}, "tile at row 10, column 10: came twice"),
        ({"2.tile": tile(1, 0, 0)}, "tile at row 0, column 0: 100% cloud"),
        ({"2.tile": b"noise"}, "2.tile: "),
        ({"2.tile": tile(2, 20, 20)}, None),
    ],
)
def test_what_is_wrong_is_found(change, sentence):
    found = {name: octets for name, octets in (files() | change).items() if octets is not None}
    report = judged(found)
    if change.get("2.tile") == tile(2, 30, 30):
        assert report["ok"]  # any tile of the frame will do
        return
    assert not report["ok"]
    said = [*report["strays"], *(text for scene in report["scenes"] for text in scene["differences"])]
    assert [text for text in said if sentence and text.startswith(sentence)] or sentence is None
    assert judgement_lines(report)[-1].startswith("judgement WRONG" if report["ok"] is False else "judgement none: ")
    assert (report["ok"] is None) == (change.get("2.tile") == tile(2, 20, 20))  # all came, so that nothing was chosen


def test_octets_that_served_nobody_count():
    octets = sum(map(len, files().values()))
    assert judged(files(), partial_octets=octets // 100)["ok"]
    assert not judged(files(), partial_octets=octets // 25)["ok"]
    assert judged({})["useful"]["of_ceiling"] == 0


def test_spans_cover_a_side_without_a_gap():
    for side, tile_px in ((100, 16), (101, 16), (5, 16), (64, 64), (7, 8)):
        parts = list(spans(side, tile_px))
        assert [part.start for part in parts[1:]] == [part.stop for part in parts[:-1]]
        assert (parts[0].start, parts[-1].stop) == (0, side)
        assert all(part.stop > part.start for part in parts)


HOLES = np.ones((3, 40, 40), np.uint8)
HOLES[1, 20:30, :20], HOLES[2] = 0, 0
HOLES[2, 35:, 35:] = 1
HOLED = Scenes(DN, CLOUDS, HOLES)


def holed_mask(number, clouds=CLOUDS, valid=HOLES):
    seen = {} if valid[number].all() else {"valid_runs": encode_runs(valid[number])}
    runs = encode_runs(clouds[number] & valid[number])
    return CloudMaskProduct(id=number, target=f"scene{number}", shape=(40, 40), runs=runs, **seen).encode()


def holed_tile(number, row, column, samples=DN, valid=HOLES):
    place = np.s_[row : row + 20, column : column + 20]
    known = np.ascontiguousarray(valid[number][place])
    seen = {} if known.all() else {"valid_runs": encode_runs(known)}
    cut = np.ascontiguousarray(samples[number][:, *place] * known)
    return Tile(id=number, target=f"scene{number}", row=row, column=column, samples=cut, **seen).encode()


def holed(change=None):
    found = {f"{number}.clouds": holed_mask(number) for number in range(3)}
    found |= {"1-a.tile": holed_tile(1, 20, 0), "2-a.tile": holed_tile(2, 20, 20)} | (change or {})
    received = Received(files=found, partial_octets=0, line_octets=9000, pass_s=2.0)
    return judge(HOLED, received, TOLD, cloud_share_max=0.7)


def test_what_is_no_data_is_neither_useful_nor_missed():
    """One tile of clear data is not here: half of one scene is cloud, most of another is no data."""
    report = holed()
    assert not [text for scene in report["scenes"] for text in scene["differences"]]
    assert report["pass"]["saturated"] is True
    assert [scene["valid_share"] for scene in report["scenes"]] == [1, 0.875, 0.0156]
    assert [scene["cloud_share"] for scene in report["scenes"]] == [1, round(800 / 1400, 4), 0]
    assert report["useful"]["ceiling"] == round(4800 / 625, 4)
    assert report["useful"]["valid_share"] == round(3025 / 4800, 4)
    assert "and 37.0% without data is 7.680" in "\n".join(judgement_lines(report))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"2-b.tile": holed_tile(2, 0, 0)}, "tile at row 0, column 0: no data in it"),
        ({"2-a.tile": tile(2, 20, 20)}, "tile at row 20, column 20: other samples than were seen"),
        ({"2-a.tile": tile(2, 20, 20, dn=DN * HOLES[:, None])}, "tile at row 20, column 20: says otherwise which"),
        ({"1.clouds": mask(1)}, "the mask says otherwise which pixels are data"),
        ({"1.clouds": holed_mask(1, clouds=1 - CLOUDS)}, "the mask differs from the published one"),
    ],
)
def test_what_is_claimed_of_no_data_is_found(change, sentence):
    report = holed(change)
    assert report["ok"] is False
    assert [text for scene in report["scenes"] for text in scene["differences"] if text.startswith(sentence)]


def test_a_mask_is_not_compared_where_its_rule_reaches_what_is_no_data():
    clouds = CLOUDS.copy()
    clouds[1, 30:32, :20] = 1  # beside the hole
    report = holed({"1.clouds": holed_mask(1, clouds=clouds)})
    assert (report["scenes"][1]["mask_equal"], report["scenes"][1]["differences"]) == (True, [])
    assert report["scenes"][1]["cloud_share"] > holed()["scenes"][1]["cloud_share"]


def test_without_published_masks_none_is_judged():
    received = Received(files=files(), partial_octets=0, line_octets=9000, pass_s=2.0)
    report = judge(Scenes(DN, None), received, TOLD, cloud_share_max=0.7)
    assert [scene["mask_equal"] for scene in report["scenes"]] == [None] * 3
    assert (report["ok"], report["useful"]["cloud_share"]) == (True, 0.5)
    assert "the mask is not judged, none is published" in judgement_lines(report)[0]


def test_scenes_without_any_data_are_no_division_by_zero():
    valid = np.zeros((3, 40, 40), np.uint8)
    masks = {f"{number}.clouds": holed_mask(number, valid=valid) for number in range(3)}
    received = Received(files=masks, partial_octets=0, line_octets=9000, pass_s=2.0)
    report = judge(Scenes(DN, CLOUDS, valid), received, TOLD, cloud_share_max=0.7)
    assert (report["ok"], report["useful"]["ceiling"], report["useful"]["cloud_share"]) == (None, None, None)
    assert "of frames without clear data" in "\n".join(judgement_lines(report))
