"""The table of foreign definitions: what is counted, what is reported, and how it ends."""

import json

import pytest

from benchmarks import definitions
from tests.link.dictionary.xtce.files import U8, container, entries, parameters, system, telemetry

GOOD = system("S", telemetry(U8, parameters("p"), container("P", entries("p"))))
COUNTED = (
    '<StringParameterType name="u8"><StringDataEncoding><SizeInBits><Fixed><FixedValue>8</FixedValue></Fixed>'
    '<LeadingSize sizeInBitsOfSizeTag="8"/></SizeInBits></StringDataEncoding></StringParameterType>'
)
IN_YAMCS = system("S", telemetry(COUNTED, parameters("p"), container("P", entries("p"))))
COMMAND = "<CommandMetaData><MetaCommandSet><MetaCommand name='M' odd='1'/></MetaCommandSet></CommandMetaData>"
UNLESS_COMMANDED = system("S", telemetry(U8, parameters("p"), container("P", entries("p"))) + COMMAND)


@pytest.fixture
def folder(tmp_path):
    for name, said in {
        "one/good.xml": GOOD,
        "one/deep/yamcs.xml": IN_YAMCS,
        "one/pom.xml": "<project/>",
        "two/commands.xtce": UNLESS_COMMANDED,
        "none/readme.txt": "",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(said)
    return tmp_path


def test_a_row_for_each_repository(folder, capsys):
    rows = folder / "rows.json"
    assert definitions.main([str(folder), "--json", str(rows)]) == 0
    one, two = json.loads(rows.read_text())
    assert {name: one[name] for name in ("repository", "files", "load", "telemetry", "yamcs", "both")} == {
        "repository": "one", "files": 2, "load": 1, "telemetry": 1, "yamcs": 2, "both": 2,
    }  # fmt: skip
    assert one["refusal"].startswith("deep/yamcs.xml: line 1: LeadingSize is not supported")
    assert (two["load"], two["telemetry"], two["refusal"]) == (
        0, 1, "commands.xtce: line 1: MetaCommand M: attribute odd is not supported",
    )  # fmt: skip
    assert "| all | 3 | 1 | 2 | 2 | 3 | |" in capsys.readouterr().out


def test_every_refusal_is_told_with_its_file(folder, capsys):
    assert definitions.main([str(folder / "two"), "--every"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "two/commands.xtce: line 1: MetaCommand M: attribute odd is not supported"


def test_what_is_neither_read_nor_refused_is_a_failure(folder, capsys, monkeypatch):
    def broken(*_):
        raise KeyError("x")

    monkeypatch.setattr(definitions, "read_database", broken)
    assert definitions.main([str(folder)]) == 1
    assert "one/good.xml: KeyError: 'x'" in capsys.readouterr().err


@pytest.mark.parametrize("missing", ["none", "nowhere"])
def test_folders_without_definitions(folder, missing, capsys):
    with pytest.raises(SystemExit) as ended:
        definitions.main([str(folder / missing)])
    assert ended.value.code == 2
    assert capsys.readouterr().err.count("error:") == 1
