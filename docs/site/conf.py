"""The documentation as a site, by Sphinx: `make docs`. Warnings are errors, links are checked.

The source folder is the project's root, so that links are the same in the site as in the files. Whoever reads the site
fetches nothing from elsewhere: fonts are the reader's own, diagrams are drawn while it is built.
"""

import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[2])]

project = "Skyrack"
project_copyright = "the Skyrack authors, Apache-2.0"
extensions = ["myst_parser", "sphinx.ext.autodoc", "diagrams", "reference"]
root_doc = "README"
include_patterns = ["*.md", "docs/**/*.md", "docs/reference/api/*.rst", "examples/**/*.md", "tests/**/survivors.md"]
exclude_patterns = ["build", ".*"]

html_theme = "furo"
html_title = "Skyrack"
html_copy_source = False

myst_heading_anchors = 3
myst_fence_as_directive = ["mermaid"]
highlight_language = "text"

autodoc_default_options = {
    "members": True,
    "member-order": "bysource",
    "show-inheritance": True,
    "ignore-module-all": True,  # what a package hands on is described where it is made
}
suppress_warnings = ["ref.python"]  # a type that an annotation names shortly, and two modules have, is not linked
toc_object_entries = False  # a module's own page lists what it has
add_module_names = False
autodoc_typehints_format = "short"
