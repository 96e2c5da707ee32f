"""`skyrack dictionary` as a person meets it."""

import json
from pathlib import Path

import pytest

from link.dictionary import Dictionary
from link.dictionary.definition import Definition
from skyrack.cli import main

ROOT = Path(__file__).parents[3]
COASTWATCH = str(ROOT / "examples" / "missions" / "coastwatch.toml")


@pytest.fixture
def file(tmp_path, capsys):
    """The dictionary of the example mission, exported."""
    assert main(["dictionary", "export", COASTWATCH]) == 0
    path = tmp_path / "coastwatch.json"
    path.write_text(capsys.readouterr().out)
    return path


def test_export_writes_the_dictionary_file(file):
    assert Dictionary.from_json(file.read_bytes()).node == "coastwatch"


def test_show_finds_by_word(file, capsys):
    assert main(["dictionary", "show", str(file), "Imaging.", "uptime"]) == 0
    shown = capsys.readouterr().out
    assert "imaging.capture" in shown
    assert "NodeStatus.uptime_s" in shown
    assert "ProductStatus" not in shown


def test_show_says_where_nothing_has_that_name(file, capsys):
    assert main(["dictionary", "show", str(file), "imging"]) == 2
    assert capsys.readouterr().err.endswith(": nothing has imging in its name; did you mean imaging?\n")


def test_show_lists_what_services_can_be_asked(file, capsys):
    assert main(["dictionary", "show", str(file), "housekeeping.create", "status.uptime", "--json"]) == 0
    shown = [(entry["kind"].strip(), entry["id"], entry["name"]) for entry in json.loads(capsys.readouterr().out)]
    assert shown == [("field", "0x102", "NodeStatus.uptime_s"), ("request", "3,1", "housekeeping.create_structure")]


def test_the_reference_page_is_that_of_the_example(file, capsys):
    """After a change: skyrack dictionary export examples/missions/coastwatch.toml --to markdown > PAGE."""
    assert main(["dictionary", "export", str(file), "--to", "markdown"]) == 0
    assert capsys.readouterr().out == (ROOT / "docs" / "reference" / "coastwatch.md").read_text()


def test_show_as_json(file, capsys):
    assert main(["dictionary", "show", str(file), "imaging.capture", "--json"]) == 0
    (entry,) = json.loads(capsys.readouterr().out)
    assert (entry["kind"], entry["id"]) == ("command", "0x10")


@pytest.mark.parametrize(
    ("options", "piece"),
    [
        (["--to", "xtce"], "<SpaceSystem"),
        (["--to", "xtce", "--dialect", "yamcs"], "AbsoluteTimeParameterType"),
        (["--to", "markdown"], "# coastwatch: dictionary"),
        (["--to", "wireshark"], 'Proto("coastwatch"'),
        (["--to", "schema"], "json-schema.org"),
    ],
)
def test_export_in_other_forms(file, capsys, options, piece):
    assert main(["dictionary", "export", str(file), *options]) == 0
    assert piece in capsys.readouterr().out


def test_what_was_exported_imports_again(file, tmp_path, capsys):
    assert main(["dictionary", "export", str(file), "--to", "xtce"]) == 0
    xtce = tmp_path / "coastwatch.xml"
    xtce.write_text(capsys.readouterr().out)
    assert main(["dictionary", "import", str(xtce)]) == 0
    imported = tmp_path / "imported.json"
    imported.write_text(capsys.readouterr().out)
    assert Definition.from_json(imported.read_bytes()).name == "coastwatch"
    assert main(["dictionary", "show", str(imported), "NodeStatus"]) == 0
    assert main(["dictionary", "diff", str(imported), str(xtce)]) == 0
    assert main(["dictionary", "export", str(imported), "--to", "markdown"]) == 2
    assert "not of an imported definition" in capsys.readouterr().err


def test_a_ccsdspy_table_imports(tmp_path, capsys):
    table = tmp_path / "house.csv"
    table.write_text("name, data_type, bit_length\nBUS, uint, 16\n")
    assert main(["dictionary", "import", str(table)]) == 0
    assert Definition.from_json(capsys.readouterr().out.encode()).packets[0].name == "house"


def test_diff_says_what_differs(file, tmp_path, capsys):
    other = tmp_path / "other.json"
    changed = json.loads(file.read_text())
    del changed["version"]
    status = next(report for report in changed["reports"] if report["name"] == "NodeStatus")
    status["fields"][1]["unit"] = "starts"
    changed["commands"].pop()
    other.write_text(json.dumps(changed))
    assert main(["dictionary", "diff", str(file), str(file)]) == 0
    assert main(["dictionary", "diff", str(file), str(other)]) == 1
    assert "reports NodeStatus.fields boots.unit: starts is new" in capsys.readouterr().out


def test_check_says_what_has_no_words(tmp_path, capsys):
    odd = tmp_path / "odd.csv"
    odd.write_text("name, data_type, bit_length\nX, float, 16\n")
    assert main(["dictionary", "check", str(odd)]) == 1
    said = capsys.readouterr()
    assert "no XTCE (portable): odd.X: other ground systems do not read a float of 16 bits" in said.out
    assert "2 troubles" in said.err


def test_check_is_content_with_the_example(capsys):
    assert main(["dictionary", "check", COASTWATCH]) == 0
    assert "0 troubles" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.json", "{}", "Object missing required field `node`"),
        ("a.xml", "<x/>", "not XTCE"),
        ("a.txt", "a telemetry list\n", "no dictionary by its ending, expected JSON, a mission (.toml)"),
        ("a.csv", "Name;Bits\n", "no column is called name, but Name;Bits; expected name, data_type"),
        ("a.csv", "name,unit\nT,\udcb0C\n", "octet 12 is no UTF-8: save the table as CSV in UTF-8"),
        ("a.json", '{\n "metadata": {"frameworkVersion": "4"}, "commands": [{}]}', "a dictionary of F Prime, which is"),
        ("a.txt", "# made\nTELEMETRY SAT HEALTH BIG_ENDIAN\n", "a definition of COSMOS, which is not read here"),
    ],
)
def test_a_bad_file_is_named(tmp_path, capsys, name, content, sentence):
    path = tmp_path / name
    path.write_text(content, encoding="utf-8", errors="surrogateescape")
    assert main(["dictionary", "show", str(path)]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"skyrack dictionary: {path}: ")
    assert sentence in said
    assert said.count("\n") == 1
