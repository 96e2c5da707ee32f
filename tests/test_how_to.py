"""Each how-to page is pasted, block by block, in a copy of what a fresh checkout has; a tutorial in an empty folder.

A `sh` block is run; a `console` block as well, and shows what its commands print; a `python` block is run, and prints
the `text` block behind it; a `python` or `c` block that is a file of the examples is shown as it stands there. A block
with a title is a file of that name. What a tutorial shows may differ in its figures, not in its words.
"""

import contextlib
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
from tests.test_readme import FIGURE, pattern_of

ROOT = Path(__file__).parent.parent
PAGES = sorted((ROOT / "docs" / "how-to").glob("*.md"))
TUTORIALS = sorted((ROOT / "docs" / "tutorial").glob("*.md"))
BLOCK = re.compile(r'^```(\w+)(?: title="([\w.-]+)")?\n(.*?)^```\n(?:\n```text\n(.*?)^```)?', re.DOTALL | re.MULTILINE)
COPIED = ("examples", "csrc/include", "docs")
LONG = {
    "command-a-node",
    "decode-a-recording",
    "first-app",
    "import-a-scene",
    "keep-an-archive",
    "manage-files",
    "replay-a-bug",
    "see-what-was-missed",
    "update-a-model",
    "update-a-node",
    "use-sequences",
    "write-a-stage",
}
"""Pages that take seconds, most of them with a node of its own; the slow tests paste them."""
PORTS = ("5100", "5101")  # of the pages; a test takes others, which are free
WANTED = {"write-a-stage.md": "cc", "write-an-app.md": "cc", "test-an-app.md": "cc"}
FILES = {path.read_text() for path in (ROOT / "examples").rglob("*.*") if path.suffix in (".py", ".c", ".toml")}


class Paste:
    """What a person pastes into one shell in `folder`: `script` in the end, and what each part of it is to print."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.script, self.shown = folder, "set -e\n", []

    def add(self, language: str, title: str, text: str, printed: str) -> None:
        if title:
            (self.folder / title).write_text(text)
        elif language == "sh":
            self.script += text
        elif language == "console":
            for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
                self._expect(*part.partition("\n")[::2])
        elif language == "python" and text not in FILES:
            number = len(self.shown)
            (self.folder / f"pasted-{number}.py").write_text(text)
            self._expect(f"python pasted-{number}.py", printed)

    def _expect(self, command: str, printed: str) -> None:
        number = len(self.shown)
        self.script += f"{{ {command}\n}} > printed-{number}\n" if " > " not in command else f"{command}\n"
        self.shown.append((command, printed))

    def run(self) -> None:
        for port in PORTS:
            self.script = self.script.replace(port, free_port())
        env = {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "HOME": str(self.folder),
            "XDG_RUNTIME_DIR": str(self.folder),
        }
        with tempfile.TemporaryFile("w+") as said:
            process = subprocess.Popen(
                ["bash", "-c", self.script], cwd=self.folder, env=env, stdin=subprocess.DEVNULL,
                stdout=said, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
            try:
                code = process.wait(PATIENCE_S)
            finally:
                with contextlib.suppress(ProcessLookupError):  # what was left in the background, if anything was
                    os.killpg(process.pid, signal.SIGTERM)
            said.seek(0)
            assert code == 0, said.read()

    def printed(self, number: int) -> str:
        path = self.folder / f"printed-{number}"
        return path.read_text() if path.exists() else ""


def free_port() -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as bound:
        bound.bind(("127.0.0.1", 0))
        return str(bound.getsockname()[1])


@pytest.fixture
def folder():
    """As a fresh checkout; not pytest's own folder, which is too deep for a Unix socket's path."""
    with tempfile.TemporaryDirectory(prefix="page", ignore_cleanup_errors=True) as name:
        for part in COPIED:
            shutil.copytree(ROOT / part, Path(name) / part, ignore=shutil.ignore_patterns("__pycache__"))
        yield Path(name)


def pasted(page, folder):
    paste = Paste(folder)
    for block in BLOCK.findall(page.read_text()):
        paste.add(*block)
    paste.run()
    return paste


def pages(found):
    """Parameters of a test: the pages, of which the long ones are for the slow tests."""
    return [pytest.param(page, marks=[pytest.mark.slow] if page.stem in LONG else [], id=page.stem) for page in found]


@pytest.mark.parametrize("page", pages(PAGES))
def test_page(page, folder):
    program = WANTED.get(page.name)
    if program and not shutil.which(program):
        pytest.skip(f"no {program} is here")
    paste = pasted(page, folder)
    for number, (command, shown) in enumerate(paste.shown):
        assert paste.printed(number) == shown, command
    if (ROOT / ".git").exists():
        assert not not_ignored(folder), "what a page makes in a checkout belongs into .gitignore"


def not_ignored(folder):
    """What a page made in the checkout `folder`, apart from what git would leave out of a commit."""
    theirs = {part.split("/")[0] for part in COPIED}
    made = {path.name + "/" * path.is_dir() for path in folder.iterdir() if path.name not in theirs}
    made = {name for name in made if not name.startswith(("pasted-", "printed-", "skyrack"))}  # skyrack: the socket's
    ignored = subprocess.run(["git", "check-ignore", "--no-index", *made], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    return made - set(ignored.stdout.split()) if made else set()


@pytest.mark.parametrize("page", pages(TUTORIALS))
def test_tutorial(page):
    with tempfile.TemporaryDirectory(prefix="page", ignore_cleanup_errors=True) as name:
        paste = pasted(page, Path(name))
        for number, (command, shown) in enumerate(paste.shown):
            printed = paste.printed(number)
            assert re.fullmatch(pattern_of(shown), FIGURE.sub("#", printed)), f"{command}: {printed}"


def test_files_that_pages_show_are_those_of_the_examples():
    for name, folder in (("write-a-stage", "stages"), ("write-an-app", "apps/thermal")):
        page = (ROOT / "docs" / "how-to" / f"{name}.md").read_text()
        files = [file for file in (ROOT / "examples" / folder).iterdir() if file.is_file()]
        assert all(file.read_text() in page for file in files), name
        assert len(files) == 2


def test_there_are_pages_with_blocks():
    assert {page.stem for page in (*PAGES, *TUTORIALS)} >= LONG
    blocks = {page.stem: len(BLOCK.findall(page.read_text())) for page in (*PAGES, *TUTORIALS)}
    wanted = ("bring-a-model", "command-a-node", "decode-a-recording", "keep-an-archive", "write-a-stage", "first-app")
    assert all(blocks[name] >= 3 for name in wanted), blocks
