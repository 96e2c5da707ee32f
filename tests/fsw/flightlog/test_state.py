"""The digest of a state: equal for equal states, another for any other, whatever the order of sets."""

from collections import deque
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from random import Random
from typing import Any

import pytest

from fsw.executive.bus import Queue
from fsw.flightlog.devices import Twin
from fsw.flightlog.state import state_digest
from link.dictionary.kinds import Field, Int16ub
from link.dictionary.model import ParameterEntry
from link.packets.space_packet import SpacePacket
from link.pus.services.parameters import ParameterTable


class Phase(Enum):
    ASCENT, DESCENT = 1, 2


@dataclass
class Part:
    """A part of a node, as far as the digest can tell."""

    value: Any = None
    others: list[Any] = field(default_factory=list)


Part.__module__ = "fsw.tests"
VALUES = [
    0, 1, True, None, 1.0, "1", b"1", "", [1], (1,), deque([1]), {1: 2}, {2: 1}, {1, 2}, {1, 3}, Phase.ASCENT,
    Phase.DESCENT, Random(1), Random(2), Path("a"), "\udcff", SpacePacket(1, 2, b"x"), SpacePacket(1, 3, b"x"),
]  # fmt: skip


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_equal_values_give_equal_digests_and_others_another(value):
    mine = state_digest(Part(value))
    assert [state_digest(Part(other)) == mine for other in VALUES] == [other is value for other in VALUES]


def test_sets_have_no_order():
    names = [f"name {number}" for number in range(50)]
    assert state_digest(Part({*names})) == state_digest(Part({*reversed(names)}))


def test_what_is_shared_and_what_goes_in_a_circle_counts_once():
    circle, other = Part(), Part()
    circle.others.append(circle)
    other.others.append(Part())
    shared = [1]
    assert state_digest(circle) != state_digest(other)
    assert state_digest(Part([shared, shared])) != state_digest(Part([shared, [1]]))


def test_devices_code_and_what_is_left_out_do_not_count():
    queue = Queue("extra", 1, "drop_new")
    assert state_digest(Part([Twin()])) == state_digest(Part([])) == state_digest(Part([queue]), [queue])
    assert state_digest(Part([len, Part])) == state_digest(Part([abs, Part])) != state_digest(Part([len, Phase]))
    assert state_digest(Part([object()])) == state_digest(Part([object()]))
    assert state_digest(Part([len, lambda: 1])) == state_digest(Part(["a".upper, Part().__init__]))


def test_what_is_made_of_a_dictionary_at_first_use_does_not_count():
    entry = ParameterEntry(id=1, name="tank.level", field=Field(name="level", kind=Int16ub))
    table = ParameterTable([entry])
    before = state_digest(Part(table))
    assert table.encode(1, 258) == bytes([0, 1, 1, 2])
    assert state_digest(Part(table)) == before != state_digest(Part(ParameterTable([])))


def test_slots_count():
    one, other = Queue("one", 1, "drop_new"), Queue("one", 1, "drop_new")
    assert state_digest(one) == state_digest(other)
    other.offer("message")
    assert state_digest(one) != state_digest(other)
