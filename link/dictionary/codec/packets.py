"""Whole packets read by a tree of containers, as XTCE describes them: from the root down, to the child that fits."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from kernels.usage import did_you_mean
from link.dictionary.bounds import BASES_MAX, FIELDS_MAX, short
from link.dictionary.codec.cursor import BitReader
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

    An absent field has None; one that occurs more than once, or in a repeated container, has the list of its instances;
    an invalid value is `Invalid`, with what was on the wire.
    """

    name: str
    values: dict[str, Any]
    left_octets: int
    invalid: tuple[tuple[str, Invalid], ...] = ()
    """The invalid values, with their names."""


class ContainerNode:
    """A container with the fields of all its bases; its codec is compiled at the first packet that needs it."""

    def __init__(self, container: Container, fields: tuple[Field, ...]) -> None:
        self.container, self.fields = container, fields
        self.children: list[ContainerNode] = []

    @cached_property
    def codec(self) -> Codec:
        """The codec of all fields, those of the bases included."""
        return Codec(self.fields, lenient=True)

    @cached_property
    def has_instances(self) -> bool:
        """Whether a field may have several values."""
        return has_instances(self.fields)

    @cached_property
    def is_fallible(self) -> bool:
        """Whether a value of this container may be invalid."""
        return any(_is_fallible(field) for field in self.fields)

    @cached_property
    def names(self) -> list[str]:
        """The names of all fields, those of the bases included."""
        return [field.name for field in self.fields]

    @cached_property
    def tests(self) -> list[tuple["ContainerNode", Any]]:
        """The child containers, each with the test of its criteria on a frame of this container's numbers."""
        return [(child, test_of(child.container.criteria or All(()), (self.fields,))) for child in self.children]

    def check(self) -> None:
        """Raises ValueError for a condition or a size that refers to a field that does not come before it."""
        try:
            if not all(_is_plain(field) for field in self.fields):
                assert self.codec
            assert self.tests is not None
        except ValueError as error:
            raise ValueError(f"{self.container.name}: {error}") from None


class PacketReader:
    """Reads packets of the given containers from the one called `root` on; without a name, from the only one of
    `roots`, or the only one without a base.

    `root` is the node of that container. Raises ValueError for a missing base, an ambiguous root, or a reference to a
    field that does not come before.
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
        reader = BitReader(octets)
        raws = node.codec.read_numbers(reader)
        while child := choice(node, raws):
            node, reader = child, BitReader(octets)
            raws = node.codec.read_numbers(reader)
        if node.container.abstract:
            raise DecodeError(f"no container describes this {node.container.name}")
        found = node.codec.values_of(raws, ())
        values = instances_of(node.fields, found) if node.has_instances else dict(zip(node.names, found, strict=True))
        wrong = [one for name, value in values.items() for one in invalid_in(name, value)] if node.is_fallible else ()
        return Packet(node.container.name, values, reader.left // 8, tuple(wrong))


def choice(node: ContainerNode, raws: list[Any]) -> ContainerNode | None:
    """The child whose criteria the numbers of `node` meet; None if there is none. Raises DecodeError for several."""
    right = [child for child, test in node.tests if test((raws,))]
    if len(right) > 1:
        raise DecodeError(f"{' and '.join(child.container.name for child in right)} all describe it")
    return right[0] if right else None


def nodes_of(containers: Iterable[Container]) -> dict[str, ContainerNode]:
    """The node of each container, by name. Raises ValueError for a base that is missing or is based on itself."""
    known = {container.name: container for container in containers}
    nodes = {name: ContainerNode(one, tuple(_inherited(one, known))) for name, one in known.items()}
    for name, container in known.items():
        if container.base:
            nodes[container.base].children.append(nodes[name])
    return nodes


def root_candidates(containers: Iterable[Container], referred: Collection[str] = ()) -> list[str]:
    """Containers without a base that are bases themselves; if there are none, all without a base that are not
    `referred` to by others.
    """
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
    """Whether a field refers to no other field."""
    return field.when is None and not field.contexts and fixed_bits(field.kind) is not None


def _is_fallible(field: Field) -> bool:
    """Whether a number on the wire may be invalid as a value of the field."""
    kind = field.kind
    while isinstance(kind, Array):
        kind = kind.of
    plain = isinstance(kind, Integer | Real | Boolean) and field.calibration is None
    return not (isinstance(kind, Octets) or (plain and not field.contexts))


def _chosen_root(root: str, roots: Sequence[str], known: Collection[str]) -> str:
    if not (root or roots):
        raise ValueError("the definition has no container that describes packets")
    if not root and len(roots) != 1:
        raise ValueError(f"which container is the root? Name one of {', '.join(roots)}")
    chosen = root or roots[0]
    if chosen not in known:
        raise ValueError(f"no container is called {short(chosen)}{did_you_mean(chosen, known)}")
    return chosen
