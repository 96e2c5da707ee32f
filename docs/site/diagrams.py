"""Mermaid diagrams in Markdown, drawn as SVG while the site is built: the reader's browser runs no script for them."""

from hashlib import sha256
from typing import Any

import mmdr
from docutils import nodes
from docutils.parsers.rst import Directive
from sphinx.application import Sphinx


class Mermaid(Directive):
    """A fence of Mermaid text."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """The drawing; each on a page has styles of its own name."""
        text = "\n".join(self.content)
        name = "diagram-" + sha256(text.encode()).hexdigest()[:8]
        svg = mmdr.render(text).svg().replace("merman", name)
        return [nodes.raw("", f'<div style="background: white">{svg}</div>', format="html")]


def setup(app: Sphinx) -> dict[str, Any]:
    """As Sphinx asks of an extension."""
    app.add_directive("mermaid", Mermaid)
    return {"parallel_read_safe": True}
