"""Packet definitions of ccsdspy: a CSV file of name, data_type, bit_length and, if given, bit_offset.

    name, data_type, bit_length, bit_offset
    SHCOARSE, uint, 32, 48
    SAMPLES, "int(12, 24)", 8, 80      an array; (expand): up to the end; (NAME): as many as field NAME says

The file does not describe the primary header; the definition made of it begins with one. Offsets in a column bit_offset
are as in ccsdspy, from the packet's beginning, with the 48 bits of the header; offsets that count from the header's end
are in a column data_bit_offset.
"""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from io import StringIO

from link.dictionary.bounds import FIELDS_MAX
from link.dictionary.definition import Definition
from link.dictionary.kinds import AnyKind, Array, Field, Integer, Real, Reference, Rest, Size, Text, fixed_bits
from link.dictionary.model import Container

_TYPE = re.compile(r"(\w+)\s*(?:\((.*)\))?")
_COLUMNS = ("name", "data_type", "bit_length")
_HEADER_BITS = 48
_OFFSETS = {"bit_offset": 0, "data_bit_offset": _HEADER_BITS}
"""Columns of offsets, and the number of bits of the packet before their bit 0."""
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
    rows = csv.DictReader(StringIO(text.removeprefix("\ufeff")), skipinitialspace=True)
    header = tuple(Field(name=field, kind=Integer(bits)) for field, bits in PRIMARY_HEADER)
    try:
        missing = [column for column in _COLUMNS if column not in (rows.fieldnames or ())]
        if missing:
            known = f"{', '.join(_COLUMNS)} and perhaps {' or '.join(_OFFSETS)}"
            said = f", but {', '.join(rows.fieldnames)[:80]}" if rows.fieldnames else ""
            raise ValueError(f"no column is called {missing[0]}{said}; expected {known}, with commas between them")
        return Definition(name=name, packets=(Container(name=name, fields=(*header, *_fields(rows))),))
    except csv.Error as error:
        raise ValueError(f"row {rows.line_num}: {error}") from None


def header_fields(definition: Definition) -> list[str]:
    """Names of the fields that overlap the primary header; a sign that the offsets count from the header's end."""
    found, at = [], 0
    for number, field in enumerate(definition.packets[0].fields):
        at += field.skip_bits
        if number >= len(PRIMARY_HEADER) and at < _HEADER_BITS:
            found.append(field.name)
        bits = fixed_bits(field.kind)
        if bits is None:
            break
        at += bits
    return found


def _fields(rows: "csv.DictReader[str]") -> Iterator[Field]:
    columns = [column for column in _OFFSETS if column in (rows.fieldnames or ())]
    if len(columns) > 1:
        raise ValueError(f"both {columns[0]} and {columns[1]} are there, expected one of them")
    before = _OFFSETS[columns[0]] if columns else 0
    names = [name for name, _ in PRIMARY_HEADER]
    end: int | None = _HEADER_BITS  # of the field before
    furthest = _HEADER_BITS
    for number, row in enumerate(rows):
        try:
            _check_row(number, row)
            kind = _kind(row, names)
            offset = row.get(columns[0]) if columns else None
            skip_bits = 0 if end is None else furthest - end
            if offset:
                skip_bits = _offset(offset) + before - _known(end)
        except ValueError as error:
            raise ValueError(f"row {rows.line_num}: {error}") from None
        yield Field(name=row["name"], kind=kind, skip_bits=skip_bits)
        names.append(row["name"])
        bits = fixed_bits(kind)
        end = None if end is None or bits is None else end + skip_bits + bits
        furthest = max(furthest, end or 0)


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
        raise ValueError("an offset after an array whose size varies is not supported")
    return end


def _offset(text: str) -> int:
    offset = _whole("the offset", text)
    if offset < 0:
        raise ValueError(f"the offset = {offset}, expected 0 or more")
    return offset


def _whole(what: str, text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ValueError(f"{what} = {text[:40]}, expected a whole number") from None


def _kind(row: Mapping[str, str], names: Sequence[str]) -> AnyKind:
    found = _TYPE.fullmatch(row["data_type"].strip())
    if not found:
        raise ValueError(f"data_type = {row['data_type'][:40]}, expected uint, int, float, str, fill or an array")
    kind = _scalar(found[1], _whole("bit_length", row["bit_length"]))
    for size in reversed(found[2].split(",")) if found[2] else ():
        kind = Array(kind, _size(size.strip(), names))
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
            return Text(
                bits // 8, ends=""
            )  # ccsdspy removes only the zeros at the end of a text, not all that follows a first zero
    raise ValueError(f"data_type = {kind} of {bits} bits, expected uint, int, float, str or fill")


def _size(text: str, names: Sequence[str]) -> Size:
    if text == "expand":
        return Rest()
    if text.isdecimal():
        return _whole("the size", text)
    if text not in names:
        raise ValueError(f"no field called {text[:40]} comes before")
    return Reference(text)
