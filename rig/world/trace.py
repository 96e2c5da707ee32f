"""The events of a run as one hash: two runs are the same if their hashes are."""

import hashlib
from collections.abc import Callable


class Trace:
    """Gathers events; `report`, if given, gets each as a line of text. Times are nanoseconds of virtual time."""

    def __init__(self, report: Callable[[str], None] | None = None) -> None:
        self.events = 0
        self._hash, self._report = hashlib.sha256(), report

    def note(self, now_ns: int, kind: str, what: bytes | str) -> None:
        """One event: `kind` is a word, `what` octets or text."""
        octets = what.encode(errors="surrogateescape") if isinstance(what, str) else what
        self.events += 1
        self._hash.update(b"%d %s %d " % (now_ns, kind.encode(), len(octets)) + octets)
        if self._report:
            self._report(f"{now_ns / 1e9:14.6f} {kind:8} {what if isinstance(what, str) else what.hex()}")

    @property
    def digest(self) -> str:
        """SHA-256 of all events so far, in hexadecimal."""
        return self._hash.hexdigest()
