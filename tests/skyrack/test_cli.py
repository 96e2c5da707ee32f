"""The command line: what a person typed wrong is one sentence and a code, never a traceback."""

import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace

import pytest

from kernels.usage import UsageError
from skyrack import cli

ROOT = Path(__file__).parents[2]
COASTWATCH = ROOT / "examples" / "missions" / "coastwatch.toml"


def skyrack(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "skyrack.cli", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_help_lists_every_command():
    done = skyrack("--help")
    assert done.returncode == 0
    assert all(name in done.stdout for name in cli.COMMANDS)


@pytest.mark.parametrize("arguments", [(), ("fly",), ("doctor", "--wings")])
def test_misuse_is_code_2_with_words_on_stderr(arguments):
    done = skyrack(*arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_every_command_explains_itself(name):
    text = cli.parser_for(name).format_help()
    assert f"skyrack {name}" in text
    assert len(text.splitlines()) > 5


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (UsageError("typed"), 2, "typed"),
        (OSError("device"), 1, "device"),
        (
            FileNotFoundError(2, "No such file or directory", "out/x.json"),
            1,
            f"{Path.cwd()}/out/x.json: No such",
        ),
        (ModuleNotFoundError("x", name="pyarrow"), 1, "pyarrow is not installed"),
        (BrokenPipeError(32, "Broken pipe"), 1, "Broken pipe"),
        (KeyboardInterrupt(), 130, "stopped"),
        (ValueError("could not broadcast\nshapes"), 70, "a bug in Skyrack (ValueError: could not broadcast shapes); "),
        (KeyError("x"), 70, "a bug in Skyrack (KeyError: 'x')"),
        (ModuleNotFoundError("x", name="ground.gone"), 70, "a bug in Skyrack"),
        (AssertionError(), 70, "SKYRACK_DEBUG=1"),
        (RecursionError("deep"), 70, "a bug in Skyrack"),
        (MemoryError(), 1, "out of memory"),
    ],
)
def test_errors_become_sentences_and_codes(monkeypatch, capsys, error, code, said):
    """Only what a person typed is misuse; a ValueError of our own is not."""

    def fail(options):
        raise error

    monkeypatch.setattr("skyrack.commands.doctor.run", fail)
    monkeypatch.delenv("SKYRACK_DEBUG", raising=False)
    assert cli.main(["doctor"]) == code
    told = capsys.readouterr().err
    assert told.startswith("skyrack doctor: ")
    assert said in told
    assert told.count("\n") == 1


@pytest.mark.parametrize("error", [ValueError("bug"), UsageError("typed"), OSError("device")])
def test_debug_shows_where_an_error_came_from(monkeypatch, capsys, error):
    def fail(options):
        raise error

    monkeypatch.setattr("skyrack.commands.doctor.run", fail)
    monkeypatch.setenv("SKYRACK_DEBUG", "1")
    assert cli.main(["doctor"]) != 0
    told = capsys.readouterr().err
    assert "Traceback" in told
    assert "in fail" in told
    assert "skyrack doctor: " in told


def test_no_command_takes_every_value_error_for_misuse():
    """A handler of ValueError that wraps a whole command would call a bug misuse."""
    for path in (ROOT / "skyrack").glob("*.py"):
        assert "except ValueError" not in path.read_text() or path.name in ("dictionary.py", "decode.py"), path


def test_version():
    done = skyrack("--version")
    assert (done.returncode, done.stdout) == (0, f"skyrack {version('skyrack')}\n")


@pytest.mark.parametrize(
    ("arguments", "meant"),
    [
        (("grond",), "did you mean ground?"),
        (("ground", "staus"), "did you mean status?"),
        (("dictionary", "exprot", "x"), "did you mean export?"),
        (("decode", "x", "--frame-octet", "3", "--dictionry", "x"), "did you mean --dictionary?"),
        (("pipeline", "chekc", "x"), "did you mean check?"),
    ],
)
def test_a_near_miss_is_answered_with_what_was_meant(capsys, arguments, meant):
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)
    assert ended.value.code == 2
    assert meant in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("ground watch --for nan", "--for: nan: expected 0..1000000"),
        ("ground watch --for -1", "--for: -1: expected 0..1000000"),
        ("ground status --wait inf", "--wait: inf: expected 0..1000000"),
        ("ground command test.ping --wait --timeout nan", "--timeout: nan: expected 0..1000000"),
        ("ground plot A.b --last 0", "--last: 0: expected 1..100000"),
        ("ground show 0", "NUMBER: 0: expected 1..2147483648"),
        ("ground show one", "NUMBER: invalid whole number value: 'one'"),
        ("cable --baud 99999999999", "--baud: 99999999999: expected 1..1000000000"),
        ("dictionary export x --port 70000", "--port: 70000: expected 1..65535"),
        ("model import x --divisor 0", "--divisor: 0: expected 1e-09..1000000000"),
        ("model import x --tolerance nan", "--tolerance: nan: expected 0..1000000000"),
        ("model import x --timeout-s inf", "--timeout-s: inf: expected 0.001..86400"),
        ("model import x --memory-mib 0", "--memory-mib: 0: expected 1..1048576"),
    ],
)
def test_a_number_that_cannot_be_meant_is_refused_before_anything_is_done(capsys, arguments, said):
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments.split())
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("name", ["serve", "command", "show", "list", "watch", "plot", "status"])
def test_a_sub_command_explains_itself_and_says_where_examples_are(capsys, name):
    with pytest.raises(SystemExit):
        cli.main(["ground", name, "--help"])
    shown = capsys.readouterr().out
    assert "\n\n" in shown.partition("usage:")[2]
    assert "`skyrack ground --help` has examples." in shown


def test_arguments_of_a_command_are_not_called_required(capsys):
    with pytest.raises(SystemExit):
        cli.main(["ground", "command"])
    assert capsys.readouterr().err.endswith("error: the following arguments are required: NAME\n")


@pytest.mark.parametrize(
    "words",
    [
        "imaging.capture target=coast --wait --timeout 5",
        "imaging.capture --wait target=coast --timeout 5",
        "--wait imaging.capture --timeout 5 target=coast",
        "--timeout 5 --wait target=coast imaging.capture",
        "imaging.capture --timeout=5 target=coast --wait",
    ],
)
def test_options_and_arguments_of_a_command_stand_in_any_order(monkeypatch, words):
    sent = []

    class Client:
        def __init__(self, socket):
            pass

        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

        def command(self, name, arguments, confirm):
            sent.append((name, arguments))
            return SimpleNamespace(number=1, name=name)

        def wait_command(self, number, timeout_s, on_stage):
            sent.append(timeout_s)
            return SimpleNamespace(state="completed", name="imaging.capture", reason="")

    monkeypatch.setattr("ground.service.client.Client", Client)
    assert cli.main(["ground", "command", *words.split()]) == 0
    assert sent == [("imaging.capture", {"target": "coast"}), 5.0]


def test_an_unknown_option_of_a_command_is_still_refused(capsys):
    with pytest.raises(SystemExit):
        cli.main(["ground", "command", "imaging.capture", "target=coast", "--wiat"])
    assert "--wiat" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [("pipeline", "list"), ("dictionary", "export", str(COASTWATCH))])
def test_a_reader_that_has_seen_enough_is_no_error(arguments):
    """As `skyrack ... | head -1`: nothing is said, whether the output was large or waited in a buffer."""
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, "-m", "skyrack.cli", *arguments]
    done = subprocess.run(command, stdout=write, stderr=subprocess.PIPE, text=True, check=False)
    os.close(write)
    assert (done.returncode, done.stderr) == (1, "")


def test_what_a_shell_would_expand_is_quoted_in_examples():
    """A `?` in a URL stands for any character in a shell: zsh refuses such a word unless it is quoted."""
    for name in cli.COMMANDS:
        text = cli.parser_for(name).format_help()
        examples = [line for line in text.splitlines() if line.lstrip().startswith("skyrack ")]
        assert not [line for line in examples if "?" in line.replace("'", " '").split(" '")[0]], name


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_streams_that_whoever_started_us_closed(closed, tmp_path):
    """As a supervisor may: what is said goes nowhere, and into no file that is opened next."""
    recording = tmp_path / "r.bin"
    recording.write_bytes(b"\x00\x05\xc0\x00\x00\x00x")
    command = f"{sys.executable} -m skyrack.cli decode {recording} --out {tmp_path}/o.bin {closed}"
    assert subprocess.run(["sh", "-c", command], capture_output=True, check=False, cwd=Path.cwd()).returncode == 0
    assert (tmp_path / "o.bin").read_bytes() == recording.read_bytes()


def test_it_does_not_run_without_docstrings():
    """They are the sentences of events and the texts of a dictionary: without them everybody's would be others."""
    command = [sys.executable, "-OO", "-m", "skyrack.cli", "world", "--hours", "0.001"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "docstrings" in done.stderr
