"""What the how-to pages show is what happens: each Python example is run, and prints the text behind it."""

import contextlib
import io
import re
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
DATA = ROOT.parent / "shared" / "data" / "codecs"
EXAMPLE = re.compile(r"^```python\n(.*?)^```\n\n```text\n(.*?)^```", re.DOTALL | re.MULTILINE)
EXAMPLES = [
    (page.name, *found.groups())
    for page in sorted((ROOT / "docs" / "how-to").glob("*.md"))
    for found in EXAMPLE.finditer(page.read_text())
]


def recordings(code: str) -> list[Path]:
    """The files that an example reads, where they are."""
    return [path for name in re.findall(r'Path\("(.*?)"\)', code) for path in DATA.rglob(name)]


@pytest.mark.skipif(not DATA.exists(), reason="the recordings (../shared/data/codecs) are not here")
@pytest.mark.parametrize(("page", "code", "shown"), EXAMPLES)
def test_examples(page, code, shown, tmp_path, monkeypatch):
    for recording in recordings(code):
        shutil.copy(recording, tmp_path)
    monkeypatch.chdir(tmp_path)
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(compile(code, page, "exec"), {})
    assert printed.getvalue() == shown
