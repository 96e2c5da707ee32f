"""CCSDS File Delivery Protocol (727.0-B-5): files over a link that loses, repeats and reorders.

ground = Entity(1, store)
node = Entity(42, other_store)
node.put("water-7.bin", "water-7.bin", destination_id=1)
octets = node.pop_pdu(now_ns)    # whenever the link has room
ground.accept(octets, now_ns)    # as it arrives; and the same the other way round
ground.drain_indications()
"""

from link.cfdp.entity import Entity
from link.cfdp.filestore import FileReader, FileStore, FileWriter, MemoryStore
from link.cfdp.indications import (
    Abandoned,
    EofReceived,
    EofSent,
    FaultIndication,
    Indication,
    MetadataReceived,
    Progress,
    Resumed,
    Started,
    Suspended,
    TransactionFinished,
)
from link.cfdp.kept import KeptReceiving, KeptSending, KeptTransfer
from link.cfdp.pdus.codes import ChecksumType, ConditionCode, DeliveryCode, FaultHandler, FileStatus
from link.cfdp.pdus.header import TransactionId
from link.cfdp.settings import Settings

__all__ = [
    "Abandoned",
    "ChecksumType",
    "ConditionCode",
    "DeliveryCode",
    "Entity",
    "EofReceived",
    "EofSent",
    "FaultHandler",
    "FaultIndication",
    "FileReader",
    "FileStatus",
    "FileStore",
    "FileWriter",
    "Indication",
    "KeptReceiving",
    "KeptSending",
    "KeptTransfer",
    "MemoryStore",
    "MetadataReceived",
    "Progress",
    "Resumed",
    "Settings",
    "Started",
    "Suspended",
    "TransactionFinished",
    "TransactionId",
]
