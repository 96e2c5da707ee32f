"""Packet definitions of ccsdspy: a CSV file of name, data_type, bit_length and, if given, bit_offset.

    name, data_type, bit_length
    SHCOARSE, uint, 32
    SAMPLES, "int(12, 24)", 8      an array; (expand): up to the end; (NAME): as many as field NAME says

The file says nothing about the primary header; the packet that it makes begins with it. Offsets count from its end.
"""

import csv
import re
from collections.abc import Iterator, Mapping
from io import StringIO

from link.dictionary.bounds import FIELDS_MAX
from link.dictionary.definition import Definition
from link.dictionary.kinds import AnyKind, Array, Field, Integer, Real, Reference, Rest, Size, Text, fixed_bits
from link.dictionary.model import Container

_TYPE = re.compile(r"(\w+)\s*(?:\((.*)\))?")
_COLUMNS = ("name", "data_type", "bit_length")
PRIMARY_HEADER = (
    ("CCSDS_VERSION_NUMBER", 3),
    ("CCSDS_PACKET_TYPE", 1),
    ("CCSDS_SECONDARY_FLAG", 1),
    ("CCSDS_APID", 11),
    ("CCSDS_SEQUENCE_FLAG", 2),
    ("CCSDS_SEQUENCE_COUNT", 14),
    ("CCSDS_PACKET_LENGTH", 16),
)


def read_csv(text: str, name: str) -> Definition:
    """The definition of the one kind of packet in a file, called `name`. Raises ValueError naming the row."""
    rows = csv.DictReader(StringIO(text), skipinitialspace=True)
    header = tuple(Field(name=field, kind=Integer(bits)) for field, bits in PRIMARY_HEADER)
    try:
        missing = [column for column in _COLUMNS if column not in (rows.fieldnames or ())]
        if missing:
            raise ValueError(f"no column is called {missing[0]}; expected {', '.join(_COLUMNS)} and perhaps bit_offset")
        return Definition(name=name, packets=(Container(name=name, fields=(*header, *_fields(rows))),))
    except csv.Error as error:
        raise ValueError(f"row {rows.line_num}: {error}") from None


def _fields(rows: "csv.DictReader[str]") -> Iterator[Field]:
    end: int | None = 0
    for number, row in enumerate(rows):
        try:
            _check_row(number, row)
            kind = _kind(row)
            offset = row.get("bit_offset")
            skip_bits = int(offset) - _known(end) if offset else 0
        except ValueError as error:
            raise ValueError(f"row {rows.line_num}: {error}") from None
        yield Field(name=row["name"], kind=kind, skip_bits=skip_bits)
        bits = fixed_bits(kind)
        end = None if end is None or bits is None else end + skip_bits + bits


def _check_row(number: int, row: Mapping[str | None, object]) -> None:
    if number >= FIELDS_MAX:
        raise ValueError(f"more fields than a packet can have, {FIELDS_MAX}")
    empty = [column for column in _COLUMNS if not row.get(column)]
    if empty:
        raise ValueError(f"{empty[0]} is missing")
    if None in row:
        raise ValueError("more columns than the first row names")


def _known(end: int | None) -> int:
    if end is None:
        raise ValueError("a bit_offset after an array whose size varies")
    return end


def _kind(row: Mapping[str, str]) -> AnyKind:
    found = _TYPE.fullmatch(row["data_type"].strip())
    if not found:
        raise ValueError(f"data_type = {row['data_type'][:40]}")
    kind = _scalar(found[1], int(row["bit_length"]))
    for size in reversed((found[2] or "").split(",")) if found[2] else ():
        kind = Array(kind, _size(size.strip()))
    return kind


def _scalar(kind: str, bits: int) -> AnyKind:
    match kind:
        case "uint" | "fill":
            return Integer(bits)
        case "int":
            return Integer(bits, signed=True)
        case "float" if bits in (16, 32, 64):
            return Real(bits)  # type: ignore[arg-type]  # checked above
        case "str" if bits % 8 == 0:
            return Text(bits // 8)
    raise ValueError(f"data_type = {kind} of {bits} bits, expected uint, int, float, str or fill")


def _size(text: str) -> Size:
    if text == "expand":
        return Rest()
    return int(text) if text.isdigit() else Reference(text)
