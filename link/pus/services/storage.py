"""Reports sent at once, service 14, and reports kept, service 15 (ECSS-E-ST-70-41C §6.14, §6.15, §8.14, §8.15).

Real-time forwarding sends the reports of chosen types as they are made. A packet store keeps the packets of chosen
types while its storage is enabled; open retrieval sends everything from a time on, retrieval by time range what lies
between two times.

Subtypes from 128 on are our own, as the standard does not say how a ground that lost part of a retrieval gets the rest.
A store numbers its records; what is retrieved comes in StoredPackets, which name the numbers, and so tell recorded
packets from live ones. They also name the dictionary that the node flew when it stored them, or zeros where that is not
known. The ground acknowledges what it has archived, and open retrieval leaves out what is acknowledged. Packets that
came live are acknowledged by their own headers.
"""

from enum import IntEnum

from link.dictionary.declare import Record
from link.dictionary.kinds import Counted, Flag, Int8ub, Int16ub, Int32ub, Int64ub, Octets, Rest, Time
from link.dictionary.wires import wire
from link.pus.message import Report, Request


class ServiceTypes(Record):
    """Report types of a service, by their subtypes; all types of the service, if no subtype is named."""

    service: int = wire(Int8ub)
    subtypes: list[int] = wire(Int8ub, count=Counted(8))


class ProcessTypes(Record):
    """Report types of an application process, by service; all of its types, if no service is named."""

    apid: int = wire(Int16ub)
    services: list[ServiceTypes] = wire(count=Counted(8))


class AddReportTypes(Request, service=14, subtype=1):
    """Forward reports of these types as soon as they are made."""

    processes: list[ProcessTypes] = wire(count=Counted(8))


class DeleteReportTypes(Request, service=14, subtype=2):
    """Forward reports of these types no longer; of no type at all, if none is named."""

    processes: list[ProcessTypes] = wire(count=Counted(8))


class ReportForwarding(Request, service=14, subtype=3):
    """Report which report types are forwarded."""


class ForwardingReport(Report, service=14, subtype=4):
    """The report types that are forwarded: the answer to ReportForwarding."""

    processes: list[ProcessTypes] = wire(count=Counted(8))


class StoreType(IntEnum):
    """What happens when a packet store is full: it overwrites its oldest packets, or takes no more."""

    CIRCULAR = 0
    BOUNDED = 1


class _Stores(Request):
    stores: list[int] = wire(Int16ub, count=Counted(8))


class EnableStorage(_Stores, service=15, subtype=1):
    """Keep packets in these stores; in all stores, if none is named."""


class DisableStorage(_Stores, service=15, subtype=2):
    """Keep no packets in these stores; in no store, if none is named."""


class AddStoredTypes(Request, service=15, subtype=3):
    """Keep reports of these types in store `store`."""

    store: int = wire(Int16ub)
    processes: list[ProcessTypes] = wire(count=Counted(8))


class DeleteStoredTypes(Request, service=15, subtype=4):
    """Keep reports of these types in store `store` no longer; of no type at all, if none is named."""

    store: int = wire(Int16ub)
    processes: list[ProcessTypes] = wire(count=Counted(8))


class ReportStoredTypes(Request, service=15, subtype=5):
    """Report which report types store `store` keeps."""

    store: int = wire(Int16ub)


class StoredTypes(Report, service=15, subtype=6):
    """The report types that store `store` keeps: the answer to ReportStoredTypes."""

    store: int = wire(Int16ub)
    processes: list[ProcessTypes] = wire(count=Counted(8))


class StoreRange(Record):
    """A store, and a span of time."""

    store: int = wire(Int16ub)
    start: int = wire(Time())
    end: int = wire(Time())


class StartRangeRetrieval(Request, service=15, subtype=9):
    """Send the packets that stores hold of spans of time."""

    ranges: list[StoreRange] = wire(count=Counted(8))


class DeleteContent(Request, service=15, subtype=11):
    """Delete the packets up to a time from these stores; from all stores, if none is named."""

    up_to: int = wire(Time())
    stores: list[int] = wire(Int16ub, count=Counted(8))


class SummariseStores(_Stores, service=15, subtype=12):
    """Report a summary of these stores; of all stores, if none is named."""


class StoreSummary(Record):
    """The times of the oldest and the newest packet of a store, where its open retrieval stands, and how full it is."""

    store: int = wire(Int16ub)
    oldest: int = wire(Time())
    newest: int = wire(Time())
    open_retrieval: int = wire(Time())
    filled: int = wire(Int8ub, unit="%")
    to_retrieve: int = wire(Int8ub, unit="%")


class StoreSummaries(Report, service=15, subtype=13):
    """Summaries of stores: the answer to SummariseStores."""

    summaries: list[StoreSummary] = wire(count=Counted(8))


class SetOpenRetrieval(Request, service=15, subtype=14):
    """Let the open retrieval of these stores begin at a time; of all stores, if none is named."""

    start: int = wire(Time())
    stores: list[int] = wire(Int16ub, count=Counted(8))


class ResumeOpenRetrieval(_Stores, service=15, subtype=15):
    """Go on with the open retrieval of these stores; of all stores, if none is named."""


class SuspendOpenRetrieval(_Stores, service=15, subtype=16):
    """Pause the open retrieval of these stores; of all stores, if none is named."""


class AbortRangeRetrieval(_Stores, service=15, subtype=17):
    """End the retrieval by time range of these stores; of all stores, if none is named."""


class ReportStoreStatuses(Request, service=15, subtype=18):
    """Report which stores keep packets and which are retrieved."""


class StoreStatus(Record):
    """Whether a store keeps packets, and whether it is retrieved in either way."""

    store: int = wire(Int16ub)
    storing: bool = wire(Flag)
    retrieving_open: bool = wire(Flag)
    retrieving_range: bool = wire(Flag)


class StoreStatuses(Report, service=15, subtype=19):
    """Which stores keep packets and which are retrieved: the answer to ReportStoreStatuses."""

    statuses: list[StoreStatus] = wire(count=Counted(8))


class StoreConfiguration(Record):
    """How a store is made: its size, what happens when it is full, the virtual channel of its retrievals."""

    store: int = wire(Int16ub)
    size: int = wire(Int32ub, unit="octets")
    type: StoreType = wire(Int8ub)
    channel: int = wire(Int8ub)


class CreateStores(Request, service=15, subtype=20):
    """Create stores, which are empty and keep no packets at first."""

    stores: list[StoreConfiguration] = wire(count=Counted(8))


class DeleteStores(_Stores, service=15, subtype=21):
    """Delete these stores, whose storage must be disabled; all such stores, if none is named."""


class ReportStoreConfigurations(Request, service=15, subtype=22):
    """Report how the stores are made."""


class StoreConfigurations(Report, service=15, subtype=23):
    """How the stores are made: the answer to ReportStoreConfigurations."""

    stores: list[StoreConfiguration] = wire(count=Counted(8))


class CopyPackets(Request, service=15, subtype=24):
    """Copy the packets of a span of time from store `source` to store `target`."""

    start: int = wire(Time())
    end: int = wire(Time())
    source: int = wire(Int16ub)
    target: int = wire(Int16ub)


class StoreSize(Record):
    """A store, and the size that it is to have."""

    store: int = wire(Int16ub)
    size: int = wire(Int32ub, unit="octets")


class ResizeStores(Request, service=15, subtype=25):
    """Change the sizes of stores."""

    sizes: list[StoreSize] = wire(count=Counted(8))


class MakeCircular(Request, service=15, subtype=26):
    """Let store `store` overwrite its oldest packets when it is full."""

    store: int = wire(Int16ub)


class MakeBounded(Request, service=15, subtype=27):
    """Let store `store` take no more packets when it is full."""

    store: int = wire(Int16ub)


class SetStoreChannel(Request, service=15, subtype=28):
    """Change the virtual channel on which the packets of store `store` are sent."""

    store: int = wire(Int16ub)
    channel: int = wire(Int8ub)


class StoredPackets(Report, service=15, subtype=128):
    """Packets that a store kept, one behind the other: the records from number `first` on, without a gap."""

    store: int = wire(Int16ub)
    first: int = wire(Int64ub)
    dictionary: bytes = wire(Octets(8))
    packets: bytes = wire(Octets(Rest()))


class RecordRange(Record):
    """Records of a store from number `first` to number `last`, both included."""

    first: int = wire(Int64ub)
    last: int = wire(Int64ub)


class AcknowledgeRecords(Request, service=15, subtype=129):
    """Retrieve these records of store `store` no more by open retrieval: the ground has them."""

    store: int = wire(Int16ub)
    ranges: list[RecordRange] = wire(count=Counted(8))


class PacketRange(Record):
    """Packets of an application process from one sequence count to another one, through 0 where that is lower.

    They were made from `start` to `end`, as counts come again after 16384 packets.
    """

    apid: int = wire(Int16ub)
    first_count: int = wire(Int16ub)
    last_count: int = wire(Int16ub)
    start: int = wire(Time())
    end: int = wire(Time())


class AcknowledgePackets(Request, service=15, subtype=130):
    """Retrieve the records of these packets no more by open retrieval: the ground received them live."""

    ranges: list[PacketRange] = wire(count=Counted(8))
