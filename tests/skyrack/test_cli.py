"""The command line: what a person typed wrong is one sentence and a code, never a traceback."""

import subprocess
import sys

import pytest

from skyrack import cli


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
    ("error", "code"), [(ValueError("typed"), 2), (OSError("device"), 1), (KeyboardInterrupt(), 130)]
)
def test_errors_become_sentences_and_codes(monkeypatch, capsys, error, code):
    def fail(options):
        raise error

    monkeypatch.setattr("skyrack.doctor.run", fail)
    assert cli.main(["doctor"]) == code
    assert capsys.readouterr().err.startswith("skyrack doctor: ")
