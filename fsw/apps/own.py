"""Apps of the user's own: each in a Python file that a mission names under `apps`, with all that it declares."""

import sys
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

from fsw.app import App
from hal.usage import UsageError
from link.dictionary.declare import commands_of, parameters_of


@cache
def module_in(file: Path) -> ModuleType:
    """The module in `file`, which runs in the flight process. Raises UsageError where it cannot be loaded."""
    spec = spec_from_file_location(f"app_{file.stem}", file)
    if spec is None or spec.loader is None:
        raise UsageError(f"{file}: expected a Python file")
    module = sys.modules[spec.name] = module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
        _check_declarations(module)
    except Exception as error:  # whatever a user's own file does wrong
        raise UsageError(f"{file}: {type(error).__name__}: {error}") from error
    return module


def _check_declarations(module: ModuleType) -> None:
    """Work out now what a command's signature says, which otherwise happens at first use."""
    for one in vars(module).values():
        if isinstance(one, type) and one.__module__ == module.__name__:
            assert all(form.fields is not None for form in commands_of(one))
            assert list(parameters_of(one, "")) is not None


def app_in(file: Path) -> App:
    """A new one of the app in `file`. Raises UsageError unless there is one, whose fields all have defaults."""
    module = module_in(file)
    own = (one for one in vars(module).values() if isinstance(one, type) and one.__module__ == module.__name__)
    found = [one for one in own if issubclass(one, App)]
    if len(found) != 1:
        raise UsageError(f"{file}: {len(found)} apps in the file, expected one class derived from App")
    try:
        return found[0]()
    except TypeError as error:
        raise UsageError(f"{file}: {error}; the fields of an app in a file need defaults") from None
