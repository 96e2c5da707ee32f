"""The struct-backed leaf against Construct's own bit fields."""

import construct as cs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from link.errors import TruncatedError
from link.packets.bits import Packed


@st.composite
def layouts(draw):
    """Any widths that end on an octet."""
    widths = draw(st.lists(st.integers(1, 40), min_size=1, max_size=12))
    widths[-1] += -sum(widths) % 8
    return {f"field_{number}": width for number, width in enumerate(widths)}


@given(layouts(), st.data())
def test_leaf_equals_bit_struct(widths, data):
    leaf = Packed("Leaf", **widths)
    octets = data.draw(st.binary(min_size=leaf.size, max_size=leaf.size))
    slow = leaf.oracle().parse(octets)
    assert leaf.parse(octets)._asdict() == {name: slow[name] for name in widths}
    assert cs.Struct("leaf" / leaf).parse(octets).leaf == leaf.parse(octets) == tuple(leaf.unpack(octets))
    assert leaf.build(slow) == leaf.build(leaf.parse(octets)) == leaf.pack(*leaf.unpack(octets)) == octets
    assert leaf.unpack(b"xyz" + octets, 3) == leaf.unpack(octets)


@given(layouts(), st.data())
def test_every_truncation_is_reported(widths, data):
    leaf = Packed("Leaf", **widths)
    octets = data.draw(st.binary(max_size=leaf.size - 1))
    with pytest.raises(TruncatedError) as caught:
        leaf.unpack(octets)
    assert (caught.value.needed, caught.value.given) == (leaf.size, len(octets))
    with pytest.raises(cs.StreamError):
        leaf.parse(octets)


@given(layouts(), st.data())
def test_a_value_out_of_range_never_touches_its_neighbours(widths, data):
    leaf = Packed("Leaf", **widths)
    name = data.draw(st.sampled_from(list(widths)))
    values = dict.fromkeys(widths, 0) | {name: data.draw(st.sampled_from([-1, 1 << widths[name]]))}
    with pytest.raises(ValueError, match=name):
        leaf.pack(*values.values())
    with pytest.raises(cs.FormatFieldError, match=name):
        leaf.build(values)


def test_composes_with_other_constructs():
    record = cs.Struct("head" / Packed("Leaf", kind=4, length=4), "body" / cs.Bytes(cs.this.head.length))
    assert record.parse(b"\x52ab").body == b"ab"
    assert record.build({"head": {"kind": 5, "length": 2}, "body": b"ab"}) == b"\x52ab"
    assert Packed("Leaf", a=12, b=4).sizeof() == 2
    with pytest.raises(cs.StreamError, match=r"path \(parsing\) -> head"):
        record.parse(b"")


def test_errors_say_where_and_what():
    leaf = Packed("Leaf", a=4, b=4)
    with pytest.raises(cs.StreamError, match=r"(?s)path \(parsing\)\n.*1 octets"):
        leaf.parse(b"")
    with pytest.raises(cs.FormatFieldError, match=r"(?s)path \(building\)\n.*b = 16, expected 0\.\.15$"):
        leaf.build({"a": 0, "b": 16})
    with pytest.raises(ValueError, match="shorter"):
        leaf.pack(1)


def test_a_record_is_a_tuple_too():
    record = Packed("Leaf", a=4, b=4).parse(b"\x12")
    assert (record[0], record["b"], tuple(record)) == (1, 2, (1, 2))


def test_a_missing_field_is_named():
    with pytest.raises(cs.FormatFieldError, match="kind"):
        Packed("Leaf", kind=8).build({})


def test_layout_must_end_on_an_octet():
    with pytest.raises(ValueError, match="11 bits"):
        Packed("Leaf", a=11)
