"""Values of every form as columns and cells."""

import csv
import json
import struct

import numpy as np
import pytest

from ground.recordings.output.export import open_export, path_of
from ground.recordings.output.packet_line import packet_json
from link.dictionary.codec.packets import Packet

ROWS = [
    {"n": 1, "name": "A", "blob": b"\x01\x02", "list": [1, 2], "group": {"x": b"\xff"}, "maybe": None, "ragged": [1]},
    {"n": 2, "name": "B", "blob": b"\x03\x04", "list": [3, 4], "group": {"x": b""}, "maybe": 2.5, "ragged": [{"y": 1}]},
]


def written(path):
    export = open_export(path)
    for row in ROWS:
        export.add("kind", row, b"")
    return export.close()


def test_cells(tmp_path):
    (path,) = written(tmp_path / "t.csv")
    first, second = csv.DictReader(path.open())
    assert first["blob"] == "0102"
    assert first["maybe"] == ""
    assert json.loads(first["list"]) == [1, 2]
    assert json.loads(first["group"]) == {"x": "ff"}
    assert second["maybe"] == "2.5"


def test_arrays(tmp_path):
    (path,) = written(tmp_path / "t.npz")
    with np.load(path) as arrays:  # without pickle
        assert arrays["n"].tolist() == [1, 2]
        assert arrays["name"].tolist() == ["A", "B"]
        assert arrays["blob"].tolist() == [[1, 2], [3, 4]]
        assert arrays["list"].tolist() == [[1, 2], [3, 4]]
        assert np.isnan(arrays["maybe"][0])
        assert arrays["maybe"][1] == 2.5
        assert [json.loads(one) for one in arrays["group"]] == [{"x": "ff"}, {"x": ""}]
        assert [json.loads(one) for one in arrays["ragged"]] == [1, {"y": 1}]


@pytest.mark.parametrize("ending", [".csv", ".npz"])
def test_tables_beside_rows_are_files_by_kind(tmp_path, ending):
    export = open_export(tmp_path / f"t{ending}")
    export.add("one", {"n": 1}, b"")
    for part in ([1, 2], [3]):
        export.add_table("two", {"n": np.array(part), "pairs": np.array([[n, n] for n in part])})
    assert export.close() == [tmp_path / f"t.one{ending}", tmp_path / f"t.two{ending}"]
    if ending == ".npz":
        with np.load(tmp_path / "t.two.npz") as arrays:
            assert arrays["pairs"].tolist() == [[1, 1], [2, 2], [3, 3]]
    else:
        assert (tmp_path / "t.two.csv").read_text() == 'n,pairs\n1,"[1, 1]"\n2,"[2, 2]"\n3,"[3, 3]"\n'


@pytest.mark.parametrize("ending", [".csv", ".npz"])
def test_a_table_alone_touches_no_other_file(tmp_path, ending):
    theirs = tmp_path / f"t.one{ending}"
    theirs.write_text("a person's")
    export = open_export(tmp_path / f"t{ending}")
    export.add("one", {"n": 1}, b"")
    assert export.close() == [tmp_path / f"t{ending}"]
    assert theirs.read_text() == "a person's"


def test_a_capture_keeps_time(tmp_path):
    """A packet that does not say when, or says what no capture file can, is shown at the time of the one before it."""
    export = open_export(tmp_path / "t.pcap", recorded_ns=5)
    for utc_ns in (None, 7_000_000_001, None, 1 << 63, -1, 3_000_000_000):
        export.add("kind", {}, b"packet", utc_ns)
    (path,) = export.close()
    records = struct.iter_unpack(">IIII6s", path.read_bytes()[24:])
    assert [record[:2] for record in records] == [(0, 5), (7, 1), (7, 1), (7, 1), (7, 1), (3, 0)]


@pytest.mark.parametrize(
    "names", [("file", "allow_pickle"), ("a", "a.sizes"), ("a", "a.sizes", "a.sizes.2"), ("args", "self")]
)
def test_fields_are_arrays_whatever_they_are_called(tmp_path, names):
    export = open_export(tmp_path / "t.npz")
    for row in ([1], [2, 3]):
        export.add("kind", {name: n if n else row for n, name in enumerate(names)}, b"")
    (path,) = export.close()
    with np.load(path) as arrays:
        assert arrays[names[0]].tolist() == [1, 2, 3]
        assert [arrays[name].tolist() for name in names[1:]] == [[n, n] for n in range(1, len(names))]
        assert [1, 2] in [arrays[name].tolist() for name in arrays.files if name not in names]


@pytest.mark.parametrize("ending", [".csv", ".npz"])
@pytest.mark.parametrize("kinds", [("a/b", "a_b"), ("a_b", "2.a_b", "a/b"), ("x" * 255, "x" * 254), ("é" * 200, "y")])
def test_each_kind_has_a_file_of_its_own(tmp_path, ending, kinds):
    export = open_export(tmp_path / f"t{ending}")
    for number, kind in enumerate(kinds):
        export.add(kind, {"n": number}, b"")
    paths = export.close()
    assert sorted(tmp_path.iterdir()) == sorted(paths)
    assert len(set(paths)) == len(kinds)
    for number, path in enumerate(paths):
        found = np.load(path)["n"].tolist() if ending == ".npz" else [int(path.read_text().split()[1])]
        assert found == [number]


@pytest.mark.parametrize("ending", [".csv", ".npz", ".pcap"])
def test_a_file_is_there_once_it_is_whole(tmp_path, ending):
    """A program that is killed leaves what was there before, and one that fails nothing beside it."""
    path = tmp_path / f"t{ending}"
    path.write_bytes(b"before")
    export = open_export(path)
    export.add("kind", {"n": 1}, b"packet")
    assert path.read_bytes() == b"before"
    export.drop()
    assert [one.read_bytes() for one in tmp_path.iterdir()] == [b"before"]
    export = open_export(path)
    export.add("kind", {"n": 1}, b"packet")
    assert export.close() == list(tmp_path.iterdir()) == [path]
    assert path.read_bytes() != b"before"


def test_a_kind_never_leads_out_of_its_folder(tmp_path):
    assert path_of(tmp_path / "out.csv", "../SYS/hk") == tmp_path / "out..._SYS_hk.csv"


def test_json_has_no_words_for_what_is_no_number():
    said = json.loads(
        packet_json(bytes(9), Packet("P", {"a": [float("nan"), {"b": float("inf")}, 1.5]}, None), None, 5)
    )
    assert (said["utc_ns"], said["kind"], said["values"]) == (5, "P", {"a": [None, {"b": None}, 1.5]})
