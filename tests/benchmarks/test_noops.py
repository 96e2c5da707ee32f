"""A comparison that a kernel passes without doing anything compares nothing.

So each kernel that a benchmark names is replaced by one that leaves memory as it is and gives zeros, and the benchmark
must notice.
"""

import copy
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from importlib import import_module
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import benchmarks
from benchmarks import harness
from fsw.pipelines.models import ModelError
from kernels import library
from kernels.errors import CorruptError, UpsetError
from link.errors import LinkError

AREAS = ("coding_", "answers_", "link_", "dictionary_")
QUICK = {"coding_secded", "coding_erasure", "coding_randomise"}
WORKING = {"encode", "encode_rows", "decode", "push", "sums", "codes", "run", "read", "feed", "finish", "parse"}
"""Methods of classes that do what is timed."""
NOTICED = AssertionError, CorruptError, LinkError, ModelError, UpsetError, ValueError
NO_KERNELS = {
    "low_pass": "makes the taps that both sides are given",
    "supported_levels": "says which levels there are",
    "select_level": "chooses a level",
    "level": "says which level is in use",
    "peer": "finds a peer",
    "read_lightgbm": "reads the model that both sides are given",
    "make_bundle": "makes what is loaded",
    "new_private_key": "makes what is loaded",
    "public_key": "makes what is loaded",
    "wire": "declares a field",
    "write_xtce": "writes what both sides read",
    "layer": "makes the network that both sides run",
}


def topics() -> list[str]:
    names = (module.name for module in pkgutil.iter_modules(benchmarks.__path__))
    return [name for name in names if name.startswith(AREAS)]


def kernels(topic: str) -> Iterator[str]:
    """What a benchmark names of the kernels and of link, to be timed: "name", or "module.name"."""
    module = import_module(f"benchmarks.{topic}")
    source = inspect.getsource(module)
    for name, value in vars(module).items():
        if inspect.ismodule(value) and value.__name__.startswith("kernels."):
            named = (part for part in vars(value) if f" {name}.{part}(" in source and part not in NO_KERNELS)
            yield from (f"{name}.{part}" for part in named)
        elif is_kernel(name, value):
            yield name


def is_kernel(name: str, value: Any) -> bool:
    home = getattr(value, "__module__", None) or ""
    works = inspect.isfunction(value) or (inspect.isclass(value) and bool(WORKING & vars(value).keys()))
    return works and home.startswith(("kernels.", "link.")) and name not in NO_KERNELS


def blank(value: Any) -> Any:
    """A value of the same form that holds no information."""
    if isinstance(value, np.ndarray):
        return np.zeros_like(value)
    if isinstance(value, bytes | bytearray):
        return bytes(len(value))
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*map(blank, value))
    if isinstance(value, list | tuple):
        return type(value)(map(blank, value))
    if isinstance(value, dict):
        return {name: blank(part) for name, part in value.items()}
    return type(value)() if isinstance(value, int | float) else None


def own(argument: Any) -> Any:
    """A copy that a kernel may write to unnoticed."""
    return bytes(argument) if isinstance(argument, memoryview) else copy.deepcopy(argument)


def noop(real: Callable[..., Any], *, is_method: bool = False) -> Callable[..., Any]:
    """A function called like `real` that returns only the form of its answer; its arguments keep their content."""

    def run(*args: Any, **named: Any) -> Any:
        kept = [arg if is_method and not number else own(arg) for number, arg in enumerate(args)]
        return blank(real(*kept, **named))

    return run


def replace(module: ModuleType, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    *homes, name = name.split(".")
    module = getattr(module, homes[0]) if homes else module
    value = getattr(module, name)
    if inspect.isfunction(value):
        monkeypatch.setattr(module, name, noop(value))
        return
    for method in WORKING & vars(value).keys():
        if inspect.isfunction(vars(value)[method]):
            monkeypatch.setattr(value, method, noop(vars(value)[method], is_method=True))


def test_there_is_something_to_replace():
    named = {name for topic in topics() for name in kernels(topic)}
    assert set(topics()) >= QUICK
    assert {"secded_scrub", "erasure_repair", "index_packets", "read_xtce", "randomise"} <= named


@pytest.mark.parametrize(
    "topic", [pytest.param(topic, marks=[] if topic in QUICK else pytest.mark.slow) for topic in topics()]
)
def test_a_kernel_that_does_nothing_is_noticed(topic: str, monkeypatch: pytest.MonkeyPatch):
    module, best = import_module(f"benchmarks.{topic}"), library.supported_levels()[-1:]
    monkeypatch.setattr(harness, "by_turns", lambda contestants: [1.0] * len(contestants))  # times do not matter here
    monkeypatch.setattr(library, "supported_levels", lambda: best)
    monkeypatch.setattr(module, "supported_levels", lambda: best, raising=False)
    missing: set[str] = set()
    for name in list(kernels(topic)):
        with monkeypatch.context() as patch:
            replace(module, name, patch)
            missing |= unnoticed(module, name)
    if missing:
        pytest.skip(f"not compared: {', '.join(sorted(missing))}")


def unnoticed(module: ModuleType, name: str) -> set[str]:
    """The peers for want of which nothing was compared; none where it was noticed."""
    rows = []
    try:
        rows += module.rows()
    except NOTICED:
        return set()
    except (AttributeError, TypeError) as error:
        if "NoneType" in str(error):  # because there is no answer
            return set()
        raise
    missing = {row.peer for row in rows if row.theirs is None}
    assert missing or not rows, f"{module.__name__}: {name} does nothing, and all rows agree"
    return missing or {"there is no data here"}
