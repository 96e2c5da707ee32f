"""Files from and to the node: one end of CFDP, one space packet a PDU (CCSDS 727.0-B-5, 133.0-B-2).

Transfers go on where they were when the link is back, and when the service is.
"""

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from typing import Any, Protocol

import msgspec
from msgspec.structs import replace

from ground.errors import BusyError
from ground.records import FileRecord, GroundRecord, TransferRecord
from ground.station.file_names import plain_name
from ground.station.logbook import Logbook
from hal.clock import Moment
from link.cfdp import (
    Abandoned,
    Entity,
    FileStore,
    Indication,
    KeptReceiving,
    KeptSending,
    KeptTransfer,
    MetadataReceived,
    Progress,
    Resumed,
    Settings,
    Suspended,
    TransactionFinished,
    TransactionId,
)
from link.cfdp.silence import Silences
from link.dictionary.dictionary import FilePartners
from link.errors import CapacityError, DecodeError
from link.packets.space_packet import COUNT_MODULUS, SpacePacket

PDUS_MAX = 64
"""The most packets made in one step."""
_SECOND = 1_000_000_000
TRANSFERS_MAX = 100
"""The most transfers that are remembered."""


class OpenTransfers(msgspec.Struct, frozen=True, array_like=True):
    """Transfers that have not ended."""

    sending: tuple[KeptSending, ...] = ()
    receiving: tuple[KeptReceiving, ...] = ()


class TransferShelf(Protocol):
    """Keeps transfers from one run of the service to the next."""

    def load(self) -> OpenTransfers:
        """What was saved last; nothing where that cannot be read."""

    def save(self, transfers: OpenTransfers) -> None:
        """Keep this. Raises OSError."""


class FileService:
    """Takes the packets of APID `partners.apid`; received files go to `store`, and files of it are sent.

    Transfers of an earlier run, which `shelf` has, go on.
    """

    def __init__(
        self,
        partners: FilePartners,
        store: FileStore,
        settings: Settings,
        logbook: Logbook,
        now: Moment,
        shelf: TransferShelf | None = None,
    ) -> None:
        self.apid, self._node = partners.apid, partners.node_entity
        first = now.utc_ns // _SECOND  # so that a node which remembers an earlier run takes no file for another one
        self._entity = Entity(partners.ground_entity, store, settings, first_sequence=first)
        self._silences = Silences(self._entity)
        self._transfers = Transfers(partners.ground_entity)
        self._log, self._shelf = logbook, shelf
        self._count = self._kept_ns = self.unkept = 0
        self._stage: Any = ()
        self._restore(shelf.load() if shelf else OpenTransfers(), now)

    @property
    def transfers(self) -> tuple[TransferRecord, ...]:
        """The last transfers, oldest first."""
        return self._transfers.records

    @property
    def dropped(self) -> dict[str, int]:
        """How much was dropped for lack of room, by kind."""
        return {
            "answers to file data": self._entity.answers_dropped,
            "file indications": self._entity.indications_dropped,
            "transfers forgotten": self._transfers.forgotten,
            "transfers that the disk did not keep": self.unkept,
        }

    @property
    def deadline_ns(self) -> int | None:
        """Monotonic ns at which `packets` must be called next; None while no timer runs."""
        times = (self._entity.deadline_ns, self._silences.deadline_ns)
        return min((ns for ns in times if ns is not None), default=None)

    def accept(self, packet: bytes, now: Moment) -> None:
        """Take one received packet of the file service."""
        self._silences.resume(now.monotonic_ns)
        failed_before = self._entity.undecodable + self._entity.refused
        try:
            self._entity.accept(SpacePacket.decode(packet).data, now.monotonic_ns)
        except DecodeError as error:
            self._log.stray(packet, "file data", str(error), now)
            return
        if self._entity.undecodable + self._entity.refused > failed_before:
            self._log.stray(packet, "file data", "damaged, for another entity, or of an unknown transaction", now)

    def send(self, source: str, name: str, now: Moment) -> TransferRecord:
        """Send the file that the store calls `source`; the node is to keep it as `name`.

        Raises ValueError for a name that no packet can hold, or where the file is not there; BusyError.
        """
        try:
            transaction = self._entity.put(source, name, self._node)
        except CapacityError as error:
            raise BusyError(f"not sent: {error}") from None
        except OSError as error:
            raise ValueError(f"{source}: {error.strerror or error}") from None
        self._keep(now)
        self._report(now)
        return self._transfers.begin_up(transaction, name, self._entity.size(transaction), now.utc_ns)

    def packets(self, now: Moment, room: int = PDUS_MAX) -> Iterator[bytes]:
        """Up to `room` packets for the node: file data, acknowledgements, and requests (NAK) for what is missing."""
        if self._entity.is_idle and not self._stage and self._silences.deadline_ns is None:
            return  # no transfer is open, neither here nor on the shelf
        self._silences.step(now.monotonic_ns)
        self._entity.step(now.monotonic_ns)
        self._keep(now)
        for _ in range(room):
            pdu = self._entity.pop_pdu(now.monotonic_ns)
            if pdu is None:
                break
            yield SpacePacket(self.apid, self._count, pdu, is_command=True).encode()
            self._count = (self._count + 1) % COUNT_MODULUS
        self._report(now)

    def freeze(self, now: Moment) -> None:
        """Stop the timers: the link is lost."""
        self._entity.freeze(now.monotonic_ns)

    def thaw(self, now: Moment) -> None:
        """Start the timers again: the link is back."""
        self._entity.thaw(now.monotonic_ns)
        self._silences.resume(now.monotonic_ns)

    def _restore(self, kept: OpenTransfers, now: Moment) -> None:
        """Go on with these, as far as their files are still there; what was being received is asked for anew."""
        under_way: list[KeptTransfer] = [*kept.sending, *kept.receiving]
        for one in under_way:
            try:
                transaction = self._entity.restore(one, now.monotonic_ns)
            except (OSError, DecodeError):
                self.unkept += 1
                continue
            if isinstance(one, KeptSending):
                name, size = self._entity.destination_name(transaction), self._entity.size(transaction)
                self._transfers.begin_up(transaction, name, size, now.utc_ns)
        self._report(now)

    def _keep(self, now: Moment) -> None:
        """Have the shelf keep what has changed; octets of files only once a second."""
        stage = self._entity.stage
        is_due = bool(stage) and now.monotonic_ns >= self._kept_ns + _SECOND
        if self._shelf is None or (stage == self._stage and not is_due):
            return
        self._kept_ns = now.monotonic_ns
        try:
            kept = self._entity.kept()
            sending = tuple(one for one in kept if isinstance(one, KeptSending))
            receiving = tuple(one for one in kept if isinstance(one, KeptReceiving))
            self._shelf.save(OpenTransfers(sending, receiving))
        except OSError:  # it is tried again in a second
            self.unkept += 1
        else:
            self._stage = stage

    def _report(self, now: Moment) -> None:
        indications = self._entity.drain_indications()
        for indication in indications:
            self._silences.accept(indication, now.monotonic_ns)
        for record in self._transfers.accept(indications, now.utc_ns):
            if isinstance(record, FileRecord):
                self._log.note(record)
            else:
                self._log.report([record])


class Transfers:
    """The last transfers, oldest first; a transfer in progress has no `condition` yet. `own`: our entity, whose go up.

    `forgotten` counts transfers in progress that newer ones have displaced.
    """

    def __init__(self, own: int) -> None:
        self.forgotten, self._own = 0, own
        self._records: OrderedDict[TransactionId, TransferRecord] = OrderedDict()

    @property
    def records(self) -> tuple[TransferRecord, ...]:
        """The remembered transfers, oldest first."""
        return tuple(self._records.values())

    def accept(self, indications: Iterable[Indication], utc_ns: int) -> Iterator[GroundRecord]:
        """Apply CFDP's indications; return the changed records, and those of files that are complete."""
        for indication in indications:
            record = self._records.get(indication.transaction) or self._begin(indication.transaction, utc_ns)
            changed = _changed(record, indication, utc_ns)
            if changed is None:
                continue
            self._records[indication.transaction] = changed
            yield changed
            if isinstance(indication, TransactionFinished) and indication.delivered and changed.direction == "down":
                yield _file(changed)

    def begin_up(self, transaction: TransactionId, name: str, size: int, utc_ns: int) -> TransferRecord:
        """Enter a file that is sent, as the node is to call it."""
        record = self._records.get(transaction) or self._begin(transaction, utc_ns)
        self._records[transaction] = replace(record, name=name, size_octets=size)
        return self._records[transaction]

    def _begin(self, transaction: TransactionId, utc_ns: int) -> TransferRecord:
        if len(self._records) >= TRANSFERS_MAX:
            _, oldest = self._records.popitem(last=False)
            self.forgotten += not oldest.condition
        return TransferRecord(
            transaction=str(transaction),
            name="",
            received_octets=0,
            size_octets=0,
            begun_ns=utc_ns,
            updated_ns=utc_ns,
            direction="up" if transaction.source == self._own else "down",
        )


def _changed(record: TransferRecord, indication: Indication, utc_ns: int) -> TransferRecord | None:
    """The record after the indication; None where the indication changes none of its fields."""
    match indication:
        case MetadataReceived():
            name = plain_name(indication.destination_name)
            return replace(record, name=name, size_octets=indication.file_size, updated_ns=utc_ns)
        case Progress():
            return replace(
                record, received_octets=indication.octets, size_octets=indication.size or 0, updated_ns=utc_ns
            )
        case TransactionFinished() if indication.delivered:
            return replace(record, received_octets=record.size_octets, condition="complete", updated_ns=utc_ns)
        case TransactionFinished() | Abandoned():
            return replace(record, condition=_words(indication.condition.name), updated_ns=utc_ns)
        case Suspended():
            return replace(record, condition="suspended", updated_ns=utc_ns)
        case Resumed():
            return replace(record, condition="", updated_ns=utc_ns)
    return None


def _file(record: TransferRecord) -> FileRecord:
    return FileRecord(
        name=record.name,
        size_octets=record.size_octets,
        transaction=record.transaction,
        begun_ns=record.begun_ns,
        received_ns=record.updated_ns,
    )


def _words(name: str) -> str:
    return name.lower().replace("_", " ")
