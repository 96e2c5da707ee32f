"""What a transaction leaves to the next start of its entity, so that it goes on where it was (class 2 only).

Its own PDUs are the form: whatever they can say survives. Times are not kept: all timers begin anew.
"""

from typing import NamedTuple


class KeptSending(NamedTuple):
    """A file that is being sent. `metadata` is its Metadata PDU; up to `position` its octets have `checksum`."""

    metadata: bytes
    position: int
    checksum: int


class KeptReceiving(NamedTuple):
    """A file that is being received. `head` is any PDU of this end: it has the header.

    `metadata`, `eof` and `finished` are PDUs too, empty where there is none yet. The ranges `received` lie in the part
    of the store that is called `part`.
    """

    head: bytes
    metadata: bytes = b""
    eof: bytes = b""
    finished: bytes = b""
    part: str = ""
    received: tuple[tuple[int, int], ...] = ()


KeptTransfer = KeptSending | KeptReceiving
