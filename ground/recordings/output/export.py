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

_NAME_OCTETS_MAX = 240  # bound of a file's name; file systems allow 255, of which `.NAME.part` needs some
Values = Mapping[str, Any]
Kept = list[Any] | NDArray[Any]


class Export(Protocol):
    """Writes packets in their order. `close` completes the files and returns them; before, none of them exists."""

    def add(self, kind: str, values: Values, packet: bytes, utc_ns: int | None = None) -> None:
        """Write one packet: the dictionary's name of its kind, its values by field, and its time, if known."""

    def close(self) -> list[Path]:
        """Complete all files; returns their paths."""

    def drop(self) -> None:
        """Delete all files, unless they are completed already."""


def open_export(path: Path, recorded_ns: int = 0) -> "Export | RawExport":
    """The export for the suffix of `path`. Raises UsageError for an unknown one, or if its library is not installed.

    `recorded_ns`: time of the recording, in nanoseconds of UTC since 1970; 0 if it is not known.
    """
    ending = path.suffix.lower()
    if ending not in (*_EXPORTS, ".bin"):
        raise UsageError(f"{path}: expected a file name that ends in {', '.join(_EXPORTS)}, .bin")
    if ending == ".bin":
        from ground.recordings.output.raw_export import RawExport

        return RawExport(path)
    return PcapExport(path, recorded_ns) if ending == ".pcap" else _EXPORTS[ending](path)


class PcapExport:
    """The packets themselves, for Wireshark, each at its own time; a packet without one has that of the packet before
    it, or `recorded_ns`.
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
        """Complete the file."""
        return [self._whole.settle()]

    def drop(self) -> None:
        """Delete all files."""
        self._whole.drop()


class CsvExport:
    """CSV, written packet by packet, so that a recording may exceed the memory. Octets are hexadecimal, lists JSON."""

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
        """The CSV writer of a kind's file, which begins with a row of field names."""
        if kind not in self._files:
            path = paths_of(self._path, [*self._files, kind])[-1] if self._files else self._path
            self._files[kind] = WholeFile(path, "w", newline="", encoding="utf-8")
            self._writers[kind] = csv.writer(self._files[kind].file, lineterminator="\n")
            self._writers[kind].writerow(names)
        return self._writers[kind]

    def close(self) -> list[Path]:
        """Complete the files, one for each kind."""
        paths = paths_of(self._path, list(self._files))
        return [file.settle(path) for file, path in zip(self._files.values(), paths, strict=True)]

    def drop(self) -> None:
        """Delete all files."""
        for file in self._files.values():
            file.drop()


class ColumnExport:
    """Keeps all values in memory, by kind and field, until `close`; all of a kind come by `add`, or by `add_table`."""

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
        """Complete the files, one for each kind."""
        joined = {
            kind: {name: np.concatenate(part) for name, part in parts.items()} for kind, parts in self._tables.items()
        }
        tables: dict[str, Mapping[str, Kept]] = {**self._columns, **joined}
        paths = paths_of(self._path, list(tables))
        for path, columns in zip(paths, tables.values(), strict=True):
            self._write(path, columns)
        return paths

    def drop(self) -> None:
        """Do nothing: no file is written before `close`."""

    def _write(self, path: Path, columns: Mapping[str, Kept]) -> None:
        raise NotImplementedError


class NpzExport(ColumnExport):
    """npz: an array for each field; values of varying size are concatenated, with their sizes as FIELD.sizes."""

    def _write(self, path: Path, columns: Mapping[str, Kept]) -> None:
        arrays: dict[str, NDArray[Any]] = {}
        for name, values in columns.items():
            found = _arrays(name, _marked(values)) if isinstance(values, list) else {name: values}
            arrays |= {_own_name(key, arrays, columns if key != name else ()): one for key, one in found.items()}
        with whole_file(path) as file, ZipFile(file, "w", ZIP_DEFLATED) as archive:
            for name, array in arrays.items():  # numpy.savez cannot write an array named as one of its arguments
                with archive.open(f"{name}.npy", "w", force_zip64=True) as entry:
                    np.lib.format.write_array(entry, np.asanyarray(array), allow_pickle=False)


class ParquetExport(ColumnExport):
    """Parquet: columns with their types, lists included."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        try:
            import pyarrow.parquet  # noqa: F401  # so that a missing library is reported before the decoding
        except ImportError:
            raise UsageError(f"{path}: Parquet needs pyarrow; pip install 'skyrack[parquet]'") from None

    def _write(self, path: Path, columns: Mapping[str, Kept]) -> None:
        import pyarrow
        import pyarrow.parquet

        table = pyarrow.table({name: pyarrow.array(_listed(one)) for name, one in columns.items()})
        with whole_file(path) as file:
            pyarrow.parquet.write_table(table, file)


TableExport = CsvExport | ColumnExport
"""Exports that can also take many packets at once (`add_table`)."""
_EXPORTS: dict[str, Callable[[Path], Export]] = {
    ".csv": CsvExport,
    ".npz": NpzExport,
    ".parquet": ParquetExport,
    ".pcap": PcapExport,
}


def path_of(path: Path, kind: str) -> Path:
    """Path of one of several tables: its kind before the suffix, cut to the allowed length of a file name."""
    room = _NAME_OCTETS_MAX - len(os.fsencode(f"{path.stem}..{path.suffix}"))
    kind = os.fsencode(kind.replace("/", "_"))[: max(room, 1)].decode(errors="ignore")
    return path.with_name(f"{path.stem}.{kind}{path.suffix}")


def paths_of(path: Path, kinds: Sequence[str]) -> list[Path]:
    """Paths of the tables of `kinds`, each in its own file; a single table has the requested name itself."""
    if len(kinds) < 2:
        return [path] * len(kinds)
    paths: dict[Path, str] = {}
    for kind in kinds:
        tries = (path_of(path, one) for one in chain((kind,), (f"{number}.{kind}" for number in count(2))))
        paths[next(one for one in tries if one not in paths)] = kind
    return list(paths)


def _own_name(name: str, taken: Container[str], others: Container[str]) -> str:
    """`name`, or a name derived from it that no array and no other field has."""
    tries = chain((name,), (f"{name}.{number}" for number in count(2)))
    return next(one for one in tries if one not in taken and one not in others)


def _listed(column: Kept) -> Kept:
    """A column of arrays as a list of rows, as Parquet requires."""
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
    """Values with each Invalid as text in a column of texts, as NaN in a column of numbers."""
    if any(isinstance(value, str) for value in values):
        return [str(value) if isinstance(value, Invalid) else value for value in values]
    return [without_invalid(value, math.nan) for value in values]


def _arrays(name: str, values: list[Any]) -> dict[str, NDArray[Any]]:
    """One field as arrays without Python objects; absent numbers are NaN."""
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
    """A column as numbers or, where numpy has no type for the values, as texts."""
    return column if column.dtype != object else np.array([json.dumps(one, default=plain_text) for one in column])
