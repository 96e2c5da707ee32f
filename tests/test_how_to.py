"""What the how-to pages show is what happens: each example is run, and prints the text behind it."""

import contextlib
import io
import re
import shlex
import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import pytest

from link.managed import Managed, TmChannel
from link.models.forest import Split
from link.models.keys import public_pem
from link.space_packet import SpacePacket
from link.tm_sender import TmSender
from skyrack.cli import main
from tests.link.models.test_lightgbm import text_of

ROOT = Path(__file__).parent.parent
DATA = ROOT.parent / "shared" / "data" / "codecs"
EXAMPLES = ROOT / "examples"
EXAMPLE = re.compile(r"^```python\n((?:(?!```).*\n)+)```\n\n```text\n((?:(?!```).*\n)+)```", re.MULTILINE)
SESSION = re.compile(r"^```console\n(.*?)^```", re.DOTALL | re.MULTILINE)
FILE = re.compile(
    r"[\w.-]+\.(?:u8|dat|spl|bin|csv)\b|tile\.npz|model\.txt|team\.(?:key|pub)|greenwatch\.toml|vegetation\.py|bright\.so"
)
PAGES = sorted((ROOT / "docs" / "how-to").glob("*.md"))
SNIPPETS = [(page.name, *found.groups()) for page in PAGES for found in EXAMPLE.finditer(page.read_text())]
SESSIONS = [found[1] for page in PAGES for found in SESSION.finditer(page.read_text())]


def probe():
    """Frames of 128 octets, about two packets in each; the fiftieth is lost."""
    managed = Managed(
        spacecraft_id=42,
        tm_channels=(TmChannel(name="all", vc=1, queue_packets=200),),
        tm_frame_octets=128,
        ocf=False,
        rs_parity=0,
    )
    sender = TmSender(managed)
    for number in range(200):
        data = (1000 + 2 * number).to_bytes(4) + (28000 - number).to_bytes(2) + bytes(47)
        assert sender.offer("all", SpacePacket(100, number, data).encode())
    frames = [sender.next_frame() for _ in range(100)]
    return b"".join(frames[:49] + frames[50:])


TABLE = b"name,data_type,bit_length\nSECONDS,uint,32\nBUS_MV,uint,16\nSAMPLES,uint(47),8\n"
# Signs nothing but the bundles of these pages.
KEY = b"""-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEICLH8jVHljxHyM1Gpzfzioj923xJisT0QSJQhNBlfhkN
-----END PRIVATE KEY-----
"""


def tile():
    samples = np.arange(2 * 16 * 16, dtype=np.uint16).reshape(2, 16, 16) * 19
    expected = np.where(samples[0] / np.float32(10_000) <= 0.25, 0.75, 0.125)
    np.savez(octets := io.BytesIO(), samples=samples, expected=expected, bands=["B03", "B11"])
    return octets.getvalue()


def mission():
    """Coastwatch with a stage of one's own at the head of its pipeline."""
    text = (EXAMPLES / "missions" / "coastwatch.toml").read_text().replace("../scenes", str(EXAMPLES / "scenes"))
    return text.replace('stage = "water", threshold = 0.2', 'stage = "vegetation.py", limit = 0.3').encode()


def compiled():
    """The C stage, by the command that the page shows."""
    if not shutil.which("cc"):
        pytest.skip("no C compiler (cc) is here")
    command = "cc -O2 -shared -fPIC -I csrc/include -o bright.so examples/stages/bright.c"
    assert command in (ROOT / "docs" / "how-to" / "write-a-stage.md").read_text()
    with tempfile.NamedTemporaryFile() as library:
        subprocess.run(command.replace("bright.so", library.name).split(), cwd=ROOT, check=True)
        return Path(library.name).read_bytes()


MADE = {
    "probe.bin": probe,
    "probe.csv": lambda: TABLE,
    "model.txt": lambda: text_of([Split(0, 0.25, 0.75, 0.125)], features=2).encode(),
    "tile.npz": tile,
    "team.key": lambda: KEY,
    "team.pub": lambda: public_pem(KEY),
    "greenwatch.toml": mission,
    "vegetation.py": (EXAMPLES / "stages" / "vegetation.py").read_bytes,
    "bright.so": compiled,
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def bring(text, folder):
    """The files that an example reads, where it looks for them."""
    for name in set(FILE.findall(text)):
        found = list(DATA.rglob(name))
        if name in MADE:
            (folder / name).write_bytes(MADE[name]())
        elif found:
            shutil.copy(found[0], folder)
        else:
            pytest.skip(f"the recording {name} (../shared/data/codecs) is not here")


@pytest.mark.parametrize(("page", "code", "shown"), SNIPPETS)
def test_examples(page, code, shown, folder):
    bring(code, folder)
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(compile(code, page, "exec"), {})
    assert printed.getvalue() == shown


@pytest.mark.parametrize("session", SESSIONS)
def test_sessions(session, folder, capsys):
    bring(session, folder)
    for part in re.split(r"^\$ ", session, flags=re.MULTILINE)[1:]:
        command, _, shown = part.partition("\n")
        command, _, target = command.partition(" > ")
        assert main(shlex.split(command)[1:]) == 0
        printed = capsys.readouterr().out
        assert printed == shown or target
        if target:
            assert len(printed) > 100
            (folder / target).write_text(printed)


def test_the_page_shows_the_stages_that_the_examples_have():
    page = (ROOT / "docs" / "how-to" / "write-a-stage.md").read_text()
    for file in (EXAMPLES / "stages").iterdir():
        assert file.read_text() in page, file
