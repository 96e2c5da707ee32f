"""The roots that every node has."""

from collections.abc import Iterator
from pathlib import Path

from fsw.files.roots import Root
from fsw.sequences.folder import REPOSITORY
from fsw.store.crash_log import FAILURES, OLD_FAILURES
from link.sequences.form import FILE_OCTETS_MAX

_SEQUENCE_FILES_MAX = 64


def node_roots(state: Path, octets_max: int, entries_max: int) -> Iterator[Root]:
    """The roots in a node's folder `state`; `files`, which the ground uses as it likes, holds up to these."""
    yield Root("files", state / "files", octets_max, entries_max)
    yield Root(REPOSITORY, state / REPOSITORY, _SEQUENCE_FILES_MAX * FILE_OCTETS_MAX, _SEQUENCE_FILES_MAX)
    yield Root("products", state / "products", is_read_only=True)
    yield Root("log", state, is_read_only=True, only=(FAILURES, OLD_FAILURES))
    yield Root("apps", state / "apps", is_read_only=True)
