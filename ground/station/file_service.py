"""Files from the node: CFDP as the receiving end, one space packet a PDU (CCSDS 727.0-B-5, 133.0-B-2)."""

from collections import OrderedDict
from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from ground.records import FileRecord, GroundRecord, TransferRecord
from ground.station.file_names import plain_name
from ground.station.logbook import Logbook
from hal.clock import Moment
from link.cfdp import (
    Abandoned,
    Entity,
    FileStore,
    Indication,
    MetadataReceived,
    Progress,
    Resumed,
    Settings,
    Suspended,
    TransactionFinished,
    TransactionId,
)
from link.dictionary.dictionary import FilePartners
from link.errors import DecodeError
from link.packets.space_packet import COUNT_MODULUS, SpacePacket

PDUS_MAX = 64
"""The most packets made in one step."""
TRANSFERS_MAX = 100
"""The most transfers that are remembered."""


class FileService:
    """Takes the packets of APID `partners.apid`; received files go to `store`."""

    def __init__(self, partners: FilePartners, store: FileStore, settings: Settings, logbook: Logbook) -> None:
        self.apid = partners.apid
        self._entity = Entity(partners.ground_entity, store, settings)
        self._transfers = Transfers()
        self._log = logbook
        self._count = 0

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
        }

    @property
    def deadline_ns(self) -> int | None:
        """Monotonic ns at which `packets` must be called next; None while no timer runs."""
        return self._entity.deadline_ns

    def accept(self, packet: bytes, now: Moment) -> None:
        """Take one received packet of the file service."""
        failed_before = self._entity.undecodable + self._entity.refused
        try:
            self._entity.accept(SpacePacket.decode(packet).data, now.monotonic_ns)
        except DecodeError as error:
            self._log.stray(packet, "file data", str(error), now)
            return
        if self._entity.undecodable + self._entity.refused > failed_before:
            self._log.stray(packet, "file data", "damaged, for another entity, or of an unknown transaction", now)

    def packets(self, now: Moment) -> Iterator[bytes]:
        """Packets for the node: acknowledgements, and requests (NAK) for missing file data."""
        for _ in range(PDUS_MAX):
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

    def _report(self, now: Moment) -> None:
        for record in self._transfers.accept(self._entity.drain_indications(), now.utc_ns):
            if isinstance(record, FileRecord):
                self._log.note(record)
            else:
                self._log.report([record])


class Transfers:
    """The last transfers, oldest first; a transfer in progress has no `condition` yet.

    `forgotten` counts transfers in progress that newer ones have displaced.
    """

    def __init__(self) -> None:
        self.forgotten = 0
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
            if isinstance(indication, TransactionFinished) and indication.delivered:
                yield _file(changed)

    def _begin(self, transaction: TransactionId, utc_ns: int) -> TransferRecord:
        if len(self._records) >= TRANSFERS_MAX:
            _, oldest = self._records.popitem(last=False)
            self.forgotten += not oldest.condition
        return TransferRecord(
            transaction=str(transaction), name="", received_octets=0, size_octets=0, begun_ns=utc_ns, updated_ns=utc_ns
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
