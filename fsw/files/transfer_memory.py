"""What a restart is not to forget of transfers: those under way both ways, and the files that are asked for."""

from collections.abc import Sequence
from contextlib import suppress

import msgspec

from fsw.store.records import Records
from link.cfdp import KeptReceiving, KeptSending, KeptTransfer

RANGES_MAX, TRANSFERS_MAX, WANTED_MAX = 64, 32, 16
"""How many ranges of octets of one file are kept, how many transfers, and how many files that the ground asked for."""
_ONE_OCTETS_MAX = 4096
_PATH_OCTETS_MAX = 256
RECORD = "transfers"


class KeptTransfers(msgspec.Struct, frozen=True, array_like=True):
    """All transfers, and the paths that wait to be sent."""

    sending: tuple[KeptSending, ...] = ()
    receiving: tuple[KeptReceiving, ...] = ()
    wanted: tuple[str, ...] = ()


class TransferMemory:
    """The record of transfers. What is too long for it is forgotten by a restart, and counted in `left_out`."""

    def __init__(self, records: Records) -> None:
        octets_max = 64 + TRANSFERS_MAX * _ONE_OCTETS_MAX + WANTED_MAX * _PATH_OCTETS_MAX
        self._record = records.open(RECORD, KeptTransfers(), octets_max)
        self.left_out = 0

    @property
    def value(self) -> KeptTransfers:
        """What was stored last, before the restart or since."""
        return self._record.value

    def store(self, transfers: Sequence[KeptTransfer], wanted: Sequence[str]) -> None:
        """Keep this, if it is new. Where the medium fails, the record says so."""
        fitting = [one for one in transfers if len(msgspec.msgpack.encode(one)) <= _ONE_OCTETS_MAX][:TRANSFERS_MAX]
        kept = KeptTransfers(
            tuple(one for one in fitting if isinstance(one, KeptSending)),
            tuple(one for one in fitting if isinstance(one, KeptReceiving)),
            tuple(wanted),
        )
        if kept != self._record.value:
            self.left_out += len(transfers) - len(fitting)
            with suppress(OSError):  # the record counts it
                self._record.store(kept)
