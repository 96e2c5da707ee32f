"""Files on their way, as CFDP tells of them: progress for clients, and a record of each file that arrived whole."""

from collections import OrderedDict
from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from ground.records import FileRecord, GroundRecord, TransferRecord
from ground.station.file_names import plain_name
from link.cfdp import (
    Abandoned,
    Indication,
    MetadataReceived,
    Progress,
    Resumed,
    Suspended,
    TransactionFinished,
    TransactionId,
)

TRANSFERS_MAX = 100


class Transfers:
    """The last transfers, oldest first; those under way have no `condition` yet.

    `forgotten` counts those that had none when newer ones took their place.
    """

    def __init__(self) -> None:
        self.forgotten = 0
        self._records: OrderedDict[TransactionId, TransferRecord] = OrderedDict()

    @property
    def records(self) -> tuple[TransferRecord, ...]:
        """All that are remembered."""
        return tuple(self._records.values())

    def take(self, indications: Iterable[Indication], utc_ns: int) -> Iterator[GroundRecord]:
        """What became of the transfers, now: the changed records, and the files that are whole."""
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
    """The record after the indication; None where that says nothing that a record holds."""
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
