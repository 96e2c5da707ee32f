"""Whole packets read by a tree of containers, as XTCE describes them: from the root down, to the child that fits."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from link.dictionary.codec import Codec
from link.dictionary.conditions import All
from link.dictionary.cursor import Reader
from link.dictionary.kinds import Field
from link.dictionary.model import Container
from link.dictionary.sizes import test_of
from link.errors import DecodeError


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet: its container, values by field name (None for a field that is not there), octets left over."""

    name: str
    values: dict[str, Any]
    left_octets: int


class Node:
    """A container with everything above it; compiled when the first packet asks for it."""

    def __init__(self, container: Container, fields: tuple[Field, ...]) -> None:
        self.container, self.fields = container, fields
        self.children: list[Node] = []

    @cached_property
    def codec(self) -> Codec:
        """Of all the fields."""
        return Codec(self.fields)

    @cached_property
    def names(self) -> list[str]:
        """Of all the fields."""
        return [field.name for field in self.fields]

    @cached_property
    def tests(self) -> list[tuple["Node", Any]]:
        """The children, and whether a frame of this one's numbers makes them right."""
        return [(child, test_of(child.container.criteria or All(()), (self.fields,))) for child in self.children]


class PacketReader:
    """Reads packets of the containers given, from the one called `root`; else from the only one without a base.

    `root` is its node. Raises ValueError for a base that is missing or a root that is not clear.
    """

    def __init__(self, containers: Iterable[Container], root: str = "") -> None:
        known = {container.name: container for container in containers}
        self._nodes = {name: Node(one, tuple(_inherited(one, known))) for name, one in known.items()}
        for name, container in known.items():
            if container.base:
                self._nodes[container.base].children.append(self._nodes[name])
        self.root = self._nodes[root or _only_root(known)]

    def decode(self, octets: bytes) -> Packet:
        """The packet at the beginning of `octets`. Raises DecodeError, also for one that no container describes."""
        node = self.root
        reader = Reader(octets)
        raws = node.codec.read_numbers(reader)
        while child := choice(node, raws):
            node, reader = child, Reader(octets)
            raws = node.codec.read_numbers(reader)
        if node.container.abstract:
            raise DecodeError(f"no container describes this {node.container.name}")
        values = dict(zip(node.names, node.codec.values_of(raws), strict=True))
        return Packet(node.container.name, values, reader.left // 8)


def choice(node: Node, raws: list[Any]) -> Node | None:
    """The child that the numbers of `node` ask for. Raises DecodeError if there are several."""
    right = [child for child, test in node.tests if test((raws,))]
    if len(right) > 1:
        raise DecodeError(f"{' and '.join(child.container.name for child in right)} all describe it")
    return right[0] if right else None


def _inherited(container: Container, known: dict[str, Container], below: tuple[str, ...] = ()) -> Iterator[Field]:
    if container.base:
        if container.base not in known or container.base in below:
            raise ValueError(f"{container.name}: {container.base} cannot be its base")
        yield from _inherited(known[container.base], known, (*below, container.name))
    yield from container.fields


def _only_root(known: dict[str, Container]) -> str:
    """The container without a base that others build on; or the only one."""
    bases = {container.base for container in known.values()}
    roots = [name for name, container in known.items() if not container.base]
    found = [name for name in roots if name in bases] or roots
    if len(found) != 1:
        raise ValueError(f"which container is the root? One of {', '.join(found) or 'none'}")
    return found[0]
