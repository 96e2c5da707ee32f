"""Decoded packets into files: one table for each kind of packet, as CSV, npz or Parquet; or whole, as pcap."""

import csv
import json
import math
import os
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from zipfile import ZIP_DEFLATED, ZipFile

import numpy as np
from numpy.typing import NDArray

from ground.recordings.output.packet_line import plain_text
from ground.recordings.output.pcap import END_NS as PCAP_END_NS
from ground.recordings.output.pcap import pcap_header, pcap_record
from hal.linux.whole_file import WholeFile, whole_file
from kernels.usage import UsageError
from link.dictionary.codec.invalid import Invalid, without_invalid

if TYPE_CHECKING:
    from ground.recordings.output.raw_export import RawExport

_NAME_OCTETS_MAX = 240  # of a file; systems take 255, of which `.NAME.part` needs some
Values = Mapping[str, Any]
Kept = list[Any] | NDArray[Any]


class Export(Protocol):
    """Takes packets in their order. `close` ends the files and names those written; before, none of them is there."""

    def add(self, kind: str, values: Values, packet: bytes, utc_ns: int | None = None) -> None:
        """Take one packet of a kind that the dictionary names, its values by field, and when it was made, if known."""

    def close(self) -> list[Path]:
        """No more will come."""

    def drop(self) -> None:
        """Leave no file, unless they are closed already."""


def open_export(path: Path, recorded_ns: int = 0) -> "Export | RawExport":
    """The export that the ending of `path` asks for. Raises ValueError for another, or one that is not installed.

    `recorded_ns`: when what it takes was recorded, in nanoseconds of UTC since 1970; 0 if that is not known.
    """
    ending = path.suffix.lower()
    if ending not in (*_EXPORTS, ".bin"):
        raise UsageError(f"{path}: expected a file name that ends in {', '.join(_EXPORTS)}, .bin")
    if ending == ".bin":
        from ground.recordings.output.raw_export import RawExport

        return RawExport(path)
    return PcapExport(path, recorded_ns) if ending == ".pcap" else _EXPORTS[ending](path)


class PcapExport:
    """The packets themselves, for Wireshark, each at its own time; one that does not say at that of the one before it,
    and until one does, at `recorded_ns`.
    """

    def __init__(self, path: Path, recorded_ns: int = 0) -> None:
        self._whole, self._latest_ns = WholeFile(path), recorded_ns
        self._whole.file.write(pcap_header())

    def add(self, kind: str, values: Values, packet: bytes, utc_ns: int | None = None) -> None:  # noqa: ARG002  # an Export
        """Write the packet."""
        if utc_ns is not None and 0 <= utc_ns < PCAP_END_NS:
            self._latest_ns = utc_ns
        self._whole.file.write(pcap_record(packet, self._latest_ns))

    def close(self) -> list[Path]:
        """The one file."""
        return [self._whole.settle()]

    def drop(self) -> None:
        """Leave none."""
        self._whole.drop()


class CsvExport:
    """Written as packets come, so that a recording may be longer than memory. Octets are hexadecimal, lists JSON."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._files: dict[str, WholeFile] = {}
        self._writers: dict[str, Any] = {}

    def add(self, kind: str, values: Values, packet: bytes, utc_ns: int | None = None) -> None:  # noqa: ARG002  # an Export
        """Write a row."""
        self._writer(kind, values).writerow([_cell(value) for value in values.values()])

    def add_table(self, kind: str, columns: Mapping[str, NDArray[Any]]) -> None:
        """Write rows."""
        self._writer(kind, columns).writerows(zip(*map(_cells, columns.values()), strict=True))

    def _writer(self, kind: str, names: Iterable[str]) -> Any:
        """Of the kind's file, which begins with the fields' names."""
        if kind not in self._files:
            path = paths_of(self._path, [*self._files, kind])[-1] if self._files else self._path
            self._files[kind] = WholeFile(path, "w", newline="", encoding="utf-8")
            self._writers[kind] = csv.writer(self._files[kind].file, lineterminator="\n")
            self._writers[kind].writerow(names)
        return self._writers[kind]

    def close(self) -> list[Path]:
        """One file a kind."""
        paths = paths_of(self._path, list(self._files))
        return [file.settle(path) for file, path in zip(self._files.values(), paths, strict=True)]

    def drop(self) -> None:
        """Leave none."""
        for file in self._files.values():
            file.drop()


class ColumnExport:
    """Keeps all values, by kind and field, until the end; all of a kind come as rows, or all in tables."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._columns: dict[str, dict[str, list[Any]]] = {}
        self._tables: dict[str, dict[str, list[NDArray[Any]]]] = {}

    def add(self, kind: str, values: Values, packet: bytes, utc_ns: int | None = None) -> None:  # noqa: ARG002  # an Export
        """Keep a row."""
        columns = self._columns.setdefault(kind, {})
        for name, value in values.items():
            columns.setdefault(name, []).append(value)

    def add_table(self, kind: str, columns: Mapping[str, NDArray[Any]]) -> None:
        """Keep columns."""
        kept = self._tables.setdefault(kind, {})
        for name, column in columns.items():
            kept.setdefault(name, []).append(column)

    def close(self) -> list[Path]:
        """One file a kind."""
        joined = {
            kind: {name: np.concatenate(part) for name, part in parts.items()} for kind, parts in self._tables.items()
        }
        tables: dict[str, Mapping[str, Kept]] = {**self._columns, **joined}
        paths = paths_of(self._path, list(tables))
        for path, columns in zip(paths, tables.values(), strict=True):
            self._write(path, columns)
        return paths

    def drop(self) -> None:
        """Nothing was written yet."""

    def _write(self, path: Path, columns: Mapping[str, Kept]) -> None:
        raise NotImplementedError


class NpzExport(ColumnExport):
    """Arrays by field; what varies in size is one behind the other, its sizes beside it as FIELD.sizes."""

    def _write(self, path: Path, columns: Mapping[str, Kept]) -> None:
        arrays: dict[str, NDArray[Any]] = {}
        for name, values in columns.items():
            found = _arrays(name, _marked(values)) if isinstance(values, list) else {name: values}
            arrays |= {_own_name(key, arrays, columns if key != name else ()): one for key, one in found.items()}
        with whole_file(path) as file, ZipFile(file, "w", ZIP_DEFLATED) as archive:
            for name, array in arrays.items():  # by numpy.savez, one cannot be called as an argument of its own
                with archive.open(f"{name}.npy", "w", force_zip64=True) as entry:
                    np.lib.format.write_array(entry, np.asanyarray(array), allow_pickle=False)


class ParquetExport(ColumnExport):
    """Columns with their types, lists included."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        try:
            import pyarrow.parquet  # noqa: F401  # better missed now than behind the decoding
        except ImportError:
            raise UsageError(f"{path}: Parquet needs pyarrow; pip install 'skyrack[parquet]'") from None

    def _write(self, path: Path, columns: Mapping[str, Kept]) -> None:
        import pyarrow
        import pyarrow.parquet

        table = pyarrow.table({name: pyarrow.array(_listed(one)) for name, one in columns.items()})
        with whole_file(path) as file:
            pyarrow.parquet.write_table(table, file)


TableExport = CsvExport | ColumnExport
"""Those that also take many packets at once."""
_EXPORTS: dict[str, Callable[[Path], Export]] = {
    ".csv": CsvExport,
    ".npz": NpzExport,
    ".parquet": ParquetExport,
    ".pcap": PcapExport,
}


def path_of(path: Path, kind: str) -> Path:
    """Where a table of several goes: its kind before the ending, as far as a name of a file may be long."""
    room = _NAME_OCTETS_MAX - len(os.fsencode(f"{path.stem}..{path.suffix}"))
    kind = os.fsencode(kind.replace("/", "_"))[: max(room, 1)].decode(errors="ignore")
    return path.with_name(f"{path.stem}.{kind}{path.suffix}")


def paths_of(path: Path, kinds: Sequence[str]) -> list[Path]:
    """Where tables go, each in a file of its own: a table that is the only one has the name that was asked for."""
    if len(kinds) < 2:
        return [path] * len(kinds)
    paths: dict[Path, str] = {}
    for kind in kinds:
        tries = (path_of(path, one) for one in chain((kind,), (f"{number}.{kind}" for number in count(2))))
        paths[next(one for one in tries if one not in paths)] = kind
    return list(paths)


def _own_name(name: str, taken: Container[str], others: Container[str]) -> str:
    """`name`, or one that no array and no other field has."""
    tries = chain((name,), (f"{name}.{number}" for number in count(2)))
    return next(one for one in tries if one not in taken and one not in others)


def _listed(column: Kept) -> Kept:
    """Rows of a column of arrays one by one, as Parquet wants them."""
    if isinstance(column, list):
        return [without_invalid(one) for one in column]
    return column if column.ndim == 1 else column.tolist()


def _cells(column: NDArray[Any]) -> list[Any]:
    return column.tolist() if column.ndim == 1 else [json.dumps(row) for row in column.tolist()]


def _cell(value: Any) -> Any:
    match value:
        case None:
            return ""
        case Invalid():
            return str(value)
        case bytes():
            return value.hex()
        case list() | dict():
            return json.dumps(value, default=plain_text)
    return value


def _marked(values: list[Any]) -> list[Any]:
    """Values that cannot be as texts among texts, as what is no number among numbers."""
    if any(isinstance(value, str) for value in values):
        return [str(value) if isinstance(value, Invalid) else value for value in values]
    return [without_invalid(value, math.nan) for value in values]


def _arrays(name: str, values: list[Any]) -> dict[str, NDArray[Any]]:
    """One field as arrays without Python objects in them; numbers that are not there are NaN."""
    if any(isinstance(value, (bytes, list)) for value in values):
        rows = [_row(value) for value in values]
        sizes = np.array([len(row) for row in rows])
        flat = np.concatenate(rows)
        if flat.dtype != object and (sizes == sizes[0]).all():
            return {name: flat.reshape(len(rows), -1)}
        return {name: _plain(flat), f"{name}.sizes": sizes}
    if any(value is None for value in values) and not any(isinstance(value, str) for value in values):
        values = [np.nan if value is None else value for value in values]
    return {name: _plain(np.array(values))}


def _row(value: Any) -> NDArray[Any]:
    return np.frombuffer(value, np.uint8) if isinstance(value, bytes) else np.array(value or [])


def _plain(column: NDArray[Any]) -> NDArray[Any]:
    """Texts for what numpy has no numbers for."""
    return column if column.dtype != object else np.array([json.dumps(one, default=plain_text) for one in column])
