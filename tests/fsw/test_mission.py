"""A mission file loads, or one sentence says which key of which file is wrong and what was expected."""

import re
from pathlib import Path

import msgspec
import pytest

from fsw.mission import load_mission
from link.models.manifest import WorkerLimits
from tests.link.models.bundles import PRIVATE, bundle

COASTWATCH = Path(__file__).parents[2] / "examples" / "missions" / "coastwatch.toml"


@pytest.fixture
def edited(tmp_path):
    """Write coastwatch with one text replaced by another, paths made absolute; returns the file."""

    def write(old="", new=""):
        text = COASTWATCH.read_text().replace("../scenes", str(COASTWATCH.parents[1] / "scenes"))
        assert old in text
        path = tmp_path / "mission.toml"
        path.write_text(text.replace(old, new, 1))
        return path

    return write


def test_every_example_loads():
    for path in COASTWATCH.parent.glob("*.toml"):
        mission = load_mission(path)
        assert all(scene.file.is_file() for scene in mission.scene), path
        assert mission.managed.spacecraft_id == mission.link["spacecraft_id"]


def test_coastwatch_explains_every_key():
    """A comment stands beside each key where it occurs first."""
    explained: dict[str, bool] = {}
    for line in COASTWATCH.read_text().splitlines():
        if "=" in line and not line.startswith("#"):
            explained.setdefault(line.partition("=")[0].strip(), "#" in line)
    assert [key for key, is_explained in explained.items() if not is_explained] == ["file"]  # its table's comment does


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("apid = 0x041", 'apid = "x"', "node.apid: expected int, got str"),
        ("file = ", "file = 3  #", "scene[0].file: expected str, got int"),
        ("[[scene]]", "[[picture]]", "picture: unknown key, expected one of node"),
        ("[radio]\nbits_per_second = 115200", "radio = 3", "board.radio: unknown key"),
        ("quota = 1 ", "quota = 0 ", "link.tm_channels: 'housekeeping' has no quota, expected one: those after it"),
        ("answers = 50", "answers = 0", "downlink.answers: expected int >= 1"),
        ("apid = 0x041", "apid = 9999", "node.apid: expected int <= 2046"),
        ("apid = 0x041", "", "node.apid: missing, expected a whole number"),
        ("[board]", "colour = 3\n[board]", "node.colour: unknown key, expected one of name, apid"),
        ("[node]", "colour = 3\n[node]", "colour: unknown key, expected one of node, board, radio"),
        ("pixel_m = 28.5", "pixels_m = 28.5", "scene[0].pixels_m: unknown key, expected one of target, file"),
        ("pixel_m = 28.5", "", "scene[0].pixel_m: missing, expected a number"),
        ("sentinel2_desert", "gone", "scene[1].file: no such file"),
        ('target = "desert"', 'target = "coast"', "scene[1].target: 'coast' occurs twice"),
        ('target = "desert"', 'target = "../x"', "scene[1].target: expected up to 40 small letters, digits"),
        ("ground_entity = 2", "ground_entity = 1", "files.ground_entity = 1, expected another than files.entity"),
        ("smallest_px = 9", "smalest_px = 9", "smalest_px: unknown key, expected one of smallest_px; did you mean sm"),
        ('stage = "clean"', 'stage = "claen"', "a file NAME.py or NAME.so; did you mean clean?"),
        ("apid = 0x7FD", "apid = 0x41", "files.apid: 65 is node.apid as well"),
        ("interleave = 2", "interleave = 6", "link.interleave = 6, expected 1, 2, 3, 4, 5 or 8"),
        ("tm_frame_octets = 446", "tm_frame_octets = 100", "link.tm_frame_octets = 100, expected 178 or more"),
        ("interleave = 2", "interleaf = 4", "link.interleaf: unknown"),
        ('name = "files"', 'name = "film"', "link.tm_channels: expected one with the name 'files'"),
        ("[radio]\nbits_per_second = 115200", "", "radio: missing, expected a table"),
        ("[node]", "[node", "at the end of a table declaration"),
        ('stage = "clean"', 'staeg = "clean"', "pipeline.stages[1]: stage: expected the name of a stage"),
        ('stage = "clean"', 'stage = "klean"', "pipeline.stages[1] (klean): no stage 'klean', expected above, "),
        ("threshold = 0.2", "threshold = 2", "pipeline.stages[0] (water): threshold: expected float <= 1.0"),
        (
            "threshold = 0.2",
            'colour = "red"',
            "pipeline.stages[0] (water): colour: unknown key, expected one of threshold",
        ),
        (
            '{ stage = "water", threshold = 0.2 },',
            "",
            "pipeline.stages[0] (clean): takes mask, expected uint8 (row, column); the stage before, the camera, "
            "gives bands (uint8 (band, 352, 349) with bands blue, green, red, nir, swir1, swir2), "
            "valid (uint8 (352, 349)), "
            "and none before it gives mask",
        ),
        (
            'stage = "water", threshold = 0.2',
            'stage = "lee", band = "nir", noise_variance = 1',
            "pipeline.stages[0] (lee): takes bands, expected float32 (band, row, column) with bands nir; the camera "
            "gives uint8 (band, 352, 349) with bands blue, green, red, nir, swir1, swir2 (target 'coast')",
        ),
        ('  { stage = "pack" },', "", "pipeline.stages: no stage gives files, expected one such as pack at the end"),
        ("timeout_s = 20.0", "timeout_s = 0", "jobs.timeout_s: expected"),
    ],
)
def test_one_sentence_names_file_key_and_expectation(edited, old, new, sentence):
    path = edited(old, new)
    with pytest.raises(ValueError, match="^" + str(path)) as caught:
        load_mission(path)
    assert sentence in str(caught.value)
    assert not isinstance(caught.value, msgspec.MsgspecError)
    assert "\n" not in str(caught.value)


def test_tables_that_are_missing_or_none(edited, tmp_path):
    path = edited()
    text = path.read_text()
    path.write_text(text[: text.index("[[scene]]")] + text[text.index("[link]") :])
    with pytest.raises(ValueError, match=r"scene: missing, expected a list of tables$"):
        load_mission(path)
    path.write_text("node = 3\n")
    with pytest.raises(ValueError, match=r"node: expected table, got int$"):
        load_mission(path)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(ValueError, match=r"none\.toml: not a readable mission file \(No such file or directory\)"):
        load_mission(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("limits", "sentence"),
    [
        (
            WorkerLimits(timeout_s=20.5, memory_octets=1),
            "jobs.timeout_s = 20.0, expected 20.5 or more for pipeline.stag",
        ),
        (
            WorkerLimits(timeout_s=1, memory_octets=2**29 + 1),
            "jobs.memory_mib = 512, expected 513 or more for pipeline.stag",
        ),
        (WorkerLimits(timeout_s=20, memory_octets=2**29), "pipeline.stages[0] (clouds): takes bands"),
    ],
)
def test_jobs_may_take_what_a_model_needs(edited, tmp_path, limits, sentence):
    (tmp_path / "model.bundle").write_bytes(bundle(limits=limits).encode(PRIVATE))
    path = edited(
        '  { stage = "water"', '  { stage = "clouds", model = "model.bundle", keys = [] },\n  { stage = "water"'
    )
    with pytest.raises(ValueError, match=re.escape(sentence)):
        load_mission(path)
