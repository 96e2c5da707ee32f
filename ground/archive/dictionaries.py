"""Dictionary files: read with errors that name the file, and compared with the dictionary that the node flies."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from ground.archive.archive import Archive
from ground.archive.known import Known
from ground.errors import ArchiveError
from kernels.usage import given, read_file, shown
from link.dictionary import Dictionary
from link.dictionary.model import CommandEntry, EventEntry, ParameterEntry, ReportEntry
from link.managed import Managed

_OCTETS_MAX = 32 << 20
_Entries = Sequence[CommandEntry | EventEntry | ParameterEntry | ReportEntry]


def load_dictionary(path: Path) -> Dictionary:
    """The dictionary in `path`. Raises OSError, or UsageError naming file, key and what was expected."""
    octets = read_file(path, _OCTETS_MAX)
    with given(f"dictionary {shown(path)}"):
        dictionary = Dictionary.from_json(octets)
        managed_of(dictionary)
    return dictionary


def stored_dictionary(archive: Archive | Known, version: str) -> Dictionary | None:
    """The dictionary that the archive holds as `version`; None where it holds none, or one that we cannot read."""
    try:
        content = archive.dictionary(version)
        return Dictionary.from_json(content) if content else None
    except (ArchiveError, ValueError):
        return None


def managed_of(dictionary: Dictionary) -> Managed:
    """The managed parameters of the link. Raises UsageError naming the key."""
    return Managed.from_dict(dictionary.managed)


def differences_line(ours: Dictionary, theirs: Dictionary) -> str:
    """What `theirs` adds, lacks or changes compared with `ours`, in one line."""
    return "; ".join(_differences(ours, theirs)) or "only in their texts' order"


def _differences(ours: Dictionary, theirs: Dictionary) -> Iterator[str]:
    for name in ("node", "apid", "managed", "files", "services"):
        if getattr(ours, name) != getattr(theirs, name):
            yield f"{name} differs"
    for kind in ("reports", "events", "commands", "parameters"):
        yield from _entries(kind.removesuffix("s"), getattr(ours, kind), getattr(theirs, kind))


def _entries(kind: str, ours: _Entries, theirs: _Entries) -> Iterator[str]:
    our, their = {entry.name: entry for entry in ours}, {entry.name: entry for entry in theirs}
    for name in sorted(our.keys() | their.keys()):
        if name not in our:
            yield f"{kind} {name} is new on board"
        elif name not in their:
            yield f"{kind} {name} is not on board"
        elif our[name] != their[name]:
            yield f"{kind} {name} differs"
