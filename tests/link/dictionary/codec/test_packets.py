"""Packets read by a tree of containers."""

import pytest

from link.dictionary.codec.packets import PacketReader
from link.dictionary.conditions import Comparison
from link.dictionary.kinds import Field, Integer
from link.dictionary.model import Container
from link.errors import DecodeError

BASE = Container(name="Base", fields=(Field(name="id", kind=Integer(8)),), abstract=True)


def child(name, base="Base", criteria=None, **said):
    fields = (Field(name=name.lower(), kind=Integer(8)),)
    return Container(name=name, fields=fields, base=base, criteria=criteria, **said)


TREE = (BASE, child("One", criteria=Comparison("id", 1)), child("Two", criteria=Comparison("id", 2), abstract=True),
        child("Deep", base="Two"))  # fmt: skip


def test_down_to_the_child_that_fits():
    reader = PacketReader(TREE)
    packet = reader.decode(b"\1\7xyz")
    assert (packet.name, packet.values, packet.left_octets) == ("One", {"id": 1, "one": 7}, 3)
    assert reader.decode(b"\2\7\x08").values == {"id": 2, "two": 7, "deep": 8}


def test_what_no_container_describes_is_a_decode_error():
    with pytest.raises(DecodeError, match="no container describes this Base"):
        PacketReader(TREE).decode(b"\3\0")
    with pytest.raises(DecodeError):
        PacketReader(TREE).decode(b"\1")
    twice = (*TREE, child("Also", criteria=Comparison("id", 1)))
    with pytest.raises(DecodeError, match="One and Also all describe it"):
        PacketReader(twice).decode(b"\1\7")


def test_a_child_without_criteria_always_fits():
    assert PacketReader((BASE, child("Any"))).decode(b"\x09\7").name == "Any"


@pytest.mark.parametrize(
    ("containers", "sentence"),
    [
        ((child("One", base="None"),), "One: None cannot be its base"),
        ((child("A", base="B"), child("B", base="A")), "cannot be its base"),
        ((BASE, child("Lone", base="")), None),
        ((child("A", base=""), child("B", base="")), "which container is the root"),
        ((), "no container that describes packets"),
    ],
)
def test_what_is_no_tree_is_refused(containers, sentence):
    if sentence is None:
        containers = (*containers, child("One"))  # what others build on is the root
        assert PacketReader(containers).decode(b"\1\7").name == "One"
        return
    with pytest.raises(ValueError, match=sentence):
        PacketReader(containers)


def test_a_root_that_is_none():
    with pytest.raises(ValueError, match="no container is called Rot"):
        PacketReader([Container(name="Root", fields=())], roots=("Rot",))


def test_containers_on_containers_without_end():
    bases = ["", *map(str, range(100))]
    chain = [Container(name=str(number), fields=(), base=base) for number, base in enumerate(bases)]
    with pytest.raises(ValueError, match="64 containers on one another"):
        PacketReader(chain)
