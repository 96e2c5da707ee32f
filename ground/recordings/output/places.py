"""Checks of the output files of `decode` and `tap`: they may overwrite their own earlier output and nothing else."""

import csv
import re
import zipfile
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from kernels.usage import UsageError, shown

if TYPE_CHECKING:
    from link.dictionary.definition import Definition
    from link.dictionary.kinds import Field

_RAW_PART = re.compile(r"(\d+-)?(\d+|encapsulation)|\d+-\d+\.bits")
"""The part of file names that `ground.recordings.output.raw_export` inserts."""
_LOOKED_AT, _HEADER_OCTETS = 1 << 20, 6


def check_places(out: Path, files: Iterable[Path], definition: "Definition") -> None:
    """Raises UsageError where writing `out`, or a part of it (`out` a.bin, part a.5.bin), would overwrite one of the
    input `files`, or a file that is not earlier output.
    """
    read = list(files)
    for place in _places(out, {one.name.replace("/", "_") for one in definition.packets}):
        if any(file.exists() and file.samefile(place) for file in read):
            raise UsageError(f"{shown(out)} would overwrite {shown(place)}, which is read: choose another name")
        if place.is_file() and place.stat().st_size and not _is_ours(place, set(_names(definition))):
            raise UsageError(f"{shown(place)} exists and holds something else: choose another name with --out")


def _places(out: Path, kinds: Collection[str]) -> Iterator[Path]:
    """Existing files among those that may be written."""
    if out.exists():
        yield out
    if out.suffix.lower() == ".pcap" or not out.parent.is_dir():
        return
    for place in out.parent.iterdir():
        part = place.name.removeprefix(f"{out.stem}.").removesuffix(out.suffix)
        is_part = _RAW_PART.fullmatch(part) if out.suffix.lower() == ".bin" else part in kinds
        if is_part and place.name == f"{out.stem}.{part}{out.suffix}":
            yield place


def _names(definition: "Definition") -> Iterator[str]:
    """Names of all fields in a definition."""
    for container in definition.packets:
        yield from _named(container.fields)


def _named(fields: "Iterable[Field]") -> Iterator[str]:
    from link.dictionary.kinds import Group

    for field in fields:
        yield field.name
        if isinstance(field.kind, Group):
            yield from _named(field.kind.fields)


def _is_ours(place: Path, names: Collection[str]) -> bool:
    """Whether a file may be earlier output: by the names of its columns, or by its first octets."""
    from ground.recordings.output.pcap import pcap_header

    match place.suffix.lower():
        case ".csv":
            with place.open(newline="", encoding="utf-8", errors="replace") as file:
                return not set(next(csv.reader(file), ())).isdisjoint(names)
        case ".npz":
            if not zipfile.is_zipfile(place):
                return False
            with zipfile.ZipFile(place) as arrays:
                return any(name.removesuffix(".npy").removesuffix(".sizes") in names for name in arrays.namelist())
        case ".bin":
            return place.stem.endswith(".bits") or _holds_packets(place)
    head = b"PAR1" if place.suffix.lower() == ".parquet" else pcap_header()
    with place.open("rb") as file:
        return file.read(len(head)) == head


def _holds_packets(place: Path) -> bool:
    """Whether the beginning of a file is consecutive packets, all of one version."""
    from link.errors import DecodeError
    from link.packets.size import ENCAPSULATION, packet_size

    with place.open("rb") as file:
        octets, at, versions = file.read(_LOOKED_AT), 0, set()
    while at + _HEADER_OCTETS < len(octets):
        versions.add(octets[at] >> 5)
        try:
            at += packet_size(octets, at) or len(octets)
        except DecodeError:
            at += _HEADER_OCTETS + 1 + int.from_bytes(octets[at + 4 : at + 6])
    is_cut = len(octets) == _LOOKED_AT
    return (at == len(octets) or is_cut) and (versions <= {0, ENCAPSULATION} or len(versions) == 1)
