"""Tables hold what the reader gives packet by packet."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from link.dictionary.batch.tables import TableReader
from link.dictionary.codec.packets import PacketReader
from link.dictionary.conditions import All, Comparison, Either
from link.dictionary.curves import Linear, Powers, Spline
from link.dictionary.kinds import Array, Boolean, Enumeration, Field, Integer, Octets, Real, Time
from link.dictionary.model import Container
from link.packets.index import index_packets
from link.packets.space_packet import SpacePacket

HEAD = (Field(name="head", kind=Array(Integer(16), 3)), Field(name="id", kind=Integer(8)))
VALUES = (
    Field(name="a", kind=Integer(12, signed=True), skip_bits=4),
    Field(name="volts", kind=Integer(8), calibration=Linear(0.5, 1.0)),
    Field(name="on", kind=Boolean(8)),
    Field(name="f", kind=Real(32)),
    Field(name="samples", kind=Array(Integer(4), 4)),
    Field(name="time", kind=Time(4, 2)),
)


def child(name, criteria, *fields, base="Base"):
    return Container(name=name, fields=fields, base=base, criteria=criteria)


PLAIN = [
    Container(name="Base", fields=HEAD, abstract=True),
    child("Long", Comparison("id", 1), *VALUES),
    child("Any", Either((Comparison("id", 2), Comparison("id", 3))), Field(name="x", kind=Integer(8))),
    child("AnyOne", All((Comparison("id", 3), Comparison("x", 7, ">"))), base="Any"),
    child("Both", Comparison("id", 5)),
    child("Other", Comparison("id", 5, "<=")),
    child("Named", Comparison("id", 6), Field(name="mode", kind=Enumeration({"A": 1}))),
    child("Blob", Comparison("id", 7), Field(name="blob", kind=Octets(2))),
]
bodies = st.builds(lambda number, rest: bytes([number]) + rest, st.integers(0, 8), st.binary(max_size=24))


def same(column, value):
    if isinstance(value, float):
        return np.array_equal(column, np.float64(value), equal_nan=True) or np.float32(value) == column
    return column.tolist() == value


@given(st.lists(bodies, max_size=20), st.sampled_from([PLAIN, PLAIN[:2], PLAIN[:4]]))
def test_bulk_is_one_by_one(bodies, containers):
    packets = [SpacePacket(5, number, body).encode() for number, body in enumerate(bodies)]
    reader = PacketReader(containers)
    tables, left = TableReader(reader).read(index_packets(b"".join(packets), checked=False))
    seen = left.tolist()
    for table in tables:
        for row, number in enumerate(table.numbers.tolist()):
            read = reader.decode(packets[number])
            assert read.name == table.name
            assert list(read.values) == list(table.columns)
            assert all(same(table.columns[name][row], value) for name, value in read.values.items())
        seen += table.numbers.tolist()
    assert sorted(seen) == list(range(len(packets)))


def test_what_is_left():
    """Cut off, described by nobody or by two, or of kinds that have no column with the codec's values."""
    bodies = [b"\x01", b"\x08", b"\x05", b"\x06\x01", b"\x07ab", b"\x02\x01"]
    packets = [SpacePacket(5, number, body).encode() for number, body in enumerate(bodies)]
    reader = PacketReader(PLAIN[:5] + PLAIN[6:])
    tables, left = TableReader(reader).read(index_packets(b"".join(packets), checked=False))
    assert {table.name: table.numbers.tolist() for table in tables} == {"Both": [2], "Any": [5]}
    assert left.tolist() == [0, 1, 3, 4]


def test_keys_that_are_no_plain_numbers_leave_all():
    for field in (
        Field(name="key", kind=Boolean(8)),
        Field(name="key", kind=Integer(8), calibration=Linear(1.0, 0.0)),
        Field(name="head", kind=Integer(8)),
    ):
        base = Container(name="Base", fields=(HEAD[0], field), abstract=True)
        reader = PacketReader([base, child("Child", Comparison(field.name, 1))])
        index = index_packets(SpacePacket(5, 0, b"\x01").encode(), checked=False)
        tables, left = TableReader(reader).read(index)
        assert (tables, left.tolist()) == ([], [0])


@pytest.mark.parametrize(
    "said",
    [
        {"when": Comparison("key", 1)},
        {"contexts": ((Comparison("key", 1), Linear(2.0)),)},
        {"calibration": Spline(((0.0, 0.0), (9.0, 18.0)))},
        {"calibration": Powers(((1.0, -1.0),))},
    ],
)
def test_values_that_have_no_column_are_left_to_be_read_one_by_one(said):
    """What is there or not, or is calibrated by others, or may be invalid."""
    key, other = Field(name="key", kind=Integer(8)), Field(name="x", kind=Integer(8), **said)
    reader = PacketReader([Container(name="Base", fields=(HEAD[0], key, other))])
    packets = [SpacePacket(5, 0, b"\1\2"), SpacePacket(5, 1, b"\0" if "when" in said else b"\0\2")]
    tables, left = TableReader(reader).read(index_packets(b"".join(one.encode() for one in packets), checked=False))
    assert (tables, left.tolist()) == ([], [0, 1])
