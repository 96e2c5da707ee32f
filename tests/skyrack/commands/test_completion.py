"""What a shell offers behind `skyrack`, by the shell itself."""

import shutil
import subprocess

import pytest

from skyrack.cli import COMMANDS, main
from skyrack.commands.completion import SHELLS

ASKED = r"""
source "$1"
COMP_WORDS=("${@:2}") COMP_CWORD=$(($# - 2))
"$(complete -p skyrack | sed 's/.*-F \([^ ]*\).*/\1/')"
printf '%s\n' "${COMPREPLY[@]}"
"""


@pytest.fixture
def offered(tmp_path, capsys):
    if not shutil.which("bash"):
        pytest.skip("no bash is here")
    assert main(["completion", "bash"]) == 0
    (tmp_path / "script").write_text(capsys.readouterr().out)

    def ask(*words):
        command = ["bash", "--norc", "-c", ASKED, "bash", str(tmp_path / "script"), *words]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()

    return ask


def test_bash_completes_commands(offered):
    assert set(COMMANDS) <= set(offered("skyrack", ""))
    assert offered("skyrack", "dem") == ["demo"]


def test_bash_completes_what_a_command_takes(offered):
    assert "serve" in offered("skyrack", "ground", "se")
    assert offered("skyrack", "demo", "--noi") == ["--noise"]


@pytest.mark.parametrize("shell", SHELLS)
def test_every_shell_has_a_script(shell, capsys):
    assert main(["completion", shell]) == 0
    script = capsys.readouterr().out
    assert all(command in script for command in COMMANDS)
