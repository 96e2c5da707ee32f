"""Transactions whose other end is silent: they wait for a sign of it, and look for one now and then.

An entity suspends them where `WAIT_FOR_OTHER_END` are its fault handlers (CCSDS 727.0-B-5 §4.8.2, §4.11.3).
"""

from contextlib import suppress

from link.cfdp.entity import Entity
from link.cfdp.indications import Abandoned, Indication, Suspended, TransactionFinished
from link.cfdp.pdus.codes import ConditionCode, FaultHandler
from link.cfdp.pdus.header import TransactionId

_TIMED_OUT = (
    ConditionCode.POSITIVE_ACK_LIMIT,
    ConditionCode.NAK_LIMIT,
    ConditionCode.CHECK_LIMIT,
    ConditionCode.INACTIVITY,
)
WAIT_FOR_OTHER_END = dict.fromkeys(_TIMED_OUT, FaultHandler.SUSPEND)
"""Fault handlers by which silence ends no transaction."""


class Silences:
    """Resumes what silence has suspended in `entity`: at the next sign, or after `rest_ms`."""

    def __init__(self, entity: Entity, rest_ms: int = 60_000) -> None:
        self._entity, self._rest_ns = entity, rest_ms * 1_000_000
        self._until_ns: dict[TransactionId, int] = {}

    @property
    def deadline_ns(self) -> int | None:
        """When `step` has something to do; None while nothing waits."""
        return min(self._until_ns.values(), default=None)

    def accept(self, indication: Indication, now_ns: int) -> None:
        """Note what the entity indicates."""
        match indication:
            case Suspended(transaction=transaction, condition=condition) if condition in _TIMED_OUT:
                self._until_ns[transaction] = now_ns + self._rest_ns
            case TransactionFinished() | Abandoned():
                self._until_ns.pop(indication.transaction, None)

    def resume(self, now_ns: int) -> None:
        """The other end has sent something: all go on."""
        self._resume(list(self._until_ns), now_ns)

    def step(self, now_ns: int) -> None:
        """Let those go on that have rested."""
        self._resume([one for one, until_ns in self._until_ns.items() if until_ns <= now_ns], now_ns)

    def _resume(self, transactions: list[TransactionId], now_ns: int) -> None:
        for transaction in transactions:
            del self._until_ns[transaction]
            with suppress(ValueError):  # it has ended, which is not indicated yet
                self._entity.resume(transaction, now_ns)
