"""Makes packets of messages, and numbers them: by application process, and reports also by message type."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Protocol

from link.packets.space_packet import COUNT_MODULUS
from link.pus.message import Report, Request
from link.pus.packets import AckFlags, TcPacket, TmPacket

_TYPE_COUNT_MODULUS = 1 << 16


class NumberSource(Protocol):
    """Gives out numbers: for each name 0, 1, 2 and so on, also across restarts if its owner remembers them."""

    def next(self, name: str) -> int:
        """The next number called `name`, from 0 on."""


@dataclass(slots=True)
class FreshNumbers:
    """Numbers that begin at 0 whenever the program starts; `counts` has the next number of each name."""

    counts: Counter[str] = field(default_factory=Counter)

    def next(self, name: str) -> int:
        """The next number called `name`."""
        self.counts[name] += 1
        return self.counts[name] - 1


@dataclass(slots=True)
class TmSource:
    """The reports of one application process (`apid`) to one `destination`, counted by `numbers`.

    The packets of an APID are counted under its number, as 65; reports of a type under APID, service and subtype, as
    65/3,25.
    """

    apid: int
    destination: int = 0
    numbers: NumberSource = field(default_factory=FreshNumbers)

    def packet(self, report: Report, utc_ns: int) -> bytes:
        """The encoded packet of `report`, generated at `utc_ns`. A report that cannot be encoded takes no number."""
        service, subtype, data = report.__service__, report.__subtype__, report.encode()
        return TmPacket(
            apid=self.apid,
            count=self.numbers.next(f"{self.apid}") % COUNT_MODULUS,
            service=service,
            subtype=subtype,
            data=data,
            time_ns=utc_ns,
            counter=self.numbers.next(f"{self.apid}/{service},{subtype}") % _TYPE_COUNT_MODULUS,
            destination=self.destination,
        ).encode()


@dataclass(slots=True)
class TcSource:
    """The requests of one user (`source`) to one application process (`apid`), numbered without gaps."""

    apid: int
    source: int = 0
    count: int = 0

    def packet(self, request: Request, acknowledge: AckFlags = AckFlags.ALL) -> TcPacket:
        """The packet of `request`; verification reports will name it by its attribute `request`."""
        made = TcPacket(
            apid=self.apid,
            count=self.count,
            service=request.__service__,
            subtype=request.__subtype__,
            data=request.encode(),
            acknowledge=acknowledge,
            source=self.source,
        )
        self.count = (self.count + 1) % COUNT_MODULUS
        return made
