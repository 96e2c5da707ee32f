"""Files of the roots on their way by CFDP: what the ground asked for goes down, what it sends comes up."""

from collections.abc import Iterator
from typing import Any

from fsw.files.roots import Roots
from fsw.files.transfer_memory import WANTED_MAX
from fsw.files.transfer_store import TransferStore
from link.cfdp import Entity, Indication, MetadataReceived
from link.cfdp.indications import Abandoned, TransactionFinished
from link.cfdp.pdus.header import TransactionId
from link.dictionary import Event, Int64ub, wire
from link.errors import CapacityError
from link.pus.services.verification import FailureCode, RefusedError

_REASON_CHARACTERS_MAX, _NAME_CHARACTERS_MAX = 100, 100


class FileReceived(Event, id=0x37):
    """{name} was received, {octets} octets; it is in its place."""

    name: str = wire()
    octets: int = wire(Int64ub, unit="octets")


class FileRefused(Event, id=0x38, severity="low"):
    """{name} was not accepted: {reason}."""

    name: str = wire()
    reason: str = wire()


class FileUnreceived(Event, id=0x39, severity="low"):
    """{name} did not arrive: {condition}."""

    name: str = wire()
    condition: str = wire()


class FileSent(Event, id=0x3A):
    """The ground has {name}."""

    name: str = wire()


class FileUnsent(Event, id=0x3B, severity="low"):
    """{name} did not get to the ground: {condition}."""

    name: str = wire()
    condition: str = wire()


class FileExchange:
    """Sends files of `roots` to `ground_entity`, and says what became of those and of what was received.

    `wanted`: the paths that wait to be sent.
    """

    def __init__(self, entity: Entity, roots: Roots, store: TransferStore, ground_entity: int) -> None:
        self._entity, self._roots, self._store, self._ground_entity = entity, roots, store, ground_entity
        self.wanted: list[str] = []
        self._sending: dict[TransactionId, str] = {}
        self._receiving: dict[TransactionId, tuple[str, int]] = {}

    @property
    def sending(self) -> int:
        """How many files are being sent."""
        return len(self._sending)

    @property
    def is_idle(self) -> bool:
        """Whether no file waits to be sent, and no refusal to be told."""
        return not self.wanted and not self._store.refusals

    def ask(self, path: str) -> None:
        """Let a file wait to be sent. Raises RefusedError, OSError."""
        place = self._roots.place(path)
        self._roots.file(place)
        if place.words in self.wanted or place.words in self._sending.values():
            raise RefusedError(FailureCode.NOT_NOW, f"{place.words} is on its way already")
        if len(self.wanted) >= WANTED_MAX:
            raise RefusedError(FailureCode.NOT_NOW, f"{WANTED_MAX} files wait to be sent, no more can")
        self.wanted.append(place.words)

    def begin(self) -> FileUnsent | None:
        """Begin to send the next file that is wanted; an event where it cannot be sent."""
        path = self.wanted[0]
        self.wanted = self.wanted[1:]
        try:
            transaction = self._entity.put(path, path, self._ground_entity)
        except (CapacityError, OSError, ValueError) as error:
            return FileUnsent(name=_shortened(path), condition=_words(error))
        self._sending[transaction] = path
        return None

    def adopt(self, transaction: TransactionId, path: str) -> None:
        """Know a file that was being sent before the restart."""
        self._sending[transaction] = path

    def accept(self, indication: Indication) -> Iterator[Event]:
        """Say what became of a transfer, if it is one of ours."""
        match indication:
            case MetadataReceived(transaction=transaction, destination_name=name, file_size=octets):
                self._receiving[transaction] = name, octets
            case TransactionFinished() | Abandoned():
                yield from self._end(indication)

    def drain_refusals(self) -> Iterator[Event]:
        """Why files of the ground were refused."""
        for one in self._store.drain_refusals():
            yield FileRefused(name=_shortened(one.name), reason=one.reason[:_REASON_CHARACTERS_MAX])

    def _end(self, indication: TransactionFinished | Abandoned) -> Iterator[Event]:
        is_there = isinstance(indication, TransactionFinished) and indication.delivered
        condition = indication.condition.name.lower()
        path = self._sending.pop(indication.transaction, None)
        name, octets = self._receiving.pop(indication.transaction, ("", 0))
        if path is not None:
            said = _shortened(path)
            yield FileSent(name=said) if is_there else FileUnsent(name=said, condition=condition)
        elif name:
            said = _shortened(name)
            yield (
                FileReceived(name=said, octets=octets) if is_there else FileUnreceived(name=said, condition=condition)
            )


def _shortened(name: str) -> str:
    """A name of any octets as a report has room for it."""
    shown = name.encode(errors="backslashreplace").decode()
    return shown if len(shown) <= _NAME_CHARACTERS_MAX else f"{shown[: _NAME_CHARACTERS_MAX - 3]}..."


def _words(error: Any) -> str:
    return str(getattr(error, "strerror", None) or error)[:_REASON_CHARACTERS_MAX]
