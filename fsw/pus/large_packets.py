"""Service 13 on board (ECSS-E-ST-70-41C §6.13): what is longer than a packet goes down, and comes up, in parts."""

from collections.abc import Iterator

from fsw.pus.instructions import not_mine
from link.pus.message import Report, Request
from link.pus.packets import TM_OVERHEAD
from link.pus.parts import Reassembly, downlink_parts, large_report_data
from link.pus.services.large_packets import UplinkAborted, UplinkedPart

_PART_HEAD_OCTETS = 4
_TRANSACTIONS = 1 << 16
_REPORT_OCTETS_MIN = 64  # of a packet: less leaves too little for a part


class LargePackets:
    """Cuts reports whose packets would have more than `packet_octets_max` octets, and puts uplinked requests together.

    `uplinks` bounds how many transfers come up at a time, how long they are, and how long a part may take.
    """

    def __init__(self, packet_octets_max: int, uplinks: Reassembly) -> None:
        if packet_octets_max < _REPORT_OCTETS_MIN:
            raise ValueError(f"packet_octets_max = {packet_octets_max}, expected {_REPORT_OCTETS_MIN} or more")
        self._packet_octets_max, self._uplinks = packet_octets_max, uplinks
        self._transaction = 0
        self._whole: list[bytes] = []

    def split(self, report: Report) -> Iterator[Report]:
        """The report itself, or the parts in which it goes down. Raises ValueError for one that is far too long."""
        if TM_OVERHEAD + len(report.encode()) <= self._packet_octets_max:
            yield report
            return
        part_octets = self._packet_octets_max - TM_OVERHEAD - _PART_HEAD_OCTETS
        yield from downlink_parts(self._transaction, large_report_data(report), part_octets)
        self._transaction = (self._transaction + 1) % _TRANSACTIONS

    def handle(self, request: Request, monotonic_ns: int) -> Iterator[Report]:
        """Take an uplinked part; `drain` has the request of which it is the last. Raises RefusedError."""
        if not isinstance(request, UplinkedPart):
            raise not_mine(request)
        done = self._uplinks.accept(request, monotonic_ns)
        if isinstance(done, UplinkAborted):
            yield done
        elif done is not None:
            self._whole.append(done)

    def drain(self) -> list[bytes]:
        """The packets of requests that are complete, to be executed as received ones are."""
        whole, self._whole = self._whole, []
        return whole

    def step(self, monotonic_ns: int) -> Iterator[Report]:
        """The reports of transfers that are given up because no further part came in time."""
        yield from self._uplinks.step(monotonic_ns)

    @property
    def next_due_ns(self) -> int | None:
        """When `step` has something to do, in monotonic time; None while nothing comes up."""
        return self._uplinks.deadline_ns
