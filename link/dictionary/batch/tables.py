"""Whole packets of many kinds as columns: as `PacketReader` finds the container of one packet, but many at a time.

Which child container a packet belongs to depends on the few fields that the criteria compare. Packets with equal values
of these belong to the same child, so that one of them decides for all. Left to be read one by one are packets that are
cut off, and containers with a field that has no column, or one whose column differs from the values of the codec.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from link.dictionary.batch.columns import Column, Columns
from link.dictionary.codec.cursor import BitReader
from link.dictionary.codec.packets import ContainerNode, PacketReader, choice
from link.dictionary.conditions import comparisons_of
from link.dictionary.curves import Powers, Rounded, Spline
from link.dictionary.kinds import AnyKind, Array, Boolean, Field, Integer, Real, Time
from link.errors import DecodeError
from link.packets.index import PacketIndex

_Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Packets of the container `name`: their `numbers` in the index, and a column for each field."""

    name: str
    numbers: _Numbers
    columns: dict[str, Column]


class TableReader:
    """Reads in bulk what `reader` reads packet by packet."""

    def __init__(self, reader: PacketReader) -> None:
        self._root = reader.root
        self._columns: dict[int, Columns | None] = {}

    def read(self, index: PacketIndex) -> tuple[list[Table], _Numbers]:
        """The tables, and the numbers of the packets that are left to be read one by one."""
        tables: list[Table] = []
        left = [np.empty(0, np.int64), *self._descend(self._root, index, np.arange(len(index)), tables)]
        return tables, np.sort(np.concatenate(left))

    def _descend(
        self, node: ContainerNode, index: PacketIndex, numbers: _Numbers, tables: list[Table]
    ) -> Iterator[_Numbers]:
        """Add the tables of the packets `numbers`, which are of `node` or its children; yield those without a table."""
        reader = self._reader(node)
        if reader is None:
            yield numbers
            return
        short = index.size[numbers] < reader.size
        yield numbers[short]
        numbers = numbers[~short]
        if not len(numbers):
            return
        columns = reader.read(index.octets, index.offset[numbers])
        for child, own in self._chosen(node, index, numbers, columns):
            if child is node:
                tables.append(Table(node.container.name, numbers[own], {k: c[own] for k, c in columns.items()}))
            elif child is None:
                yield numbers[own]
            else:
                yield from self._descend(child, index, numbers[own], tables)

    def _chosen(
        self, node: ContainerNode, index: PacketIndex, numbers: _Numbers, columns: dict[str, Column]
    ) -> Iterator[tuple[ContainerNode | None, NDArray[np.bool_]]]:
        """Pairs of a container and the mask of its packets: a child, `node` itself, or None if no container fits."""
        keys = _keys(node)
        if not keys:
            yield None if node.container.abstract else node, np.ones(len(numbers), np.bool_)
            return
        group = np.zeros(len(numbers), np.int64)
        for key in keys:
            found, code = np.unique(columns[key], return_inverse=True)
            group = group * len(found) + code
            group = np.unique(group, return_inverse=True)[1]  # so that the product stays small
        for number, first in enumerate(np.unique(group, return_index=True)[1]):
            yield _ask(node, index.packet(int(numbers[first]))), group == number

    def _reader(self, node: ContainerNode) -> Columns | None:
        """Column reader of the fields of `node`; None unless all columns hold the same values as the codec gives."""
        if id(node) not in self._columns:
            self._columns[id(node)] = Columns(node.fields) if _is_fit(node) else None
        return self._columns[id(node)]


def _keys(node: ContainerNode) -> list[str]:
    """Names of the fields that the criteria of a node's children compare."""
    criteria = [child.container.criteria for child in node.children if child.container.criteria]
    return sorted({comparison.field for one in criteria for comparison in comparisons_of(one)})


def _ask(node: ContainerNode, packet: bytes) -> ContainerNode | None:
    try:
        child = choice(node, node.codec.read_numbers(BitReader(packet)))
    except DecodeError:
        return None
    return child or (None if node.container.abstract else node)


def _is_fit(node: ContainerNode) -> bool:
    keys = {key: [field for field in node.fields if field.name == key] for key in _keys(node)}
    return (
        len(set(node.names)) == len(node.names)
        and all(_is_plain(field) for field in node.fields)
        and all(len(own) == 1 and isinstance(own[0].kind, Integer) and not own[0].calibration for own in keys.values())
    )


def _is_plain(field: Field) -> bool:
    return (
        _is_number(field.kind)
        and field.when is None
        and not field.contexts
        and not isinstance(field.calibration, Spline | Powers | Rounded)
    )


def _is_number(kind: AnyKind) -> bool:
    match kind:
        case Array(of=of, count=int()):
            return _is_number(of)
        case Integer(bits=bits) | Boolean(bits=bits):
            return bits <= 64
        case Time(coarse=coarse, fine=fine):
            return coarse <= 4 and fine <= 4
        case Real():
            return True
    return False
