"""Where packets get their numbers: each application process counts its packets, and its reports of each type."""

from collections import Counter
from dataclasses import dataclass, field

from link.pus.message import Report, Request
from link.pus.packets import Ack, TcPacket, TmPacket
from link.space_packet import COUNT_MODULUS

_TYPE_COUNT_MODULUS = 1 << 16


@dataclass(slots=True)
class TmSource:
    """The reports of one application process (`apid`) to one `destination`, numbered without gaps."""

    apid: int
    destination: int = 0
    count: int = 0
    _of_type: Counter[tuple[int, int]] = field(default_factory=Counter)

    def packet(self, report: Report, utc_ns: int) -> bytes:
        """The encoded packet of `report`, generated at `utc_ns`."""
        kind = (report.__service__, report.__subtype__)
        made = TmPacket(
            apid=self.apid,
            count=self.count,
            service=kind[0],
            subtype=kind[1],
            data=report.encode(),
            time_ns=utc_ns,
            counter=self._of_type[kind],
            destination=self.destination,
        ).encode()
        self.count = (self.count + 1) % COUNT_MODULUS
        self._of_type[kind] = (self._of_type[kind] + 1) % _TYPE_COUNT_MODULUS
        return made


@dataclass(slots=True)
class TcSource:
    """The requests of one user (`source`) to one application process (`apid`), numbered without gaps."""

    apid: int
    source: int = 0
    count: int = 0

    def packet(self, request: Request, acknowledge: Ack = Ack.ALL) -> TcPacket:
        """The packet of `request`; its `request` attribute is what verification reports will name."""
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
