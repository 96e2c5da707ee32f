"""The queue of news for one client: bounded, and the newest record of a thing replaces an older one."""

from collections import OrderedDict
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field

from ground.records import CommandRecord, EventRecord, FileRecord, GroundRecord, SampleRecord, Status, TransferRecord
from ground.service.api import Dropped, News, Topic


@dataclass(slots=True)
class Feed:
    """Holds up to `capacity` news of `topics`. When it is full the oldest is dropped, and counted in `dropped`.

    Of one report, command or transfer only the latest record waits, at the end; every event and file is kept.
    """

    topics: frozenset[Topic] = frozenset()
    capacity: int = 1000
    dropped: int = 0
    _reported_dropped: int = 0
    _waiting: OrderedDict[Hashable, News] = field(default_factory=OrderedDict)

    @property
    def waiting(self) -> int:
        """The number of news that wait."""
        return len(self._waiting)

    def offer(self, record: GroundRecord) -> bool:
        """Queue `record` if its topic is wanted; return whether an older one was dropped for it."""
        topic, key = topic_and_key(record)
        if topic not in self.topics:
            return False
        self._waiting.pop((topic, key), None)
        self._waiting[topic, key] = News(topic=topic, record=record)
        if len(self._waiting) <= self.capacity:
            return False
        self._waiting.popitem(last=False)
        self.dropped += 1
        return True

    def drain(self) -> Iterator[News | Dropped]:
        """Remove and give the waiting news, oldest first, and the number dropped if it has changed."""
        if self.dropped > self._reported_dropped:
            self._reported_dropped = self.dropped
            yield Dropped(count=self.dropped)
        while self._waiting:
            yield self._waiting.popitem(last=False)[1]


def topic_and_key(record: GroundRecord) -> tuple[Topic, Hashable]:
    """The topic of `record`, and the key of its thing: records of one topic and key are states of one thing."""
    match record:
        case SampleRecord():
            return "sample", record.report
        case CommandRecord():
            return "command", record.number
        case TransferRecord():
            return "transfer", record.transaction
        case EventRecord():
            return "event", (record.origin, record.time_ns, record.count, record.name)
        case FileRecord():
            return "file", (record.received_ns, record.name)
        case Status():
            return "status", ""
    raise AssertionError(record)
