"""The README's sessions are run, and say what they say there; figures may differ, words may not."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.patience import PATIENCE_S

ROOT = Path(__file__).parent.parent
SESSION = re.compile(r"^```console\n(.*?)^```", re.DOTALL | re.MULTILINE)
FIGURE = re.compile(r"\d+(\.\d+)?")


def commands():
    """Each command of each session with the lines that follow it."""
    for session in SESSION.findall((ROOT / "README.md").read_text(encoding="utf-8")):
        for part in re.split(r"^\$ ", session, flags=re.MULTILINE)[1:]:
            command, _, output = part.partition("\n")
            yield command, output


def words_of(command):
    """`make demo` is what its rule runs in an environment that is there already."""
    words = shlex.split(command)
    assert words[0] in ("make", "skyrack"), command
    return [sys.executable, "-m", "skyrack.cli", *words[1:]]


def pattern_of(output):
    """Figures stand for figures, a line `...` for any lines, `...` in a line for anything."""
    lines = (r"(.*\n)*?" if line == "..." else _line_pattern(line) for line in output.splitlines())
    return "".join(lines)


def _line_pattern(line):
    plain = (FIGURE.sub("#", part) for part in line.split("..."))
    return ".*".join(re.escape(part) for part in plain) + "\n"


@pytest.mark.parametrize(("command", "output"), list(commands()), ids=lambda text: text[:30])
def test_session(tmp_path, command, output):
    """In a home and a runtime folder of its own: a service of the user's is no business of a test's."""
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    done = subprocess.run(
        words_of(command), cwd=tmp_path, capture_output=True, text=True, check=False, timeout=PATIENCE_S,
        env={"PYTHONPATH": str(ROOT), "HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path), "PATH": "/usr/bin:/bin"},
    )  # fmt: skip
    said = done.stdout if done.returncode == 0 else done.stdout + done.stderr
    assert re.fullmatch(pattern_of(output), FIGURE.sub("#", said)), said


def test_there_are_sessions():
    assert next(command for command, _ in commands()) == "make demo"
