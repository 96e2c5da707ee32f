"""The byte code of functions as a memory: a bit that turns over is seen, and repaired."""

import functools
import sys
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsw.scrub.code_memory import CodeMemory, flight_modules

SOURCE = """
import functools
from contextlib import contextmanager
from os.path import join

def outer(n):
    def inner(k):
        return [k * one for one in range(n)]
    return inner(2)

@functools.cache
def cached():
    return 7

@contextmanager
def managed():
    yield 5

class Thing:
    limit = 3
    class Part:
        def size(self):
            return 9
    def method(self):
        return 1
    @staticmethod
    def still():
        return 2
    @classmethod
    def of(cls):
        return cls.limit
    @property
    def value(self):
        return 4

again = outer
"""


def module():
    made = ModuleType("made")
    exec(SOURCE, vars(made))  # the text above
    return made


def upset(function):
    """Turn a bit of the first argument in a function's code over."""
    function.__code__ = hit(function.__code__)


def hit(code):
    octets = code.co_code
    return code.replace(co_code=octets[:1] + bytes([octets[1] ^ 1]) + octets[2:])


def test_every_function_is_part_of_it_once():
    memory = CodeMemory({"made": module()})
    names = {function.__qualname__ for function in memory._functions}
    assert names == {
        "outer", "cached", "managed", "Thing.Part.size", "Thing.method", "Thing.still", "Thing.of", "Thing.value",
    }  # fmt: skip
    assert len(memory._functions) == 8


@given(st.data())
def test_any_piece_is_that_of_the_whole(data):
    memory = CodeMemory({"made": module()})
    whole = memory.read(0, memory.size)
    assert len(whole) == memory.size
    address = data.draw(st.integers(0, memory.size))
    size = data.draw(st.integers(0, memory.size - address))
    assert memory.read(address, size) == whole[address : address + size]


@pytest.mark.requirement("FSW-SCR-003")
def test_a_change_is_seen_where_it_is_and_repaired():
    made = module()
    memory = CodeMemory({"made": made})
    before = memory.read(0, memory.size)
    upset(made.Thing.method)
    changed = memory.read(0, memory.size)
    assert sum(one != other for one, other in zip(before, changed, strict=True)) == 1
    memory.repair()
    assert memory.read(0, memory.size) == before
    assert made.Thing().method() == 1


def test_a_function_within_another_is_repaired_too():
    made = module()
    memory = CodeMemory({"made": made})
    before = memory.read(0, memory.size)
    code = made.outer.__code__
    (inner,) = (one for one in code.co_consts if hasattr(one, "co_code"))
    made.outer.__code__ = code.replace(co_consts=tuple(hit(inner) if one is inner else one for one in code.co_consts))
    assert memory.read(0, memory.size) != before
    memory.repair()
    assert memory.read(0, memory.size) == before
    assert made.outer(3) == [0, 2, 4]


@pytest.mark.requirement("FSW-SCR-003")
def test_a_copy_that_is_damaged_itself_repairs_nothing():
    made = module()
    memory = CodeMemory({"made": made})
    memory._copies[0] = bytes(len(memory._copies[0]))
    before = memory.read(0, memory.size)
    memory.repair()
    assert memory.read(0, memory.size) == before


def test_code_of_another_length_moves_nothing_behind_it():
    made = module()
    memory = CodeMemory({"made": made})
    before = memory.read(0, memory.size)
    made.outer.__code__, made.Thing.Part.size.__code__ = made.Thing.still.__code__, made.outer.__code__
    after = memory.read(0, memory.size)
    assert len(after) == len(before)
    for function, start, end in zip(memory._functions, memory._starts, memory._starts[1:], strict=False):
        is_other = function in (made.outer, made.Thing.Part.size)
        assert (after[start:end] != before[start:end]) == is_other


def test_what_flies_is_there_and_stays_as_it_is():
    modules = flight_modules(sys.modules)
    assert "fsw.scrub.code_memory" in modules
    assert not [name for name in modules if name.startswith(("tests", "ground", "rig"))]
    memory = CodeMemory(modules)
    assert CodeMemory.repair in memory._functions
    whole = memory.read(0, memory.size)
    for _ in range(50):  # the interpreter adapts the code that runs often
        memory.read(0, 100)
    assert memory.read(0, memory.size) == whole


def test_what_is_no_function_is_not_asked_anything():
    """A module may hold a stand-in, which imports what it stands for when an attribute of it is read."""

    class StandIn:
        def __getattr__(self, name):
            raise AssertionError(name)

        def __call__(self):
            raise AssertionError

    made = module()
    made.late = StandIn()
    assert CodeMemory({"made": made}).size == CodeMemory({"made": module()}).size


def test_nothing_loaded_is_nothing():
    assert CodeMemory({}).size == 0
    assert CodeMemory({"odd": functools}).size == 0
