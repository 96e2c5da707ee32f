"""`skyrack sequence` as a person meets it."""

from pathlib import Path

import pytest

from link.sequences.form import StoredSequence
from skyrack.cli import main

EXAMPLES = Path(__file__).parents[4] / "examples"
MISSION, LOOK = str(EXAMPLES / "missions" / "coastwatch.toml"), str(EXAMPLES / "sequences" / "look.toml")


def sequence(*words):
    return main(["sequence", *words, "--dictionary", MISSION])


def test_check_says_what_each_step_does(capsys):
    assert sequence("check", LOOK) == 0
    shown = capsys.readouterr()
    assert shown.out == (
        "  0  +0 s: imaging.capture target=coast\n"
        "  1  +0.5 s until NodeStatus.jobs == 0, 60 s at most: imaging.capture target=desert\n"
        "  2  +0 s if NodeStatus.store_octets < 8_000_000: files.release\n"
    )
    assert shown.err.startswith("sequence 3, look twice: 3 steps, ")


def test_a_compiled_file_is_checked_as_well(tmp_path, capsys):
    file = str(tmp_path / "look.seq")
    assert sequence("compile", LOOK, "--out", file) == 0
    assert sequence("check", file) == 0
    assert "imaging.capture target=desert" in capsys.readouterr().out


def test_the_requests_that_load_it(tmp_path, capsys):
    assert sequence("compile", LOOK, "--as", "requests", "--part-octets", "100") == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:4] for line in lines] == [
        ["sequencing.load_part", "sequence=3", f"part={part}", "parts=2"] for part in (0, 1)
    ]
    octets = b"".join(bytes.fromhex(line.rpartition("=")[2]) for line in lines)
    assert StoredSequence.decode(octets).number == 3


def write(tmp_path, content):
    path = tmp_path / "x.toml"
    path.write_bytes(content)
    return str(path)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"number = 1\nname = 'a'\n[[step]]\ncommand = 'test.pang'\n", "step 0: no command is called test.pang"),
        (b"\xff", "x.toml: "),
        (b"SkS1aaaaaaaa", "x.toml: checksum"),
    ],
)
def test_a_fault_is_one_sentence(tmp_path, capsys, content, words):
    assert sequence("check", write(tmp_path, content)) == 2
    assert words in capsys.readouterr().err


def test_a_sequence_of_another_node(tmp_path, capsys):
    other = StoredSequence.decode(compiled(tmp_path))
    changed = StoredSequence(
        number=1, name="a", steps=(type(other.steps[0])(packet=other.steps[0].packet, when="Moon.phase == 1"),)
    )
    assert sequence("check", write(tmp_path, changed.encode())) == 2
    assert "step 0: Moon.phase == 1: nothing is called Moon.phase" in capsys.readouterr().err


def compiled(tmp_path):
    assert sequence("compile", LOOK, "--out", str(tmp_path / "look.seq")) == 0
    return (tmp_path / "look.seq").read_bytes()


def test_where_it_goes_must_be_said(capsys):
    assert sequence("compile", LOOK) == 2
    assert "--out is missing" in capsys.readouterr().err


def test_requests_go_to_stdout_alone(tmp_path, capsys):
    assert sequence("compile", LOOK, "--as", "requests", "--out", str(tmp_path / "requests")) == 2
    assert "--out is not for requests: they go to stdout" in capsys.readouterr().err


def test_too_many_parts(tmp_path, capsys):
    steps = "[[step]]\ncommand = 'test.ping'\n" * 250
    file = write(tmp_path, f"number = 1\nname = 'a'\n{steps}".encode())
    assert sequence("compile", file, "--as", "requests", "--part-octets", "16") == 2
    assert "parts, expected 255 at most" in capsys.readouterr().err


def test_a_definition_is_no_dictionary(tmp_path, capsys):
    path = tmp_path / "d.json"
    path.write_text('{"name":"x","packets":[]}')
    assert main(["sequence", "check", LOOK, "--dictionary", str(path)]) == 2
    assert "expected the dictionary of a node" in capsys.readouterr().err
