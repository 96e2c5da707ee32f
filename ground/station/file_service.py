"""Files from the node: CFDP as the receiving end, one space packet a PDU (CCSDS 727.0-B-5, 133.0-B-2)."""

from collections.abc import Iterator

from ground.moment import Moment
from ground.records import FileRecord, TransferRecord
from ground.station.logbook import Logbook
from ground.station.transfers import Transfers
from link.cfdp import Entity, FileStore, Settings
from link.dictionary.dictionary import FilePartners
from link.errors import DecodeError
from link.packets.space_packet import COUNT_MODULUS, SpacePacket

PDUS_MAX = 64
"""Packets made in one step at most."""


class FileService:
    """Takes the packets of APID `partners.apid`; files land in `store`."""

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
        """What was given up for want of room, by what it was."""
        return {
            "answers to file data": self._entity.answers_dropped,
            "file indications": self._entity.indications_dropped,
            "transfers forgotten": self._transfers.forgotten,
        }

    @property
    def deadline_ns(self) -> int | None:
        """Monotonic ns when `packets` has something to send at the latest."""
        return self._entity.deadline_ns

    def take(self, packet: bytes, now: Moment) -> None:
        """One packet of the file service."""
        failed_before = self._entity.undecodable + self._entity.refused
        try:
            self._entity.on_pdu(SpacePacket.decode(packet).data, now.monotonic_ns)
        except DecodeError as error:
            self._log.stray(packet, "file data", str(error), now)
            return
        if self._entity.undecodable + self._entity.refused > failed_before:
            self._log.stray(packet, "file data", "damaged, for somebody else, or of an unknown transaction", now)

    def packets(self, now: Moment) -> Iterator[bytes]:
        """What the node is to be told: acknowledgements, and what is missing."""
        for _ in range(PDUS_MAX):
            pdu = self._entity.next_pdu(now.monotonic_ns)
            if pdu is None:
                break
            yield SpacePacket(self.apid, self._count, pdu, is_command=True).encode()
            self._count = (self._count + 1) % COUNT_MODULUS
        self._tell(now)

    def freeze(self, now: Moment) -> None:
        """The link is lost: no timer runs."""
        self._entity.freeze(now.monotonic_ns)

    def thaw(self, now: Moment) -> None:
        """The link is back."""
        self._entity.thaw(now.monotonic_ns)

    def _tell(self, now: Moment) -> None:
        for record in self._transfers.take(self._entity.take_indications(), now.utc_ns):
            if isinstance(record, FileRecord):
                self._log.note(record)
            else:
                self._log.tell([record])
