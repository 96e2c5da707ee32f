"""Apps of the user's own: each in a Python file or a package that a mission names under `apps`.

A module is loaded once for each name and each set of values that a mission gives it, so that two instances of one class
have declarations of their own.
"""

import dataclasses
import hashlib
import re
import sys
import traceback
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec

from fsw.executive.app import App
from fsw.own.fields import check_complete, initial_values
from kernels.usage import UsageError
from link.dictionary.declare import Event, Telemetry, commands_of, parameters_of, settle

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")


class AppSpec:
    """An app as a mission lists it: a file or a package, its `name` if not that of its class, values of its fields."""

    def __init__(self, file: Path, name: str = "", values: Mapping[str, Any] | None = None) -> None:
        self.file, self.name, self.values = file, name, dict(values or {})

    @classmethod
    def of(cls, said: Any, folder: Path) -> "AppSpec":
        """From a text or a table of the mission in `folder`. Raises ValueError."""
        if isinstance(said, str):
            return cls(folder / said)
        if not isinstance(said, dict):
            raise ValueError(f"Expected `str` or a table with the key file, got `{type(said).__name__}`")  # noqa: TRY004
        values = dict(said)
        file, name = values.pop("file", None), values.pop("name", "")
        if not isinstance(file, str):
            raise ValueError("file: expected the path of a Python file, or of a folder with __init__.py")  # noqa: TRY004
        if "name" in said and not (isinstance(name, str) and _NAME.fullmatch(name)):
            raise ValueError("name: expected up to 40 small letters, digits and underscores, the first a letter")
        return cls(folder / file, name, values)

    @property
    def source(self) -> Path:
        """The Python file that begins the app."""
        return self.file / "__init__.py" if self.file.is_dir() else self.file


@dataclasses.dataclass(frozen=True, eq=False)
class OwnApp:
    """A loaded app: its class, the modules with what it declares, and the values that the mission gives its fields."""

    file: Path
    kind: type[App]
    modules: tuple[ModuleType, ...]
    values: Mapping[str, Any]


def own_app(spec: AppSpec) -> OwnApp:
    """Load an app, which runs its file. Raises UsageError naming the file, for all that is wrong in it."""
    return _loaded(spec.file.resolve(), spec.file, spec.name, msgspec.msgpack.encode(spec.values))


def own_apps(specs: Sequence[AppSpec], taken: Iterable[str]) -> list[OwnApp]:
    """Load the apps of a mission. Raises UsageError, also for an app whose name is `taken`, or is that of another."""
    owners = dict.fromkeys(taken, "an app of the node's own")
    found = [own_app(spec) for spec in specs]
    for own in found:
        name = own.kind.app_name
        if name in owners:
            raise UsageError(
                f"{own.file}: its app is called {name}, as is that of {owners[name]}; expected another name, "
                'as {file = "...", name = "..."} gives one'
            )
        owners[name] = str(own.file)
    return found


def module_in(file: Path) -> ModuleType:
    """The module in `file`, as it is where a mission gives it neither name nor values. Raises UsageError."""
    return own_app(AppSpec(file)).modules[0]


def apps_in(module: ModuleType) -> list[type[App]]:
    """The classes of the apps that `module` itself defines."""
    return [one for one in _classes_of(module) if issubclass(one, App)]


def made(own: OwnApp, handed: Mapping[str, Any]) -> App:
    """A new instance of the app, with what is handed in. Raises UsageError."""
    try:
        return own.kind(**own.values, **handed)
    except (Exception, SystemExit) as error:  # whatever a user's own app does when it is made
        raise UsageError(f"{own.file}: {type(error).__name__}: {error}") from error


@cache
def _loaded(path: Path, file: Path, name: str, values: bytes) -> OwnApp:
    modules = _modules(path, file, f"{file}\0{name}\0".encode() + values)
    found = [app for module in modules for app in apps_in(module)]
    if len(found) != 1:
        raise UsageError(f"{file}: {len(found)} apps in the file, expected one class derived from App")
    try:
        initial = initial_values(found[0], msgspec.msgpack.decode(values))
        check_complete(found[0], initial)
    except ValueError as error:
        raise UsageError(f"{file}: {error}") from None
    records = [one for module in modules for one in _classes_of(module) if issubclass(one, Telemetry | Event)]
    settle(found[0], records, name or found[0].app_name, initial)
    return OwnApp(file, found[0], modules, initial)


def _modules(path: Path, file: Path, told_apart: bytes) -> tuple[ModuleType, ...]:
    """The module in a file, or those of a package that it imports."""
    key = bytes(path) + told_apart  # two files may have one name in two folders
    name, begin = f"app_{path.stem}_{hashlib.sha256(key).hexdigest()[:16]}", AppSpec(path).source
    spec = spec_from_file_location(name, begin, submodule_search_locations=[str(path)] if begin != path else None)
    if spec is None or spec.loader is None:
        raise UsageError(f"{file}: expected a Python file")
    module = sys.modules[name] = module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
        modules = (module, *(one for inner, one in sorted(sys.modules.items()) if inner.startswith(f"{name}.")))
        for one in modules:
            _check_declarations(one)
    except (Exception, SystemExit) as error:  # whatever a user's own file does wrong
        for loaded in [one for one in sys.modules if one == name or one.startswith(f"{name}.")]:
            del sys.modules[loaded]
        raise UsageError(f"{_culprit(error, path, file)}: {type(error).__name__}: {error}") from error
    return modules


def _culprit(error: BaseException, path: Path, file: Path) -> Path:
    """The file of a package in which an error arose; a file alone is named as the mission does."""
    frames = [Path(frame.filename) for frame in traceback.extract_tb(error.__traceback__)]
    inside = [one for one in frames if path.is_dir() and one.is_relative_to(path)]
    return file / inside[-1].relative_to(path) if inside else file


def _check_declarations(module: ModuleType) -> None:
    """Read the signatures of commands now rather than at first use, so that a fault in them is found when loading."""
    for one in _classes_of(module):
        assert all(form.fields is not None for form in commands_of(one))
        assert list(parameters_of(one, "")) is not None


def _classes_of(module: ModuleType) -> list[type]:
    return [one for one in vars(module).values() if isinstance(one, type) and one.__module__ == module.__name__]
