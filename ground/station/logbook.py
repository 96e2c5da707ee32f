"""Each record once: into the archive, then to the clients. What the archive holds already is not reported again."""

from collections import Counter
from collections.abc import Iterable

from ground.archive.keeper import Keeper
from ground.archive.rows import Item, PacketRow, StrayRow
from ground.records import EventRecord, GroundRecord, Severity
from ground.station.duties import Duties
from hal.clock import Moment


class Logbook:
    """Gathers the items of one step; `flush` archives them in one transaction, then makes them news.

    `strays` counts undecodable packets by reason; `duplicates`, packets that the archive had already.
    """

    def __init__(self, keeper: Keeper, duties: Duties) -> None:
        self.keeper, self._duties = keeper, duties
        self.strays: Counter[str] = Counter()
        self.packets = self.duplicates = 0
        self._items: list[Item] = []
        self._live: list[GroundRecord] = []
        self._news: list[GroundRecord] = []
        self._said = 0

    @property
    def lost(self) -> int:
        """Grows whenever the archive may not get something that was noted."""
        return self.keeper.abandoned + self._duties.failed["archiving"]

    def note(self, *items: Item) -> None:
        """Add items for the archive; records among them become news, unless the archive has them already."""
        self._items += items

    def report(self, records: Iterable[GroundRecord]) -> None:
        """Add news that is not archived."""
        self._live += records

    def report_event(self, severity: Severity, name: str, message: str, now: Moment) -> None:
        """Add an event of the ground itself."""
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
        """Archive and count an undecodable packet; the first of each reason becomes an event."""
        self.note(StrayRow(now.utc_ns, f"{reason}: {detail}", octets))
        self.count_stray(reason, detail, now)

    def count_stray(self, reason: str, detail: str, now: Moment) -> None:
        """As `stray`, for a packet that is already archived as telemetry."""
        self.strays[reason] += 1
        if self.strays[reason] == 1:
            self.report_event("low", "StrayPacket", f"{reason}: {detail}; further ones are only counted.", now)

    def flush(self) -> None:
        """Archive the noted items, then make their records news."""
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
        """The items that are or will be archived, and whether each is new; one that cannot be becomes an event."""
        with self._duties.alone("archiving"):
            return list(zip(items, self.keeper.keep(items), strict=True))
        if len(items) < 2:
            return []
        return [pair for item in items for pair in self._kept([item])]

    def drain_news(self) -> list[GroundRecord]:
        """The news since the last call, oldest first."""
        taken, self._news = self._news, []
        return taken
