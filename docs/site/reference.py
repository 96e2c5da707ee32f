"""The API reference: a page for each package, made from the docstrings of its modules, and the way to all pages.

Docstrings are sentences, not markup: `names` in backticks, lists with hyphens, and drawings that are indented. They are
shown as just that, whatever a character means elsewhere.
"""

import re
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

ROOT = Path(__file__).parents[2]
ROOMS = ("kernels", "hal", "link", "fsw", "ground", "rig", "skyrack")
PAGES = ROOT / "docs" / "reference" / "api"  # not kept in the repository
CAPTIONS = {
    "Tutorial": ["docs/tutorial/*"],
    "How to": ["docs/how-to/*"],
    "Explanation": ["docs/explanation/*"],
    "Decisions": ["docs/explanation/decisions/*"],
    "Reference": ["docs/reference/*"],
    "Modules": [f"docs/reference/api/{room}*" for room in ROOMS],
    "Contributing": ["CONTRIBUTING", "CHANGELOG", "tests/*/survivors", "examples/*/README"],
}
CODE = re.compile(r"``?([^`\n]+)``?")
MARKUP = re.compile(r"([\\*_|`\[\]:])")


def write_pages(app: Sphinx) -> None:
    """One page a package, with its modules; one that would not change is left alone, one of a former package out."""
    PAGES.mkdir(exist_ok=True)
    former = {page.name for page in PAGES.glob("*.rst")}
    for init in (init for room in ROOMS for init in sorted((ROOT / room).rglob("__init__.py"))):
        package = ".".join(init.parent.relative_to(ROOT).parts)
        modules = [package, *(f"{package}.{file.stem}" for file in sorted(init.parent.glob("[a-z]*.py")))]
        text = f"{package}\n{'=' * len(package)}\n\n"
        for module in modules:
            head = "" if module == package else f"{module}\n{'-' * len(module)}\n\n"
            text += f"{head}.. automodule:: {module}\n\n"
        page = PAGES / f"{package}.rst"
        if not page.exists() or page.read_text(encoding="utf-8") != text:
            page.write_text(text, encoding="utf-8")
        former.discard(page.name)
    app.config.exclude_patterns += [str((PAGES / name).relative_to(ROOT)) for name in former]


def as_sentences(_app: Sphinx, _what: str, _name: str, _object: Any, _options: Any, lines: list[str]) -> None:
    """Turn a docstring, in place, into markup that shows it as it stands."""
    shown: list[str] = []
    is_drawing = False
    for line in lines:
        indented = line.startswith("  ") and not _continues(shown, line)
        if indented and not is_drawing:
            shown += ["", "::", ""]
        elif is_drawing and line and not indented:
            shown += [""]
        if line.startswith("- ") and shown and shown[-1] and not shown[-1].startswith(("- ", "  ")):
            shown += [""]  # a list may follow its sentence directly
        is_drawing = indented or (is_drawing and not line)
        shown.append(f"  {line}" if indented else _plain(line))
    lines[:] = [*shown, ""]


def _continues(shown: list[str], line: str) -> bool:
    """Whether an indented line goes on with an item of a list, which its text is level with."""
    before = shown[-1] if shown else ""
    return line.startswith("  ") and not line.startswith("   ") and before.startswith(("- ", "  ")) and before != "::"


def _plain(line: str) -> str:
    """Every character as itself, apart from backticks and a hyphen that begins an item."""
    pieces = CODE.split(line)  # every second one is code
    pieces[::2] = [MARKUP.sub(r"\\\1", piece) for piece in pieces[::2]]
    pieces[1::2] = [f"``{piece}``\\ " for piece in pieces[1::2]]
    return "".join(pieces)


def add_contents(_app: Sphinx, name: str, source: list[str]) -> None:
    """The first page has the table of contents, which the README itself does not need."""
    if name == "README":
        for caption, patterns in CAPTIONS.items():
            listed = "\n".join(patterns)
            source[0] += f"\n```{{toctree}}\n:hidden:\n:glob:\n:caption: {caption}\n\n{listed}\n```\n"


def setup(app: Sphinx) -> dict[str, Any]:
    """As Sphinx asks of an extension."""
    app.connect("builder-inited", write_pages)
    app.connect("source-read", add_contents)
    app.connect("autodoc-process-docstring", as_sentences)
    return {"parallel_read_safe": True}
