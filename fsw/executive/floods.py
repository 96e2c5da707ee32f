"""Senders that exceeded their share of the link, remembered over restarts: a boot loop floods no link anew."""

from contextlib import suppress

import msgspec

from fsw.store.durable import Durable

Sender = tuple[str, str]
"""The name of an app or a duty, and the class of its reports."""
SENDERS_MAX = 64
_NAME_CHARACTERS_MAX = 64
FLOODS_OCTETS_MAX = 64 + SENDERS_MAX * 2 * (2 + 4 * _NAME_CHARACTERS_MAX)


class Flooded(msgspec.Struct, frozen=True):
    """The senders whose share of the link was used up since the node started."""

    senders: tuple[Sender, ...] = ()


class Floods:
    """`earlier`: the senders of before the restart. At most SENDERS_MAX are kept; others begin with a full share."""

    def __init__(self, record: Durable[Flooded]) -> None:
        self.record = record
        self.earlier = record.value.senders
        if self.earlier:
            self._store(())

    def note(self, sender: Sender) -> None:
        """Remember that the share of `sender` is used up."""
        known = self.record.value.senders
        short = (sender[0][:_NAME_CHARACTERS_MAX], sender[1][:_NAME_CHARACTERS_MAX])
        if short not in known and len(known) < SENDERS_MAX:
            self._store((*known, short))

    def _store(self, senders: tuple[Sender, ...]) -> None:
        with suppress(OSError):  # the record counts it
            self.record.store(Flooded(senders))
