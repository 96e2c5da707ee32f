"""Whole packets read by a tree of containers, as XTCE describes them: from the root down, to the child that fits."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from kernels.usage import did_you_mean
from link.dictionary.bounds import BASES_MAX, FIELDS_MAX, short
from link.dictionary.codec.cursor import Reader
from link.dictionary.codec.instances import has_instances, instances_of
from link.dictionary.codec.invalid import Invalid, invalid_in
from link.dictionary.codec.places import test_of
from link.dictionary.codec.record import Codec
from link.dictionary.conditions import All
from link.dictionary.kinds import Array, Boolean, Field, Integer, Octets, Real, fixed_bits
from link.dictionary.model import Container
from link.errors import DecodeError


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet: its container, values by field name, octets left over.

    A field that is not there has None; one that is there more than once, or in a container that is repeated, has the
    list of its instances; a value that cannot be is `Invalid`, with what was on the wire.
    """

    name: str
    values: dict[str, Any]
    left_octets: int
    invalid: tuple[tuple[str, Invalid], ...] = ()
    """The values that cannot be, with their names."""


class Node:
    """A container with everything above it; compiled when the first packet asks for it."""

    def __init__(self, container: Container, fields: tuple[Field, ...]) -> None:
        self.container, self.fields = container, fields
        self.children: list[Node] = []

    @cached_property
    def codec(self) -> Codec:
        """Of all the fields."""
        return Codec(self.fields, lenient=True)

    @cached_property
    def has_instances(self) -> bool:
        """Whether a field may have more values than one."""
        return has_instances(self.fields)

    @cached_property
    def is_fallible(self) -> bool:
        """Whether there are values that cannot be."""
        return any(_is_fallible(field) for field in self.fields)

    @cached_property
    def names(self) -> list[str]:
        """Of all the fields."""
        return [field.name for field in self.fields]

    @cached_property
    def tests(self) -> list[tuple["Node", Any]]:
        """The children, and whether a frame of this one's numbers makes them right."""
        return [(child, test_of(child.container.criteria or All(()), (self.fields,))) for child in self.children]

    def check(self) -> None:
        """Raises ValueError for a condition or a size that asks for what does not come before it."""
        try:
            if not all(_is_plain(field) for field in self.fields):
                assert self.codec
            assert self.tests is not None
        except ValueError as error:
            raise ValueError(f"{self.container.name}: {error}") from None


class PacketReader:
    """Reads packets of the containers given, from the one called `root`; else from the only one of `roots`, or of those
    without a base.

    `root` is its node. Raises ValueError for a base that is missing, a root that is not clear, or a reference to what
    does not come before.
    """

    def __init__(self, containers: Iterable[Container], root: str = "", roots: Sequence[str] = ()) -> None:
        containers = tuple(containers)
        nodes = nodes_of(containers)
        self.root = nodes[_chosen_root(root, roots or root_candidates(containers), nodes)]
        for node in nodes.values():
            node.check()

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
        found = node.codec.values_of(raws, ())
        values = instances_of(node.fields, found) if node.has_instances else dict(zip(node.names, found, strict=True))
        wrong = [one for name, value in values.items() for one in invalid_in(name, value)] if node.is_fallible else ()
        return Packet(node.container.name, values, reader.left // 8, tuple(wrong))


def choice(node: Node, raws: list[Any]) -> Node | None:
    """The child that the numbers of `node` ask for. Raises DecodeError if there are several."""
    right = [child for child, test in node.tests if test((raws,))]
    if len(right) > 1:
        raise DecodeError(f"{' and '.join(child.container.name for child in right)} all describe it")
    return right[0] if right else None


def nodes_of(containers: Iterable[Container]) -> dict[str, Node]:
    """Each with everything above it, by name. Raises ValueError for a base that is missing or builds on itself."""
    known = {container.name: container for container in containers}
    nodes = {name: Node(one, tuple(_inherited(one, known))) for name, one in known.items()}
    for name, container in known.items():
        if container.base:
            nodes[container.base].children.append(nodes[name])
    return nodes


def root_candidates(containers: Iterable[Container], referred: Collection[str] = ()) -> list[str]:
    """The containers without a base that others build on; or all without, but for those `referred` to by others."""
    known = list(containers)
    bases = {container.base for container in known}
    found = [one.name for one in known if not one.base and one.name not in referred]
    return [name for name in found if name in bases] or found


def _inherited(container: Container, known: Mapping[str, Container]) -> list[Field]:
    fields: list[Field] = []
    below: set[str] = set()
    while True:
        fields[:0] = container.fields
        below.add(container.name)
        if len(fields) > FIELDS_MAX or len(below) > BASES_MAX:
            raise ValueError(
                f"{container.name}: more than {FIELDS_MAX} fields or {BASES_MAX} containers on one another"
            )
        if not container.base:
            return fields
        if container.base not in known or container.base in below:
            raise ValueError(f"{container.name}: {container.base} cannot be its base")
        container = known[container.base]


def _is_plain(field: Field) -> bool:
    """Whether it asks for nothing of others."""
    return field.when is None and not field.contexts and fixed_bits(field.kind) is not None


def _is_fallible(field: Field) -> bool:
    """Whether a number on the wire may stand for nothing."""
    kind = field.kind
    while isinstance(kind, Array):
        kind = kind.of
    plain = isinstance(kind, Integer | Real | Boolean) and field.calibration is None
    return not (isinstance(kind, Octets) or (plain and not field.contexts))


def _chosen_root(root: str, roots: Sequence[str], known: Collection[str]) -> str:
    if not (root or roots):
        raise ValueError("no container is in it that describes packets")
    if not root and len(roots) != 1:
        raise ValueError(f"which container is the root? One of {', '.join(roots)}")
    chosen = root or roots[0]
    if chosen not in known:
        raise ValueError(f"no container is called {short(chosen)}{did_you_mean(chosen, known)}")
    return chosen
