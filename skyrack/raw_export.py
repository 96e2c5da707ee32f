"""Packets as they came into files, one for each application process: what other programs take as a recording."""

from pathlib import Path

import numpy as np

from link.intake import Batch
from link.packet_size import ENCAPSULATION
from skyrack.export import path_of, settled

_ENCAPSULATED = 1 << 11  # in place of an APID, which has eleven bits


class RawExport:
    """Packets one behind the other, each APID in a file of its own: FILE.APID.bin, or FILE.SPACECRAFT-APID.bin where
    frames name the spacecraft; the only one is FILE.bin itself. Encapsulation packets have one for all.

    Files are written as packets come, and are open only while they are: there may be as many as there are APIDs.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._names: list[str] = []

    def add_batch(self, batch: Batch) -> None:
        """Write packets."""
        index = batch.index
        is_encapsulated = index.records["identification"] >> 13 == ENCAPSULATION
        kinds = np.where(is_encapsulated, _ENCAPSULATED, index.apid)
        for spacecraft_id, own in batch.by_spacecraft():
            for kind in np.unique(kinds[own]).tolist():
                packets = map(index.packet, np.flatnonzero(own & (kinds == kind)).tolist())
                name = "encapsulation" if kind == _ENCAPSULATED else str(kind)
                self._write(name if spacecraft_id is None else f"{spacecraft_id}-{name}", b"".join(packets))

    def _write(self, name: str, octets: bytes) -> None:
        is_known = name in self._names
        if not is_known:
            self._names.append(name)
        path = self._path if name == self._names[0] else path_of(self._path, name)
        with path.open("ab" if is_known else "wb") as file:
            file.write(octets)

    def close(self) -> list[Path]:
        """Those that were written."""
        return settled(self._path, self._names)
