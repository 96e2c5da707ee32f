"""From a stage's name in a mission to the stage: a built-in one, or a file of the user's own.

A user's own file, Python or a shared library, is loaded in worker processes only. Its contract is read in one as
well (ask.py), so that neither the node nor the ground ever runs any code of it.
"""

from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
from msgspec.structs import fields

from fsw.pipelines import ROOMS, STAGES
from fsw.pipelines.plugin import PluginStage
from fsw.pipelines.stage import PipelineStep, Stage, StageSpec
from kernels.usage import did_you_mean

_OUR_STAGES = "fsw.pipelines.stages"


def stage_class(name: str) -> type[Stage]:
    """The class of a built-in stage; raises ValueError for an unknown name."""
    if name not in STAGES:
        raise ValueError(
            f"no stage {name!r}, expected {', '.join(STAGES)} or a file NAME.py or NAME.so{did_you_mean(name, STAGES)}"
        )
    return _only_stage(import_module(module_of(name)))


def module_of(name: str) -> str:
    """The module of a built-in stage."""
    room = next(room for room, names in ROOMS.items() if name in names)
    return f"{_OUR_STAGES}.{room}.{name}"


def load_stage(spec: StageSpec) -> PipelineStep:
    """The stage with its parameters; runs a user's own file. Raises ValueError for a wrong file or parameter."""
    if not spec.is_file:
        return _made(stage_class(spec.name), spec)
    file = spec.path(spec.name)
    return PluginStage(file, spec.parameters) if file.suffix == ".so" else _made(_only_stage(_module(file)), spec)


def _module(file: Path) -> ModuleType:
    found = spec_from_file_location(f"stage_{file.stem}", file)
    assert found is not None, file
    assert found.loader is not None, file
    module = module_from_spec(found)
    found.loader.exec_module(module)
    return module


def _only_stage(module: ModuleType) -> type[Stage]:
    """The one stage class that a module defines; imported ones do not count."""
    found = [
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Stage) and value.__module__ == module.__name__
    ]
    if len(found) != 1:
        raise ValueError(f"{len(found)} stages in the file, expected one class derived from Stage")
    return found[0]


def _made(kind: type[Stage], spec: StageSpec) -> Stage:
    def path(_: type, name: Any) -> Path:
        return spec.path(name)

    try:
        return msgspec.convert(spec.parameters, kind, dec_hook=path)
    except msgspec.ValidationError as error:
        raise ValueError(_in_words(str(error), [field.name for field in fields(kind)])) from None


def _in_words(complaint: str, known: list[str]) -> str:
    """msgspec's message about a stage's parameters, with the key in front."""
    message, _, where = complaint.replace("`", "").partition(" - at $.")
    key = message.rpartition(" ")[2]
    if message.startswith("Object contains unknown field "):
        return f"{key}: unknown key, expected one of {', '.join(known) or 'none'}{did_you_mean(key, known)}"
    if message.startswith("Object missing required field "):
        return f"{key}: missing"
    return f"{where}: {message[0].lower()}{message[1:]}" if where else f"{message[0].lower()}{message[1:]}"
