"""The judge of the screening mission: right is right, and each way of being wrong is found."""

import numpy as np
import pytest

from fsw.pipelines.stages.tiles import spans
from ground.records import EventRecord
from ground.rig.judgement import Received, judge, judgement_lines
from ground.rig.scenes import Scenes
from hal.kernels.image import encode_runs
from link.screening import CloudMask, Tile

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
    return CloudMask(id=number, target=f"scene{number}", shape=(40, 40), runs=runs).encode()


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
    assert judgement_lines(report)[-1] == "judgement WRONG"


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
