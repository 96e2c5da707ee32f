"""Reports sent at once, service 14, and reports kept, service 15 (ECSS-E-ST-70-41C §6.14, §6.15, §8.14, §8.15).

Real-time forwarding sends the reports of chosen types as they are made. A packet store keeps the packets of chosen
types while its storage is enabled; open retrieval sends everything from a time on, retrieval by time range what lies
between two times.
"""

from enum import IntEnum

from link.dictionary.declare import Record
from link.dictionary.kinds import Counted, Flag, Int8ub, Int16ub, Int32ub, Time
from link.dictionary.wires import wire
from link.pus.message import Report, Request


class ServiceTypes(Record):
    """Report types of a service; all of them, if none is named."""

    service: int = wire(Int8ub)
    subtypes: list[int] = wire(Int8ub, count=Counted(8))


class ProcessTypes(Record):
    """Report types of an application process; all of them, if no service is named."""

    apid: int = wire(Int16ub)
    services: list[ServiceTypes] = wire(count=Counted(8))


class AddReportTypes(Request, service=14, subtype=1):
    """Forward these from now on."""

    processes: list[ProcessTypes] = wire(count=Counted(8))


class DeleteReportTypes(Request, service=14, subtype=2):
    """Forward these no longer; nothing at all, if none is named."""

    processes: list[ProcessTypes] = wire(count=Counted(8))


class ReportForwarding(Request, service=14, subtype=3):
    """What is forwarded?"""


class ForwardingReport(Report, service=14, subtype=4):
    """What is forwarded."""

    processes: list[ProcessTypes] = wire(count=Counted(8))


class StoreType(IntEnum):
    """What happens when a store is full."""

    CIRCULAR = 0
    BOUNDED = 1


class _Stores(Request):
    stores: list[int] = wire(Int16ub, count=Counted(8))


class EnableStorage(_Stores, service=15, subtype=1):
    """Keep packets in these stores; in all, if none is named."""


class DisableStorage(_Stores, service=15, subtype=2):
    """Keep no packets in these stores; in none, if none is named."""


class AddStoredTypes(Request, service=15, subtype=3):
    """Keep these report types in a store."""

    store: int = wire(Int16ub)
    processes: list[ProcessTypes] = wire(count=Counted(8))


class DeleteStoredTypes(Request, service=15, subtype=4):
    """Keep these report types in a store no longer; none at all, if none is named."""

    store: int = wire(Int16ub)
    processes: list[ProcessTypes] = wire(count=Counted(8))


class ReportStoredTypes(Request, service=15, subtype=5):
    """Which report types does a store keep?"""

    store: int = wire(Int16ub)


class StoredTypes(Report, service=15, subtype=6):
    """Which report types a store keeps."""

    store: int = wire(Int16ub)
    processes: list[ProcessTypes] = wire(count=Counted(8))


class StoreRange(Record):
    """What a store holds of a span of time."""

    store: int = wire(Int16ub)
    start: int = wire(Time())
    end: int = wire(Time())


class StartRangeRetrieval(Request, service=15, subtype=9):
    """Send what these stores hold of spans of time."""

    ranges: list[StoreRange] = wire(count=Counted(8))


class DeleteContent(Request, service=15, subtype=11):
    """Forget what these stores hold up to a time; all stores, if none is named."""

    up_to: int = wire(Time())
    stores: list[int] = wire(Int16ub, count=Counted(8))


class SummariseStores(_Stores, service=15, subtype=12):
    """What do these stores hold? All, if none is named."""


class StoreSummary(Record):
    """What a store holds: times of its oldest and newest packet, where open retrieval stands, how full it is."""

    store: int = wire(Int16ub)
    oldest: int = wire(Time())
    newest: int = wire(Time())
    open_retrieval: int = wire(Time())
    filled: int = wire(Int8ub, unit="%")
    to_retrieve: int = wire(Int8ub, unit="%")


class StoreSummaries(Report, service=15, subtype=13):
    """What stores hold."""

    summaries: list[StoreSummary] = wire(count=Counted(8))


class SetOpenRetrieval(Request, service=15, subtype=14):
    """Let open retrieval of these stores begin at a time; of all, if none is named."""

    start: int = wire(Time())
    stores: list[int] = wire(Int16ub, count=Counted(8))


class ResumeOpenRetrieval(_Stores, service=15, subtype=15):
    """Go on with open retrieval of these stores; of all, if none is named."""


class SuspendOpenRetrieval(_Stores, service=15, subtype=16):
    """Pause open retrieval of these stores; of all, if none is named."""


class AbortRangeRetrieval(_Stores, service=15, subtype=17):
    """End retrieval by time range of these stores; of all, if none is named."""


class ReportStoreStatuses(Request, service=15, subtype=18):
    """What do the stores do?"""


class StoreStatus(Record):
    """What a store does."""

    store: int = wire(Int16ub)
    storing: bool = wire(Flag)
    retrieving_open: bool = wire(Flag)
    retrieving_range: bool = wire(Flag)


class StoreStatuses(Report, service=15, subtype=19):
    """What the stores do."""

    statuses: list[StoreStatus] = wire(count=Counted(8))


class StoreConfiguration(Record):
    """How a store is made: its size, what happens when it is full, the virtual channel of its retrievals."""

    store: int = wire(Int16ub)
    size: int = wire(Int32ub, unit="octets")
    type: StoreType = wire(Int8ub)
    channel: int = wire(Int8ub)


class CreateStores(Request, service=15, subtype=20):
    """Make stores, empty and disabled."""

    stores: list[StoreConfiguration] = wire(count=Counted(8))


class DeleteStores(_Stores, service=15, subtype=21):
    """Remove these stores, which must be disabled; all, if none is named."""


class ReportStoreConfigurations(Request, service=15, subtype=22):
    """How are the stores made?"""


class StoreConfigurations(Report, service=15, subtype=23):
    """How the stores are made."""

    stores: list[StoreConfiguration] = wire(count=Counted(8))


class CopyPackets(Request, service=15, subtype=24):
    """Copy what one store holds of a span of time into another."""

    start: int = wire(Time())
    end: int = wire(Time())
    source: int = wire(Int16ub)
    target: int = wire(Int16ub)


class StoreSize(Record):
    """How large a store is to be."""

    store: int = wire(Int16ub)
    size: int = wire(Int32ub, unit="octets")


class ResizeStores(Request, service=15, subtype=25):
    """Change how large stores are."""

    sizes: list[StoreSize] = wire(count=Counted(8))


class MakeCircular(Request, service=15, subtype=26):
    """Let a store that is full overwrite its oldest packets."""

    store: int = wire(Int16ub)


class MakeBounded(Request, service=15, subtype=27):
    """Let a store that is full take no more packets."""

    store: int = wire(Int16ub)


class SetStoreChannel(Request, service=15, subtype=28):
    """Change the virtual channel on which a store is retrieved."""

    store: int = wire(Int16ub)
    channel: int = wire(Int8ub)
