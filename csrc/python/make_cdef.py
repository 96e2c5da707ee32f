"""Turn the public headers into cffi's two inputs: their plain declarations, and the `#include` lines.

Usage: make_cdef.py OUTPUT_FOLDER HEADER...
"""

import re
import sys
from pathlib import Path


def declarations(header: str) -> str:
    """What cffi may read of a header: neither comments, nor preprocessor lines, nor the C++ guard's braces."""
    text = re.sub(r"/\*.*?\*/", "", header, flags=re.DOTALL)
    text = re.sub(r"#ifdef __cplusplus.*?#endif", "", text, flags=re.DOTALL)
    return "\n".join(line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#"))


def main() -> None:
    """Write `_csrc.cdef.h` and `_csrc.includes.c`; base.h comes first, for the others build on it."""
    folder, *names = map(Path, sys.argv[1:])
    headers = sorted(names, key=lambda path: (path.name != "base.h", path.name))
    cdef = "\n".join(declarations(path.read_text(encoding="utf-8")) for path in headers)
    (folder / "_csrc.cdef.h").write_text(cdef + "\n", encoding="utf-8")
    includes = "".join(f'#include "skyrack/{path.name}"\n' for path in headers)
    (folder / "_csrc.includes.c").write_text(includes, encoding="utf-8")


if __name__ == "__main__":
    main()
