"""Peers in C: built with the system's compiler or from a system library, and called directly through cffi."""

import os
import subprocess
from hashlib import sha256
from pathlib import Path
from typing import Any

from cffi import FFI

FOLDER = Path(__file__).parents[1] / "build" / "bench"
BEST = ("-O3", "-march=native")  # optimised for the processor of this machine


def built(cdef: str, source: str, *flags: str) -> tuple[FFI, Any] | None:
    """`source` as a shared library with the declarations of `cdef`; None where it does not build here.

    `flags` go to the compiler, libraries (-lfec) among them. Built once for each content.
    """
    name = FOLDER / sha256(repr((cdef, source, flags)).encode()).hexdigest()[:16]
    library, text = name.with_suffix(".so"), name.with_suffix(".c")
    if not library.exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        text.write_text(source, encoding="utf-8")
        command = [os.environ.get("CC", "cc"), "-shared", "-fPIC", "-o", str(library), str(text), *flags]
        if subprocess.run(command, check=False, capture_output=True).returncode != 0:
            return None
    ffi = FFI()
    ffi.cdef(cdef)
    return ffi, ffi.dlopen(str(library))
