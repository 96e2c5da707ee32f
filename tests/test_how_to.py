"""Each how-to page is pasted, block by block, in a copy of what a fresh checkout has; nothing else is supplied.

A `sh` block is run; a `console` block as well, and shows what its commands print; a `python` block is run, and prints
the `text` block behind it; a `python` or `c` block that is a file of the examples is shown as it stands there.
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.patience import PATIENCE_S

ROOT = Path(__file__).parent.parent
PAGES = sorted((ROOT / "docs" / "how-to").glob("*.md"))
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```\n(?:\n```text\n(.*?)^```)?", re.DOTALL | re.MULTILINE)
PORT = "5100"  # of the pages; a test takes one that is free
WANTED = {"write-a-stage.md": "cc"}
FILES = {path.read_text() for path in (ROOT / "examples").rglob("*.*") if path.suffix in (".py", ".c", ".toml")}


class Shell:
    """Runs what a person pastes, one block after another, in `folder`; `close` ends what was left in the background."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._port, self._sessions = folder, free_port(), []
        self._env = {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "HOME": str(folder),
            "XDG_RUNTIME_DIR": str(folder),
        }

    def run(self, text: str, *command: str) -> str:
        """What it prints. `command`: the program that reads it, else a shell."""
        script = self._folder / "pasted"
        script.write_text(text.replace(PORT, self._port))
        with tempfile.TemporaryFile("w+") as printed, tempfile.TemporaryFile("w+") as said:
            process = subprocess.Popen(
                [*(command or ("bash", "-e")), str(script)],
                cwd=self._folder, env=self._env, stdin=subprocess.DEVNULL, stdout=printed, stderr=said,
                start_new_session=True,
            )  # fmt: skip
            self._sessions.append(process.pid)
            code = process.wait(PATIENCE_S)
            said.seek(0)
            assert code == 0, f"{text}\n{said.read()}"
            printed.seek(0)
            return printed.read()

    def close(self) -> None:
        for session in self._sessions:
            try:
                os.killpg(session, signal.SIGTERM)
            except ProcessLookupError:
                continue


def free_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return str(listener.getsockname()[1])


@pytest.fixture
def shell():
    folder = Path(tempfile.mkdtemp(prefix="page"))  # not pytest's own, which is too deep for a Unix socket's path
    for name in ("examples", "csrc/include", "docs"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    pasted = Shell(folder)
    yield pasted
    pasted.close()
    shutil.rmtree(folder)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_page(page, shell):
    program = WANTED.get(page.name)
    if program and not shutil.which(program):
        pytest.skip(f"no {program} is here")
    for language, text, printed in BLOCK.findall(page.read_text()):
        if language == "console":
            paste_session(text, shell)
        elif language == "sh":
            shell.run(text)
        elif language == "python" and text not in FILES:
            assert shell.run(text, "python") == printed


def paste_session(text, shell):
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, _, shown = part.partition("\n")
        assert shell.run(command) == shown, command


def test_files_that_pages_show_are_those_of_the_examples():
    page = (ROOT / "docs" / "how-to" / "write-a-stage.md").read_text()
    for file in (ROOT / "examples" / "stages").iterdir():
        assert file.read_text() in page, file


def test_there_are_pages_with_blocks():
    pasted = {page.stem: len(BLOCK.findall(page.read_text())) for page in PAGES}
    assert all(
        pasted[name] >= 3 for name in ("bring-a-model", "command-a-node", "decode-a-recording", "write-a-stage")
    ), pasted
