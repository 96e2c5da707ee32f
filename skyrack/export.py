"""Decoded packets into files: one table for each kind of packet, as CSV, npz or Parquet; or whole, as pcap."""

import csv
import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TextIO

import numpy as np
from numpy.typing import NDArray

from hal.usage import UsageError
from link.dictionary.invalid import Invalid, without_invalid
from link.pcap import END_NS as PCAP_END_NS
from link.pcap import pcap_header, pcap_record
from skyrack.lines import plain_text

if TYPE_CHECKING:
    from skyrack.raw_export import RawExport

Values = Mapping[str, Any]
Kept = list[Any] | NDArray[Any]


class Export(Protocol):
    """Takes packets in their order. `close` ends the files and names those written."""

    def add(self, kind: str, values: Values, packet: bytes, utc_ns: int | None = None) -> None:
        """Take one packet of a kind that the dictionary names, its values by field, and when it was made, if known."""

    def close(self) -> list[Path]:
        """No more will come."""


def open_export(path: Path, recorded_ns: int = 0) -> "Export | RawExport":
    """The export that the ending of `path` asks for. Raises ValueError for another, or one that is not installed.

    `recorded_ns`: when what it takes was recorded, in nanoseconds of UTC since 1970; 0 if that is not known.
    """
    if path.suffix not in (*_EXPORTS, ".bin"):
        raise UsageError(f"{path}: expected a file name that ends in {', '.join(_EXPORTS)}, .bin")
    if path.suffix == ".bin":
        from skyrack.raw_export import RawExport

        return RawExport(path)
    return PcapExport(path, recorded_ns) if path.suffix == ".pcap" else _EXPORTS[path.suffix](path)


class PcapExport:
    """The packets themselves, for Wireshark, each at its own time; one that does not say at that of the one before it,
    and until one does, at `recorded_ns`.
    """

    def __init__(self, path: Path, recorded_ns: int = 0) -> None:
        self._path, self._file, self._latest_ns = path, path.open("wb"), recorded_ns
        self._file.write(pcap_header())

    def add(self, kind: str, values: Values, packet: bytes, utc_ns: int | None = None) -> None:  # noqa: ARG002  # an Export
        """Write the packet."""
        if utc_ns is not None and 0 <= utc_ns < PCAP_END_NS:
            self._latest_ns = utc_ns
        self._file.write(pcap_record(packet, self._latest_ns))

    def close(self) -> list[Path]:
        """The one file."""
        self._file.close()
        return [self._path]


class CsvExport:
    """Written as packets come, so that a recording may be longer than memory. Octets are hexadecimal, lists JSON."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._files: dict[str, TextIO] = {}
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
            path = path_of(self._path, kind) if self._files else self._path
            self._files[kind] = path.open("w", newline="", encoding="utf-8")
            self._writers[kind] = csv.writer(self._files[kind], lineterminator="\n")
            self._writers[kind].writerow(names)
        return self._writers[kind]

    def close(self) -> list[Path]:
        """One file a kind."""
        for file in self._files.values():
            file.close()
        return settled(self._path, list(self._files))


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
        paths = _paths(self._path, list(tables))
        for path, columns in zip(paths, tables.values(), strict=True):
            self._write(path, columns)
        return paths

    def _write(self, path: Path, columns: Mapping[str, Kept]) -> None:
        raise NotImplementedError


class NpzExport(ColumnExport):
    """Arrays by field; what varies in size is one behind the other, its sizes beside it as FIELD.sizes."""

    def _write(self, path: Path, columns: Mapping[str, Kept]) -> None:
        arrays: dict[str, NDArray[Any]] = {}
        for name, values in columns.items():
            arrays |= _arrays(name, _marked(values)) if isinstance(values, list) else {name: values}
        with path.open("wb") as file:
            np.savez_compressed(file, allow_pickle=False, **arrays)


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
        pyarrow.parquet.write_table(table, path)


TableExport = CsvExport | ColumnExport
"""Those that also take many packets at once."""
_EXPORTS: dict[str, Callable[[Path], Export]] = {
    ".csv": CsvExport,
    ".npz": NpzExport,
    ".parquet": ParquetExport,
    ".pcap": PcapExport,
}


def path_of(path: Path, kind: str) -> Path:
    """Where a table of several goes: its kind before the ending."""
    return path.with_name(f"{path.stem}.{kind.replace('/', '_')}{path.suffix}")


def settled(path: Path, kinds: Sequence[str]) -> list[Path]:
    """Where files of these kinds stand, the first of which was written to `path`: there if it is the only one."""
    return [path.replace(one) if not n and one != path else one for n, one in enumerate(_paths(path, kinds))]


def _paths(path: Path, kinds: Sequence[str]) -> list[Path]:
    """Where tables go: a table that is the only one has the name that was asked for."""
    return [path_of(path, kind) for kind in kinds] if len(kinds) > 1 else [path] * len(kinds)


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
