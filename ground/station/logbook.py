"""What happened, once: into the archive, then to the clients. What the archive has already is no news."""

from collections import Counter
from collections.abc import Iterable

from ground.archive.keeper import Keeper
from ground.archive.rows import Item, PacketRow, StrayRow
from ground.records import EventRecord, GroundRecord, Severity
from ground.station.duties import Duties
from hal.clock import Moment


class Logbook:
    """Gathers what one step brings; `flush` archives it in one transaction and makes it news.

    `strays` counts, by reason, packets that were not understood; `duplicates`, packets that the archive had already.
    """

    def __init__(self, keeper: Keeper, duties: Duties) -> None:
        self.keeper, self._duties = keeper, duties
        self.strays: Counter[str] = Counter()
        self.packets = self.duplicates = 0
        self._items: list[Item] = []
        self._live: list[GroundRecord] = []
        self._news: list[GroundRecord] = []
        self._said = 0

    def note(self, *items: Item) -> None:
        """For the archive; records among them are news as well, where the archive does not know them yet."""
        self._items += items

    def report(self, records: Iterable[GroundRecord]) -> None:
        """News that the archive does not need."""
        self._live += records

    def report_event(self, severity: Severity, name: str, message: str, now: Moment) -> None:
        """An event of the ground's own."""
        self._said += 1
        self.note(
            EventRecord(
                origin="ground",
                severity=severity,
                name=name,
                message=message,
                time_ns=now.utc_ns,
                received_ns=now.utc_ns,
                count=self._said,
            )
        )

    def stray(self, octets: bytes, reason: str, detail: str, now: Moment) -> None:
        """A packet that was not understood: kept, counted, and the first one of each reason told."""
        self.note(StrayRow(now.utc_ns, f"{reason}: {detail}", octets))
        self.count_stray(reason, detail, now)

    def count_stray(self, reason: str, detail: str, now: Moment) -> None:
        """As `stray`, for a packet that is archived anyway."""
        self.strays[reason] += 1
        if self.strays[reason] == 1:
            self.report_event("low", "StrayPacket", f"{reason}: {detail}; further ones are only counted.", now)

    def flush(self) -> None:
        """Archive what was noted; then it is news."""
        if not self._items and not self._live and not self.keeper.waiting:
            return
        items, self._items = self._items, []
        for item, new in self._kept(items):
            if isinstance(item, GroundRecord):
                self._news += [item] * new
            elif isinstance(item, PacketRow):
                self.packets += 1
                self.duplicates += not new
        self._news += self._live
        self._live = []

    def _kept(self, items: list[Item]) -> list[tuple[Item, bool]]:
        """The items that the archive has, or will have, and whether they are new. One that it cannot hold is told."""
        with self._duties.alone("archiving"):
            return list(zip(items, self.keeper.keep(items), strict=True))
        if len(items) < 2:
            return []
        return [pair for item in items for pair in self._kept([item])]

    def drain_news(self) -> list[GroundRecord]:
        """What is news since the last call, oldest first."""
        taken, self._news = self._news, []
        return taken
