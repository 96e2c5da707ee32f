"""Runs a module of the software in a folder, ahead of what is installed: what the folder has not comes from there.

    python -P fsw/supervisor/ahead.py FOLDER MODULE ARGUMENT ...

A path in front would not do: an installation for developers answers before any path is looked at.
"""

import runpy
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType


class Ahead:
    """Finds the modules in `folder`. Of a package that is there, nothing comes from anywhere else."""

    def __init__(self, folder: str) -> None:
        self._folder = folder

    def find_spec(
        self,
        name: str,
        path: Sequence[str] | None = None,
        target: ModuleType | None = None,  # noqa: ARG002
    ) -> ModuleSpec | None:
        """The module `name`, of the package at `path`; None where it is for others to find."""
        if path is None:
            return PathFinder.find_spec(name, [self._folder])
        ours = [one for one in path if one.startswith(self._folder)]
        found = PathFinder.find_spec(name, ours) if ours else None
        if ours and found is None:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return found


def main(folder: str, module: str, *arguments: str) -> None:
    """Run `module` as the main one, with these arguments."""
    sys.meta_path.insert(0, Ahead(folder))
    sys.path.insert(0, folder)
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
