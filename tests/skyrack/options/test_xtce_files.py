"""XTCE as a person has it: in several files, in folders, with roots to choose, notes and refusals."""

import json
from pathlib import Path

import numpy as np
import pytest

from link.packets.space_packet import SpacePacket
from skyrack.cli import main

TYPE = '<IntegerParameterType name="u8"><IntegerDataEncoding/></IntegerParameterType>'
NAMESPACE = 'xmlns="http://www.omg.org/spec/XTCE/20180204"'
XI = '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="{}"/>'
HEADER = "".join(f'<ParameterRefEntry parameterRef="/types/h{number}"/>' for number in range(6))


def system(name, types="", parameters="", containers="", more=""):
    sets = (
        f"<ParameterTypeSet>{types}</ParameterTypeSet><ParameterSet>{parameters}</ParameterSet>"
        f"<ContainerSet>{containers}</ContainerSet>"
    )
    return (
        f'<SpaceSystem name="{name}" {NAMESPACE}>\n<TelemetryMetaData>{sets}</TelemetryMetaData>{more}\n</SpaceSystem>'
    )


def container(name, *parameters):
    inside = "".join(f'<ParameterRefEntry parameterRef="{one}"/>' for one in parameters)
    return f'<SequenceContainer name="{name}"><EntryList>{HEADER}{inside}</EntryList></SequenceContainer>'


HEADS = "".join(f'<Parameter name="h{number}" parameterTypeRef="u8"/>' for number in range(6))
X = '<Parameter name="{}" parameterTypeRef="../types/u8"/>'


@pytest.fixture
def files(tmp_path):
    folder = tmp_path / "mdb"
    folder.mkdir()
    (folder / "types.xml").write_text(system("types", TYPE, HEADS))
    (folder / "app.xml").write_text(system("app", "", X.format("x"), container("App", "x"), "<ServiceSet/>"))
    return folder


@pytest.fixture
def recording(tmp_path):
    path = tmp_path / "one.bin"
    path.write_bytes(SpacePacket(is_command=False, apid=5, count=0, data=b"\x07").encode())
    return str(path)


def listed(capsys, *words):
    code = main(["decode", *words, "--list"])
    captured = capsys.readouterr()
    return code, captured.out.split(" ")[-1].strip(), captured.err


def test_several_files_and_a_folder_are_one_database(files, recording, capsys):
    words = ("--dictionary", str(files / "types.xml"), "--dictionary", str(files / "app.xml"))
    for chosen in (words, ("--dictionary", str(files))):
        code, value, told = listed(capsys, recording, *chosen)
        assert (code, value) == (0, "x=7")
        assert f"skyrack: {files / 'app.xml'}: line 2: ServiceSet is passed over\n" in told


def test_files_that_a_file_includes(files, recording, capsys):
    whole = files.parent / "whole.xml"
    more = XI.format("mdb/types.xml") + XI.format("mdb/app.xml")
    whole.write_text(f'<SpaceSystem name="S" {NAMESPACE}>{more}</SpaceSystem>')
    text = (files / "app.xml").read_text()
    (files / "app.xml").write_text(text.replace('"/types/', '"/S/types/'))
    assert listed(capsys, recording, "--dictionary", str(whole))[:2] == (0, "app.x=7")
    (files / "app.xml").write_text(text.replace("</SpaceSystem>", XI.format("../whole.xml") + "</SpaceSystem>"))
    assert main(["decode", recording, "--dictionary", str(whole)]) == 2
    assert capsys.readouterr().err.endswith("whole.xml: includes itself\n")


def test_the_root_is_chosen(files, recording, capsys):
    both = container("App", "x") + container("Other", "x", "x")
    (files / "app.xml").write_text(system("app", "", X.format("x"), both))
    assert main(["decode", recording, "--dictionary", str(files)]) == 2
    assert "which container is the root? Name one of App, Other" in capsys.readouterr().err
    assert listed(capsys, recording, "--dictionary", str(files), "--root", "App")[:2] == (0, "x=7")
    assert main(["decode", recording, "--dictionary", str(files), "--root", "app"]) == 2
    assert "no container is called app; did you mean App?" in capsys.readouterr().err


@pytest.mark.parametrize("words", [("--root", "P"), ("--without", "X")])
def test_words_about_xtce_need_some(recording, words, capsys):
    assert main(["decode", recording, *words]) == 2
    assert "is about XTCE: say which with --dictionary" in capsys.readouterr().err


def test_all_that_is_refused_is_told_by_file_and_line(files, recording, capsys):
    odd = '<FloatParameterType name="f">\n<FloatDataEncoding encoding="DEC"/></FloatParameterType>'
    (files / "app.xml").write_text(
        system(
            "app", odd, X.format("x") + '<Parameter name="y" parameterTypeRef="f"/>', container("App", "x", "y", "z")
        )
    )
    assert main(["decode", recording, "--dictionary", str(files)]) == 2
    said = capsys.readouterr().err.splitlines()
    assert said == [
        f"skyrack decode: {files / 'app.xml'}: line 3: FloatDataEncoding: encoding = DEC is not supported",
        f"{files / 'app.xml'}: line 3: no parameter is called z",
    ]


def test_one_file_of_several_says_that_there_are_more(files, recording, capsys):
    assert main(["decode", recording, "--dictionary", str(files / "app.xml")]) == 2
    sentences = capsys.readouterr().err.splitlines()
    assert "line 2: no parameter is called /types/h0" in sentences[0]
    assert (
        sentences[-1] == "what is called so may stand in another file: give all files of the database, or their folder"
    )
    assert main(["decode", recording, "--dictionary", str(files / "types.xml")]) == 2
    assert capsys.readouterr().err.endswith("types.xml: the definition has no container that describes packets\n")


@pytest.mark.parametrize(
    ("names", "sentence"),
    [(["a.json", "b.xml"], "a.json: of several files each has to be XTCE, and end in .xml or .xtce"),
     (["empty"], "empty: no file in this folder ends in .xml or .xtce")],
)  # fmt: skip
def test_what_is_no_database(names, sentence, tmp_path, recording, capsys):
    (tmp_path / "empty").mkdir()
    (tmp_path / "b.xml").write_text(system("b"))
    words = [word for name in names for word in ("--dictionary", str(tmp_path / name))]
    assert main(["decode", recording, *words]) == 2
    assert sentence in capsys.readouterr().err


def test_too_many_files(tmp_path, recording, capsys, monkeypatch):
    from skyrack.options import xtce_files

    monkeypatch.setattr(xtce_files, "_FILES_MAX", 1)
    for name in "ab":
        (tmp_path / f"{name}.xml").write_text(system(name))
    assert main(["decode", recording, "--dictionary", str(tmp_path)]) == 2
    assert "2 XTCE files, expected 1 at most" in capsys.readouterr().err


def test_a_leading_size_is_octets_in_the_dialect_of_yamcs(files, recording, capsys):
    size = '<StringDataEncoding><SizeInBits><LeadingSize sizeInBitsOfSizeTag="8"/></SizeInBits></StringDataEncoding>'
    odd = f'<StringParameterType name="s">{size}</StringParameterType>'
    text = system("app", odd, '<Parameter name="x" parameterTypeRef="s"/>', container("App", "x"))
    (files / "app.xml").write_text(text)
    packet = SpacePacket(is_command=False, apid=5, count=0, data=b"\x02ab")
    Path(recording).write_bytes(packet.encode())
    assert main(["decode", recording, "--dictionary", str(files)]) == 2
    assert "as octets with --dialect yamcs" in capsys.readouterr().err
    assert listed(capsys, recording, "--dictionary", str(files), "--dialect", "yamcs")[:2] == (0, "x=ab")


def test_several_files_become_one_definition(files, capsys):
    assert main(["dictionary", "import", str(files / "types.xml"), str(files / "app.xml")]) == 0
    assert [one["name"] for one in json.loads(capsys.readouterr().out)["packets"]] == ["App"]


TABLE = "name,data_type,bit_length,bit_offset\nA,uint,8,0\n"


def test_offsets_that_lie_in_the_header_are_reported(tmp_path, recording, capsys):
    table = tmp_path / "t.csv"
    table.write_text(TABLE)
    code, _, told = listed(capsys, recording, "--dictionary", str(table))
    assert code == 0
    assert "A would lie in the primary header, where bit_offset begins to count" in told
    assert "of offsets from its end the column is data_bit_offset" in told


@pytest.fixture
def uncertain(files):
    """A label, a text and a time that may not be."""
    labels = '<EnumerationList><Enumeration value="1" label="on"/></EnumerationList>'
    points = '<SplinePoint raw="0" calibrated="0"/><SplinePoint raw="10" calibrated="5"/>'
    curve = f"<DefaultCalibrator><SplineCalibrator>{points}</SplineCalibrator></DefaultCalibrator>"
    clock = (
        '<Encoding units="months"><IntegerDataEncoding/></Encoding><ReferenceTime><Epoch>UNIX</Epoch></ReferenceTime>'
    )
    types = (
        f'<EnumeratedParameterType name="e"><IntegerDataEncoding/>{labels}</EnumeratedParameterType>'
        f'<IntegerParameterType name="c"><IntegerDataEncoding>{curve}</IntegerDataEncoding></IntegerParameterType>'
        f'<AbsoluteTimeParameterType name="t">{clock}</AbsoluteTimeParameterType>'
    )
    said = "".join(f'<Parameter name="{name}" parameterTypeRef="{name}"/>' for name in "ect")
    (files / "app.xml").write_text(system("app", types, said, container("App", "e", "c", "t")))
    return files


def test_values_that_cannot_be_are_marked_everywhere(uncertain, tmp_path, capsys):
    path = tmp_path / "two.bin"
    packets = [
        SpacePacket(is_command=False, apid=5, count=n, data=bytes(data))
        for n, data in enumerate(((1, 4, 0), (7, 99, 0)))
    ]
    path.write_bytes(b"".join(packet.encode() for packet in packets))
    words = [str(path), "--dictionary", str(uncertain)]
    assert main(["decode", *words, "--list"]) == 0
    captured = capsys.readouterr()
    assert [line.split(" ")[-3:-1] for line in captured.out.splitlines()] == [
        ["e=on", "c=2"],
        ["e=7(invalid)", "c=99(invalid)"],
    ]
    assert "invalid: e, 1 times: 7 has no label\ninvalid: c, 1 times: 99 lies outside" in captured.err
    assert "skyrack: t counts from an epoch, or in a unit, that is not known: it gives no times" in captured.err
    assert main(["decode", *words, "--out", str(tmp_path / "t.csv")]) == 0
    assert (tmp_path / "t.csv").read_text().splitlines()[2].split(",")[-3:-1] == ["7(invalid)", "99(invalid)"]
    assert main(["decode", *words, "--out", str(tmp_path / "t.npz")]) == 0
    with np.load(tmp_path / "t.npz") as arrays:
        assert arrays["e"].tolist() == ["on", "7(invalid)"]
        assert arrays["c"][0] == 2.0
        assert np.isnan(arrays["c"][1])
    pytest.importorskip("pyarrow", reason="pyarrow is not here")
    import pyarrow.parquet

    assert main(["decode", *words, "--out", str(tmp_path / "t.parquet")]) == 0
    columns = pyarrow.parquet.read_table(tmp_path / "t.parquet").to_pydict()
    assert (columns["e"], columns["c"]) == (["on", None], [2.0, None])


def test_files_that_include_one_another_without_end(tmp_path, capsys):
    """Each the next one twice, by two names: that of the last one stands there thousands of times."""
    for number in range(14):
        inside = "".join(XI.format(f"{way}{number + 1}.xml") for way in ("", "./")) if number < 13 else ""
        (tmp_path / f"{number}.xml").write_text(f'<SpaceSystem name="S" {NAMESPACE}>{inside}</SpaceSystem>')
    assert main(["dictionary", "import", str(tmp_path / "0.xml")]) == 2
    assert "with those that are included, expected 1000 files" in capsys.readouterr().err


def test_a_file_that_is_given_twice_is_there_once(files, recording, capsys):
    """So is one that another includes, in the folder of both."""
    words = ["--dictionary", str(files), "--dictionary", str(files / "app.xml"), "--dictionary", str(files / "app.xml")]
    assert main(["decode", recording, *words]) == 0
    include = '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="../mdb/types.xml"/>'
    (files / "all.xml").write_text(f'<SpaceSystem name="all" {NAMESPACE}>{include}</SpaceSystem>')
    (files / "app.xml").unlink()
    capsys.readouterr()
    assert main(["dictionary", "show", str(files)]) == 0
    assert capsys.readouterr().err == ""


def test_what_is_not_there_cannot_be_left_out(files, recording, tmp_path, capsys):
    assert main(["decode", recording, "--dictionary", str(files), "--without", "ServiceSets"]) == 2
    assert capsys.readouterr().err == "skyrack decode: --without ServiceSets: no element is called so\n"
    table = tmp_path / "T.CSV"
    table.write_text("name,data_type,bit_length\nA,uint,8\n")
    for words in (["--without", "ServiceSet"], ["--dialect", "yamcs"]):
        assert main(["decode", recording, "--dictionary", str(table), *words]) == 2
        assert capsys.readouterr().err == f"skyrack decode: {' '.join(words)} is about XTCE, which {table} is not\n"
    assert main(["decode", recording, "--dialect", "yamcs"]) == 2


def test_endings_may_be_capitals(files, recording, tmp_path):
    whole, out = tmp_path / "MDB", tmp_path / "OUT.CSV"
    files.rename(whole)
    for file in whole.iterdir():
        file.rename(file.with_suffix(".XML"))
    for _ in range(2):
        assert main(["decode", recording, "--dictionary", str(whole), "--out", str(out)]) == 0
    assert out.exists()
