"""Scrubbing: a change of memory is reported once, repaired where it can be, and never more is read than a turn may."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsw.apps.scrub import AreaChanged, AreaListed, AreaSound, AreaUnreadable, Scrub, ScrubStatus
from fsw.scrub.areas import watched
from hal.addressed_memory import ReadOnlyMemory
from kernels.coding.crc import crc32c


class Cells(ReadOnlyMemory):
    """Memory whose cells a test may hit. `fault`: reading raises it. `reads`: the sizes that were read."""

    def __init__(self, octets):
        self.octets, self.fault, self.reads = bytearray(octets), None, []

    @property
    def size(self):
        return len(self.octets)

    def read(self, address, size):
        if self.fault:
            raise self.fault
        self.reads.append(size)
        return bytes(self.octets[address : address + size])


def scrub(*memories, repairs=(), octets=1 << 16):
    repair_of = dict(repairs)
    areas = [watched(one, f"area {one}", memory, repair_of.get(one)) for one, memory in enumerate(memories, 1)]
    app = Scrub(areas)
    app.octets = octets
    for memory in memories:
        memory.reads.clear()
    return app


def told(app, turns=1):
    return [record for _ in range(turns) for record in app.step(0) if not isinstance(record, ScrubStatus)]


@pytest.mark.requirement("FSW-SCR-002")
def test_a_change_is_reported_once_and_that_it_is_gone():
    cells = Cells(b"abcd")
    app = scrub(Cells(b"xy"), cells)
    assert told(app, 3) == []
    cells.octets[2] ^= 1
    changed = AreaChanged(memory=2, name="area 2", found=crc32c(b"abbd"), expected=crc32c(b"abcd"))
    assert told(app, 3) == [changed]
    assert (app.status.troubled, app.status.changes, app.status.repairs) == (1, 1, 0)
    cells.octets[2] ^= 1
    assert told(app, 3) == [AreaSound(memory=2, name="area 2")]
    assert (app.status.troubled, app.status.changes, app.status.repairs) == (0, 1, 1)


@pytest.mark.requirement("FSW-SCR-003")
def test_what_can_be_repaired_is_and_is_read_again_at_once():
    cells = Cells(b"abcd")

    def repair():
        cells.octets[:] = b"abcd"

    app = scrub(cells, repairs=[(1, repair)])
    told(app)
    cells.octets[0] = 0
    assert [type(one) for one in told(app)] == [AreaChanged, AreaSound]
    assert list(app.step(0)) == [ScrubStatus(areas=1, octets=4, passes=3, troubled=0, changes=1, repairs=1)]


def test_a_repair_that_does_not_help_does_not_hold_the_others_up():
    cells, other = Cells(b"abcd"), Cells(b"x")
    app = scrub(cells, other, repairs=[(1, lambda: None)])
    cells.octets[0] = 0
    assert [type(one) for one in told(app, 4)] == [AreaChanged]
    assert len(other.reads) == 4


def test_what_cannot_be_read_is_reported_once_and_does_not_hold_the_others_up():
    cells, other = Cells(b"abcd"), Cells(b"x")
    app = scrub(cells, other)
    cells.fault = OSError("gone " * 20)
    assert told(app, 3) == [AreaUnreadable(memory=1, name="area 1", reason=("gone " * 20)[:60])]
    assert len(other.reads) == 3
    cells.fault = OSError(5, "Input/output error")
    assert told(app, 3) == [AreaUnreadable(memory=1, name="area 1", reason="Input/output error")]
    cells.fault = None
    assert told(app) == [AreaSound(memory=1, name="area 1")]


def test_what_could_not_be_read_at_first_counts_from_its_first_reading():
    cells = Cells(b"abcd")
    cells.fault = OSError("not yet")
    app = scrub(cells)
    (listed,) = app.list_areas()
    assert listed == AreaListed(memory=1, name="area 1", octets=4, checksum=0, is_sound=True)
    assert [type(one) for one in told(app)] == [AreaUnreadable]
    (listed,) = app.list_areas()
    assert not listed.is_sound
    cells.fault = None
    assert told(app) == [AreaSound(memory=1, name="area 1")]
    (listed,) = app.list_areas()
    assert (listed.checksum, listed.is_sound) == (crc32c(b"abcd"), True)


@given(st.lists(st.integers(0, 100), min_size=1, max_size=4), st.integers(1, 150), st.data())
@pytest.mark.requirement("FSW-SCR-001")
def test_each_change_is_found_within_two_passes_and_a_turn_reads_no_more_than_it_may(sizes, octets, data):
    memories = [Cells(bytes(size)) for size in sizes]
    app = scrub(*memories, octets=octets)
    turns = 2 + 2 * (sum(sizes) // octets + 1)
    told(app, data.draw(st.integers(0, turns)))
    for memory in memories:
        memory.reads.clear()
    hit = data.draw(st.sampled_from([memory for memory in memories if memory.size] or [None]))
    if hit:
        hit.octets[data.draw(st.integers(0, hit.size - 1))] = 1
    found = []
    for _ in range(turns + len(sizes)):
        before = sum(sum(memory.reads) for memory in memories)
        found += told(app)
        assert sum(sum(memory.reads) for memory in memories) - before <= octets
    assert [type(one) for one in found] == ([AreaChanged] if hit else [])


@pytest.mark.parametrize("octets", [0, 5])
def test_nothing_is_read_where_nothing_may_be_or_there_is_nothing(octets):
    cells = Cells(b"abcd")
    app = scrub(*([cells] if not octets else []), octets=octets)
    assert list(app.step(0)) == []
    assert cells.reads == []
