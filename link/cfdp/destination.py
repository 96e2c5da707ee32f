"""The receiving end of a CFDP transaction, class 1 and 2 (CCSDS 727.0-B-5 §4.6.1.2, §4.6.4.3, §4.7, §4.11.2.3).

PDUs may come in any order, more than once, or not at all. NAKs ask for missing data as soon as a gap shows (if the
settings say so) and, after EOF, whenever the NAK timer expires. The file gets its name only when it is complete and its
checksum is right.
"""

from collections.abc import Callable
from itertools import islice
from typing import TypeVar

from link.cfdp import checksum
from link.cfdp.countdown import Countdown
from link.cfdp.filestore import FileStore, FileWriter
from link.cfdp.indications import EofReceived, Indication, MetadataReceived, TransactionFinished
from link.cfdp.kept import KeptReceiving
from link.cfdp.pdus.codes import ConditionCode, DeliveryCode, Directive, FaultHandler, FileStatus, TransactionStatus
from link.cfdp.pdus.directives import METADATA_RANGE, Ack, Eof, Finished, KeepAlive, Metadata, Nak, Prompt
from link.cfdp.pdus.fields import size_octets
from link.cfdp.pdus.header import Header
from link.cfdp.pdus.intervals import Intervals, Range
from link.cfdp.pdus.pdu import CRC_OCTETS, Body, FileData, decode_pdu
from link.cfdp.pdus.tlv import NOT_PERFORMED, FilestoreRequest, FilestoreResponse, MessageToUser
from link.cfdp.settings import Settings
from link.cfdp.transaction import Pause, Transaction
from link.errors import DecodeError

_READ_OCTETS = 1 << 16
_Directive = TypeVar("_Directive", Metadata, Eof, Finished)


class Destination(Transaction):
    """Receives one file into `store`."""

    def __init__(
        self,
        header: Header,
        store: FileStore,
        settings: Settings,
        report: Callable[[Indication], None],
        now_ns: int,
    ) -> None:
        self.nak = Countdown(settings.nak_ms, settings.nak_limit)
        super().__init__(header, settings, report)
        request_octets = 2 * size_octets(header.large)
        overhead = header.size + 1 + request_octets + CRC_OCTETS * header.crc  # a NAK's scope is as long as a request
        self._requests_max = (settings.pdu_octets_max - overhead) // request_octets
        self.size: int | None = None
        self.heard_ns = now_ns
        self.dropped = 0
        self._store = store
        self._writer: FileWriter | None = None
        self._is_written = False
        self._received = Intervals()
        self._wanted = Intervals()
        self._metadata_wanted = False
        self._metadata: Metadata | None = None
        self._eof: Eof | None = None
        self._checksum: checksum.Checksum | None = None
        self._summed = 0
        self._answer: Ack | None = None
        self._keep_alive_due = False
        self._finished: Finished | None = None
        self._finished_due = False
        self.inactivity.start(now_ns)

    @property
    def progress(self) -> int:
        """Octets of the file that have arrived."""
        return self._received.total

    @property
    def timers(self) -> tuple[Countdown, ...]:
        """All timers of this end."""
        return self.ack, self.check, self.inactivity, self.nak

    def urgent_pdu(self, now_ns: int) -> bytes | None:
        """The next ACK, Keep Alive, Finished or NAK PDU that is due; None if there is none."""
        if self._answer:
            answer, self._answer = self._answer, None
            return self._pdu(answer)
        if self.paused:
            return None
        if self._finished_due:
            return self._send_finished(now_ns)
        if self._keep_alive_due:
            self._keep_alive_due = False
            return self._pdu(KeepAlive(self.progress))
        return self._send_nak(now_ns) if self._metadata_wanted or self._wanted else None

    def bulk_pdu(self, now_ns: int) -> bytes | None:  # noqa: ARG002  # both ends are asked alike
        """None: a receiver has no PDUs of low priority."""
        return None

    def accept(self, body: Body, now_ns: int) -> None:
        """Process a PDU of the sender."""
        self.heard_ns = now_ns
        if self.inactivity.running:
            self.inactivity.start(now_ns)
        match body:
            case FileData():
                self._on_data(body, now_ns)
            case Metadata():
                self._on_metadata(body, now_ns)
            case Eof():
                self._on_eof(body, now_ns)
            case Ack(directive=Directive.FINISHED) if self._finished:
                self.unsaid = None
                self.close()
            case Prompt():
                self._on_prompt(body)

    def step(self, now_ns: int) -> None:
        """Act on the timers that have expired."""
        if self.ack.expired(now_ns):
            self._on_silence(now_ns)
        if self.nak.expired(now_ns):
            self._on_nothing_new(now_ns)
        if self.check.expired(now_ns):
            self._on_still_incomplete(now_ns)
        if self.inactivity.expired(now_ns):
            self.inactivity.start(now_ns)
            self.fault(ConditionCode.INACTIVITY, now_ns)

    def cancel(self, condition: ConditionCode, now_ns: int) -> None:
        """End the transaction with Finished (cancel) (§4.11.2.3); no effect once the outcome is settled."""
        if self._finished:
            return
        self.unpause(Pause.SUSPENDED, now_ns)
        rejected = condition is ConditionCode.FILESTORE_REJECTION
        self._cancelled(condition, self.header.destination, FileStatus.REJECTED if rejected else FileStatus.DISCARDED)

    def may_hold(self, body: Body) -> bool:
        """Whether `body` is consistent: repeated Metadata and EOF are equal, or the new EOF is a cancel."""
        match body:
            case Metadata():
                return self._metadata in (None, body)
            case Eof(condition=ConditionCode.NO_ERROR):
                return self._eof in (None, body)
        return True

    @property
    def source_name(self) -> str:
        """What the file is called where it comes from; empty until that is known."""
        return self._metadata.source_name if self._metadata else ""

    @property
    def destination_name(self) -> str:
        """What the file is to be called; empty until that is known."""
        return self._metadata.destination_name if self._metadata else ""

    @property
    def stage(self) -> int:
        """How far the transaction has come, apart from octets: what of metadata, EOF and the outcome is known."""
        return (self._metadata is not None) + 2 * (self._eof is not None) + 4 * (self._finished is not None)

    def kept(self, ranges_max: int) -> KeptReceiving | None:
        """What a restart is not to forget, at most `ranges_max` ranges of it; None in class 1, and where all is said.

        What was written survives from now on. Raises OSError where it does not.
        """
        if self.header.unacknowledged or (self._finished and not self.unsaid):
            return None
        if self._writer and self._is_written:
            self._writer.sync()
            self._is_written = False
        return KeptReceiving(
            head=self._pdu(KeepAlive(self.progress)),
            metadata=self._pdu(self._metadata) if self._metadata else b"",
            eof=self._pdu(self._eof) if self._eof else b"",
            finished=self._pdu(self._finished) if self._finished else b"",
            part=self._writer.token if self._writer else "",
            received=() if self._finished else tuple(islice(self._received, ranges_max)),
        )

    def go_on(self, kept: KeptReceiving, now_ns: int) -> None:
        """Be as far as before the restart, and ask for all that is missing. Raises DecodeError.

        Where the octets received before are gone, all are asked for.
        """
        self._reopen(kept)
        if kept.eof:
            self._eof = _directive(kept.eof, Eof)
            self.size = self._eof.file_size
            self.nak.start(now_ns)
        if kept.finished:
            self._finished = self.unsaid = _directive(kept.finished, Finished)
            self.condition, self._finished_due = self._finished.condition, True
            self.nak.stop()
            self.inactivity.stop()
        if kept.metadata:
            self._adopt(_directive(kept.metadata, Metadata))
        if not kept.finished:
            self._want_all()

    def close(self) -> None:
        """Close the transaction: no PDU is left to send; an incomplete file is discarded."""
        super().close()
        self._discard()

    def _on_data(self, segment: FileData, now_ns: int) -> None:
        if self._finished:
            return
        start, end = segment.offset, segment.offset + len(segment.data)
        highest = self._received.end
        if len(self._received) >= self.settings.gaps_max and not self._received.touches(start, end):
            self.dropped += 1  # gaps_max is reached: a NAK will ask for this segment later
            return
        if not self._write(segment, now_ns) or not self._received.add(start, end):
            return
        self.nak.forgive()
        if self._wanted:
            self._wanted.discard(start, end)
        if start > highest and self.settings.immediate_nak:
            self._want(highest, start)
            self._metadata_wanted |= self._metadata is None
        if self._eof:
            self._check_size(now_ns)
            self._complete(now_ns)

    def _on_metadata(self, metadata: Metadata, now_ns: int) -> None:
        if self._metadata or self._finished:
            return
        self._adopt(metadata)
        if not self._checksum:
            self.fault(ConditionCode.UNSUPPORTED_CHECKSUM, now_ns)
        try:
            if metadata.destination_name and not (self._finished or self.closed):
                self._store.admit(metadata.destination_name, metadata.file_size)
        except OSError:
            self._reject(now_ns)
        self._complete(now_ns)

    def _adopt(self, metadata: Metadata) -> None:
        self._metadata, self._metadata_wanted = metadata, False
        self._override(metadata.options)
        self.size = self.size or metadata.file_size or None
        messages = tuple(part.octets for part in metadata.options if isinstance(part, MessageToUser))
        if not self._finished:
            self._indicate(
                MetadataReceived(self.id, metadata.source_name, metadata.destination_name, metadata.file_size, messages)
            )
        if checksum.supported(metadata.checksum):
            self._checksum = checksum.start(metadata.checksum)

    def _reopen(self, kept: KeptReceiving) -> None:
        """Open the part again, and believe that it has what was received, unless it is too short for that."""
        if not kept.part or kept.finished:
            return
        try:
            writer = self._store.reopen(kept.part)
            end = max((end for _, end in kept.received), default=0)
            if end and len(writer.read(end - 1, 1)) < 1:
                writer.discard()
                return
        except OSError:
            return
        self._writer = writer
        for start, end in kept.received:
            self._received.add(start, end)

    def _on_eof(self, eof: Eof, now_ns: int) -> None:
        """Every EOF is acknowledged, however late or often it comes: our ACK may have been lost."""
        if not self.header.unacknowledged:
            self._answer = Ack(directive=Directive.EOF, condition=eof.condition, status=TransactionStatus.ACTIVE)
        if self._finished:
            return
        if eof.condition:
            self._cancelled(eof.condition, self.header.source, FileStatus.DISCARDED)
        elif not self._eof:
            self._eof, self.size = eof, eof.file_size
            self._indicate(EofReceived(self.id))
            self._await_rest(now_ns)
            self._check_size(now_ns)
            self._complete(now_ns)

    def _await_rest(self, now_ns: int) -> None:
        """After EOF: class 1 can only wait; class 2 sends a NAK for the gaps not yet asked for (§4.6.4.3)."""
        assert self._eof
        if self.header.unacknowledged:
            self.check.start(now_ns)
            return
        self.nak.start(now_ns)
        asked_octets = self._received.end if self.settings.immediate_nak else 0
        self._want(asked_octets, self._eof.file_size)
        self._metadata_wanted = self._metadata is None

    def _on_prompt(self, prompt: Prompt) -> None:
        if self._finished:
            return
        if prompt.keep_alive:
            self._keep_alive_due = True
        else:
            self._want_all()

    def _on_silence(self, now_ns: int) -> None:
        """Finished was not acknowledged in time: send it again, or declare a fault; close a cancelled transaction."""
        if not self.ack.exhausted:
            self._finished_due = True
        elif self.condition:
            self.close()
        else:
            self.ack.forgive()
            self._finished_due = True
            if self.fault(ConditionCode.POSITIVE_ACK_LIMIT, now_ns) is FaultHandler.CANCEL:
                self.close()

    def _on_nothing_new(self, now_ns: int) -> None:
        """The NAK timer has expired without new data: send NAKs again, or declare a fault (§4.6.4.3.4)."""
        self.nak.start(now_ns)
        if self.nak.exhausted:
            self.nak.forgive()
            self.fault(ConditionCode.NAK_LIMIT, now_ns)
        else:
            self._want_all()
            self._complete(now_ns)  # if nothing is missing after all: a suspension can delay completion until now

    def _on_still_incomplete(self, now_ns: int) -> None:
        """Class 1: the check timer has expired after EOF, and the file is still incomplete (§4.6.3.3)."""
        self.check.start(now_ns)
        if self.check.exhausted:
            self.check.forgive()
            self.fault(ConditionCode.CHECK_LIMIT, now_ns)
        else:
            self._complete(now_ns)

    def _check_size(self, now_ns: int) -> None:
        assert self._eof
        if self._received.end > self._eof.file_size and not self._finished:
            self.fault(ConditionCode.FILE_SIZE_ERROR, now_ns)

    def _write(self, segment: FileData, now_ns: int) -> bool:
        """Store the new octets of a segment; stored octets are never overwritten, as the checksum may include them."""
        start, data = segment.offset, segment.data
        try:
            writer = self._written()
            self._is_written = True
            if start >= self._received.end:
                writer.write(start, data)
                self._sum(start, data)
                return True
            for low, high in list(self._received.gaps(start, start + len(data))):
                writer.write(low, data[low - start : high - start])
        except OSError:
            self._reject(now_ns)
            return False
        return True

    def _sum(self, start: int, data: bytes) -> None:
        """Add data that arrived in order to the checksum, so that they need not be read back."""
        if self._checksum and start == self._summed:
            self._checksum.update(data)
            self._summed += len(data)

    def _complete(self, now_ns: int) -> None:
        """Deliver the file if no data are missing (§4.6.1.2.8)."""
        if self._finished or self.closed or self.paused or not self._metadata or not self._eof:
            return
        if any(True for _ in self._received.gaps(0, self._eof.file_size)):
            return
        try:
            self._deliver(self._metadata, self._eof, now_ns)
        except OSError:
            self._reject(now_ns)

    def _deliver(self, metadata: Metadata, eof: Eof, now_ns: int) -> None:
        is_file = bool(metadata.destination_name)
        condition = ConditionCode.NO_ERROR
        if is_file and not self._sums_up(eof):
            condition = ConditionCode.CHECKSUM_FAILURE
            if self.fault(condition, now_ns) is not FaultHandler.IGNORE:
                return
        if is_file:
            self._written().keep(metadata.destination_name)
            self._writer = None
        delivery = DeliveryCode.INCOMPLETE if condition else DeliveryCode.COMPLETE
        status = FileStatus.RETAINED if is_file else FileStatus.UNREPORTED  # metadata alone deliver no file
        self._finish(
            Finished(condition=condition, delivery=delivery, file_status=status, responses=_responses(metadata))
        )

    def _written(self) -> FileWriter:
        """The file as far as it was received, created if nothing was. Raises OSError."""
        writer = self._writer = self._writer or self._store.create()
        return writer

    def _sums_up(self, eof: Eof) -> bool:
        """Whether the checksum over the whole file is the sender's; octets not yet summed are read back."""
        if self._checksum is None or isinstance(self._checksum, checksum.Null):
            return True
        while self._summed < eof.file_size:
            data = self._written().read(self._summed, min(_READ_OCTETS, eof.file_size - self._summed))
            self._checksum.update(data)
            self._summed += len(data)
        return self._checksum.value == eof.checksum

    def _want(self, start: int, end: int) -> None:
        if self.header.unacknowledged:
            return
        for gap in self._received.gaps(start, end):
            self._wanted.add(*gap)

    def _want_all(self) -> None:
        self._want(0, self._eof.file_size if self._eof else self._received.end)
        self._metadata_wanted = self._metadata is None and not self.header.unacknowledged

    def _send_nak(self, now_ns: int) -> bytes:
        requests: list[Range] = [METADATA_RANGE] if self._metadata_wanted else []
        self._metadata_wanted = False
        while self._wanted and len(requests) < self._requests_max:
            requests.append(self._wanted.pop(1 << 64))
        if self._eof:
            self.nak.start(now_ns)
        return self._pdu(Nak(start=requests[0][0], end=requests[-1][1], requests=tuple(requests)))

    def _send_finished(self, now_ns: int) -> bytes:
        assert self._finished
        self._finished_due = False
        octets = self._pdu(self._finished)
        if self.header.unacknowledged:
            self.unsaid = None
            self.close()
        else:
            self.ack.start(now_ns)
        return octets

    def _cancelled(self, condition: ConditionCode, by: int, file_status: FileStatus) -> None:
        self.condition = condition
        self._discard()
        self._finish(
            Finished(
                condition=condition,
                delivery=DeliveryCode.INCOMPLETE,
                file_status=file_status,
                fault_location=by.to_bytes(self.header.id_octets),
            )
        )

    def _finish(self, finished: Finished) -> None:
        """Settle the outcome: the user is told now, the sender by a Finished PDU as soon as the link has room."""
        self._finished = finished
        self._wanted.clear()
        self._metadata_wanted = self._keep_alive_due = False
        for timer in self.timers:
            timer.stop()
        self._indicate(
            TransactionFinished(
                self.id, finished.condition, finished.delivery, finished.file_status, finished.responses
            )
        )
        closure = self._metadata is not None and self._metadata.closure
        if closure or not self.header.unacknowledged:
            self._finished_due, self.unsaid = True, finished
        else:
            self.close()

    def _discard(self) -> None:
        writer, self._writer = self._writer, None
        if writer:
            writer.discard()


def _directive(octets: bytes, form: type[_Directive]) -> _Directive:
    """The directive in a PDU that was kept. Raises DecodeError."""
    _, body = decode_pdu(octets)
    if not isinstance(body, form):
        raise DecodeError(f"{type(body).__name__}, expected {form.__name__}")
    return body


def _responses(metadata: Metadata) -> tuple[FilestoreResponse, ...]:
    """Filestore responses "not performed": requests are understood but not carried out (§4.10.4)."""
    requests = (part for part in metadata.options if isinstance(part, FilestoreRequest))
    return tuple(FilestoreResponse(r.action, NOT_PERFORMED, r.first_name, r.second_name) for r in requests)
