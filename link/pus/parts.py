"""Cuts data longer than a packet into the parts of service 13, and puts them together (ECSS-E-ST-70-41C §6.13).

Data on its way down is a report too long for its packet: its service, its subtype and its source data. Data on its way
up is a whole packet of a request that fits into no frame.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from link.errors import DecodeError
from link.pus.catalogue import reports_of
from link.pus.message import Report
from link.pus.services.large_packets import (
    AbortReason,
    DownlinkedPart,
    DownlinkPart,
    FirstDownlinkPart,
    FirstUplinkPart,
    LastDownlinkPart,
    LastUplinkPart,
    UplinkAborted,
    UplinkedPart,
    UplinkPart,
)

_PARTS_MAX = (1 << 16) - 1
_Form = TypeVar("_Form")


def downlink_parts(transaction: int, data: bytes, part_octets: int) -> Iterator[DownlinkedPart]:
    """The reports that carry `data`, at least two, with at most `part_octets` octets of it each."""
    for form, number, part in _parts(data, part_octets, (FirstDownlinkPart, DownlinkPart, LastDownlinkPart)):
        yield form(transaction=transaction, number=number, part=part)


def uplink_parts(transaction: int, data: bytes, part_octets: int) -> Iterator[UplinkedPart]:
    """The requests that carry `data`, at least two, with at most `part_octets` octets of it each."""
    for form, number, part in _parts(data, part_octets, (FirstUplinkPart, UplinkPart, LastUplinkPart)):
        yield form(transaction=transaction, number=number, part=part)


def large_report_data(report: Report) -> bytes:
    """A report as the data of a transfer."""
    return bytes([report.__service__, report.__subtype__]) + report.encode()


def read_large_report(data: bytes) -> Report:
    """The report in the data of a transfer. Raises DecodeError."""
    kind = tuple(data[:2])
    form = reports_of(data[0]).get(data[1]) if len(kind) == 2 else None
    if form is None:
        raise DecodeError(f"no report is of the type {','.join(map(str, kind)) or 'of no octets'}")
    return form.decode(data[2:])


def _parts(data: bytes, part_octets: int, forms: tuple[_Form, _Form, _Form]) -> Iterator[tuple[_Form, int, bytes]]:
    count = max(2, -(-len(data) // part_octets))
    if count > _PARTS_MAX:
        raise ValueError(f"{len(data)} octets in parts of {part_octets}: {count} parts, a transfer has {_PARTS_MAX}")
    for number in range(1, count + 1):
        form = forms[0] if number == 1 else forms[2] if number == count else forms[1]
        yield form, number, data[(number - 1) * part_octets : number * part_octets]


@dataclass(slots=True)
class _Open:
    deadline_ns: int
    data: bytearray = field(default_factory=bytearray)
    next_number: int = 2


class Reassembly:
    """Puts parts of either direction together, of several transactions at a time, without a clock.

    A part that is out of sequence, later than `timeout_ns` after the one before, or with which the data exceed
    `octets_max`, ends its transaction; so does a first part while `transactions_max` others are open. Parts of a
    transaction that has ended, or did not begin, are counted as `ignored`.
    """

    def __init__(
        self, *, timeout_ns: int = 60_000_000_000, octets_max: int = 1 << 20, transactions_max: int = 16
    ) -> None:
        self._timeout_ns, self._octets_max, self._transactions_max = timeout_ns, octets_max, transactions_max
        self.ignored = 0
        self._open: dict[int, _Open] = {}

    @property
    def deadline_ns(self) -> int | None:
        """When `step` gives up a transaction unless its next part comes before; None while none is open."""
        return min([one.deadline_ns for one in self._open.values()], default=None) if self._open else None

    def accept(self, part: DownlinkedPart | UplinkedPart, now_ns: int) -> bytes | UplinkAborted | None:
        """The whole data, if `part` is its last; the report that the transaction was given up; or None."""
        if isinstance(part, FirstDownlinkPart | FirstUplinkPart):
            return self._begin(part, now_ns)
        transaction = self._open.get(part.transaction)
        if transaction is None:
            self.ignored += 1
            return None
        if part.number != transaction.next_number:
            return self._abort(part.transaction, AbortReason.OUT_OF_SEQUENCE)
        transaction.data += part.part
        if len(transaction.data) > self._octets_max:
            return self._abort(part.transaction, AbortReason.TOO_LARGE)
        transaction.next_number, transaction.deadline_ns = part.number + 1, now_ns + self._timeout_ns
        if isinstance(part, LastDownlinkPart | LastUplinkPart):
            return bytes(self._open.pop(part.transaction).data)
        return None

    def step(self, now_ns: int) -> list[UplinkAborted]:
        """The reports of the transactions that were given up because no part came in time."""
        late = [number for number, one in self._open.items() if one.deadline_ns <= now_ns]
        return [self._abort(number, AbortReason.TIMEOUT) for number in late]

    def _begin(self, part: DownlinkedPart | UplinkedPart, now_ns: int) -> UplinkAborted | None:
        """Begin a transaction; one that begins anew forgets its earlier parts."""
        self._open[part.transaction] = _Open(now_ns + self._timeout_ns, bytearray(part.part))
        if len(self._open) > self._transactions_max:
            return self._abort(part.transaction, AbortReason.TOO_MANY)
        if len(part.part) > self._octets_max:
            return self._abort(part.transaction, AbortReason.TOO_LARGE)
        return None

    def _abort(self, transaction: int, reason: AbortReason) -> UplinkAborted:
        del self._open[transaction]
        return UplinkAborted(transaction=transaction, reason=reason)
