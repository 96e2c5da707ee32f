"""Apps of the user's own: each in a Python file that a mission names under `apps`, with all that it declares."""

import hashlib
import sys
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

from fsw.executive.app import App
from kernels.usage import UsageError
from link.dictionary.declare import commands_of, parameters_of


@cache
def module_in(file: Path) -> ModuleType:
    """The module in `file`, which runs in the flight process. Raises UsageError where it cannot be loaded."""
    digest = hashlib.sha256(bytes(file.resolve())).hexdigest()[:16]  # two files may have one name in two folders
    spec = spec_from_file_location(f"app_{file.stem}_{digest}", file)
    if spec is None or spec.loader is None:
        raise UsageError(f"{file}: expected a Python file")
    module = sys.modules[spec.name] = module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
        _check_declarations(module)
    except (Exception, SystemExit) as error:  # whatever a user's own file does wrong
        raise UsageError(f"{file}: {type(error).__name__}: {error}") from error
    return module


def _check_declarations(module: ModuleType) -> None:
    """Read the signatures of commands now rather than at first use, so that a fault in them is found when loading."""
    for one in vars(module).values():
        if isinstance(one, type) and one.__module__ == module.__name__:
            assert all(form.fields is not None for form in commands_of(one))
            assert list(parameters_of(one, "")) is not None


def apps_in(module: ModuleType) -> list[type[App]]:
    """The classes of the apps that `module` itself defines."""
    own = (one for one in vars(module).values() if isinstance(one, type) and one.__module__ == module.__name__)
    return [one for one in own if issubclass(one, App)]


def class_in(file: Path) -> type[App]:
    """The class of the app in `file`. Raises UsageError unless the file has exactly one."""
    found = apps_in(module_in(file))
    if len(found) != 1:
        raise UsageError(f"{file}: {len(found)} apps in the file, expected one class derived from App")
    return found[0]


def check_names(files: Sequence[Path], taken: Iterable[str]) -> None:
    """Raises UsageError for an app whose name is `taken`, or is that of another app."""
    owners = dict.fromkeys(taken, "an app of the node's own")
    for file in files:
        name = class_in(file).app_name
        if name in owners:
            raise UsageError(f"{file}: its app is called {name}, as is that of {owners[name]}; expected another name")
        owners[name] = str(file)


def app_in(file: Path) -> App:
    """A new instance of the app in `file`. Raises UsageError unless there is one, whose fields all have defaults."""
    kind = class_in(file)
    try:
        return kind()
    except TypeError as error:
        raise UsageError(f"{file}: {error}; the fields of an app in a file need defaults") from None
    except (Exception, SystemExit) as error:  # whatever a user's own app does when it is made
        raise UsageError(f"{file}: {type(error).__name__}: {error}") from error
