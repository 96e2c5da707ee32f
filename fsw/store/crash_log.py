"""Tracebacks of flight failures, kept on board: an event has room for one sentence, but finding a bug needs more."""

import traceback
from pathlib import Path

from link.time.calendar import encode_ascii

_ENTRY_CHARACTERS_MAX = 4096
_FILE_OCTETS_MAX = 64 * 1024


FAILURES, OLD_FAILURES = "failures.log", "failures.old.log"


class CrashLog:
    """Notes failures in `folder`/failures.log; its predecessor is kept as failures.old.log. Both are of bounded size.

    The ground gets them as files of the root `log` (fsw/files/node_roots.py).

    `lost` counts the notes that the disk did not take.
    """

    def __init__(self, folder: Path) -> None:
        self._path, self._old = folder / FAILURES, folder / OLD_FAILURES
        self.lost = 0

    def note(self, name: str, error: BaseException, utc_ns: int) -> None:
        """Write down what happened in `name` at `utc_ns`."""
        try:
            trace = "".join(traceback.format_exception(error))[-_ENTRY_CHARACTERS_MAX:]
            self._append(f"{encode_ascii(utc_ns).decode()} {name}\n{trace}\n".encode(errors="backslashreplace"))
        except Exception:  # the disk, or the exception's own `__str__`: a lost note is no failure of its own
            self.lost += 1

    def _append(self, entry: bytes) -> None:
        if self._path.exists() and self._path.stat().st_size + len(entry) > _FILE_OCTETS_MAX:
            self._path.replace(self._old)
        with self._path.open("ab") as log:
            log.write(entry)
