"""The sending end of a CFDP transaction, class 1 and 2 (CCSDS 727.0-B-5 §4.6.1.1, §4.6.4.2, §4.7, §4.11.2.2).

Order of sending: answers and repeated directives, data that the receiver misses, new data, EOF. In class 2 the
transaction ends when Finished has been acknowledged, or when EOF (cancel) has been.
"""

import errno
from collections.abc import Callable

from link.cfdp import checksum
from link.cfdp.filestore import FileReader
from link.cfdp.indications import EofSent, Indication, TransactionFinished
from link.cfdp.kept import KeptSending
from link.cfdp.pdus.codes import ConditionCode, DeliveryCode, Directive, FaultHandler, FileStatus, TransactionStatus
from link.cfdp.pdus.directives import METADATA_RANGE, Ack, Eof, Finished, Metadata, Nak, Prompt
from link.cfdp.pdus.fields import size_octets
from link.cfdp.pdus.header import Header
from link.cfdp.pdus.intervals import Intervals
from link.cfdp.pdus.pdu import CRC_OCTETS, Body, FileData
from link.cfdp.settings import Settings
from link.cfdp.transaction import Pause, Transaction

_READ_OCTETS = 1 << 16
_TERMINATED_MAX = 3
"""Number of ACKs of EOF with status "terminated" after which the receiver's Finished is not awaited any longer."""


class Source(Transaction):
    """Sends the file that `reader` holds, as `metadata` describes it."""

    def __init__(
        self,
        header: Header,
        metadata: Metadata,
        reader: FileReader,
        settings: Settings,
        report: Callable[[Indication], None],
    ) -> None:
        super().__init__(header, settings, report)
        self.size = reader.size
        self._metadata, self._reader = metadata, reader
        self._override(metadata.options)
        self._checksum = checksum.start(metadata.checksum)
        overhead = header.size + size_octets(header.large) + CRC_OCTETS * header.crc
        self._segment_octets = settings.pdu_octets_max - overhead
        self._position = 0
        self._missing = Intervals()
        self._metadata_sent = self._metadata_due = False
        self._eof: Eof | None = None
        self._eof_due = False
        self._prompt: Prompt | None = None
        self._answer: Ack | None = None
        self._finished = False
        self._terminated = 0  # ACKs in a row that report the transaction as terminated

    @property
    def progress(self) -> int:
        """Octets sent at least once."""
        return self._position

    def urgent_pdu(self, now_ns: int) -> bytes | None:
        """The next answer or repeated directive, which are sent before file data; None if there is none."""
        if self._answer:
            answer, self._answer = self._answer, None
            self.close()
            return self._pdu(answer)
        if self.paused:
            return None
        if self._metadata_due:
            self._metadata_due = False
            return self._pdu(self._metadata)
        if self._prompt:
            prompt, self._prompt = self._prompt, None
            return self._pdu(prompt)
        return self._send_eof(now_ns) if self._eof_due else None

    def bulk_pdu(self, now_ns: int) -> bytes | None:
        """The next PDU of the file: Metadata, file data or EOF; None if there is none."""
        if self.paused or self._finished or self.closed:
            return None
        if not self._metadata_sent:
            self._metadata_sent = True
            return self._pdu(self._metadata)
        if self._missing:
            return self._segment(*self._missing.pop(self._segment_octets), now_ns)
        if self._eof:
            return None
        if self._position < self.size:
            return self._segment(self._position, min(self._position + self._segment_octets, self.size), now_ns)
        self._eof = self._end_of_file()
        self._indicate(EofSent(self.id))
        return self._send_eof(now_ns)

    def accept(self, body: Body, now_ns: int) -> None:
        """Process a PDU of the receiver."""
        if self.inactivity.running and not isinstance(body, Ack):
            self._await_finished(now_ns)
        match body:
            case Ack(directive=Directive.EOF):
                self._on_ack(body, now_ns)
            case Nak():
                self._on_nak(body)
            case Finished():
                self._on_finished(body)

    def step(self, now_ns: int) -> None:
        """Act on the timers that have expired."""
        if self.ack.expired(now_ns):
            self._on_silence(now_ns)
        if self.check.expired(now_ns):
            self._on_no_end(now_ns)
        if self.inactivity.expired(now_ns):
            self.inactivity.start(now_ns)
            self.fault(ConditionCode.INACTIVITY, now_ns)

    def prompt(self, *, keep_alive: bool) -> None:
        """Send a Prompt, which asks the receiver for Keep Alive or NAK (§4.6.4.2.3, §4.6.5.3)."""
        self._prompt = Prompt(keep_alive)

    def cancel(self, condition: ConditionCode, now_ns: int) -> None:
        """End the transaction with EOF (cancel), or without any PDU if nothing was sent yet (§4.11.2.2)."""
        if self.closed or self._finished or self.condition:
            return
        self.condition = condition
        self.unpause(Pause.SUSPENDED, now_ns)
        self._quiet()
        if self._metadata_sent:
            self._eof = self._end_of_file()
            self._eof_due = True
        else:
            self._end(condition)

    def close(self) -> None:
        """Close the transaction and the file: no PDU is left to send."""
        super().close()
        self._reader.close()

    @property
    def source_name(self) -> str:
        """What the file is called here."""
        return self._metadata.source_name

    @property
    def destination_name(self) -> str:
        """What the receiver is to call the file."""
        return self._metadata.destination_name

    @property
    def stage(self) -> int:
        """How far the transaction has come, apart from octets: whether it goes on."""
        return bool(self.condition or self._finished)

    @property
    def kept(self) -> KeptSending | None:
        """What a restart is not to forget; None in class 1, and once the transaction was cancelled or has ended."""
        if self.header.unacknowledged or self.condition or self._finished:
            return None
        return KeptSending(self._pdu(self._metadata), self._position, self._checksum.value)

    def go_on(self, kept: KeptSending) -> None:
        """Be as far as before the restart: metadata come again, the octets up to `position` if they are asked for.

        Raises OSError where the file is not the one that was being sent.
        """
        while self._position < kept.position:
            data = self._reader.read(self._position, min(_READ_OCTETS, kept.position - self._position))
            if not data:
                break
            self._checksum.update(data)
            self._position += len(data)
        if (self._reader.size, self._checksum.value) != (self._metadata.file_size, kept.checksum):
            raise OSError(errno.ESTALE, f"{self._metadata.source_name} is not as it was")

    def _on_ack(self, ack: Ack, now_ns: int) -> None:
        if self._finished or not self._eof or ack.condition is not self._eof.condition:
            return
        self.ack.stop()
        self._eof_due = False
        if self.condition:
            self._end(self.condition)
            return
        if self._is_over_there(ack.status):
            self._terminated = 0
            if self.fault(ConditionCode.INACTIVITY, now_ns) is FaultHandler.SUSPEND:
                self.cancel(ConditionCode.INACTIVITY, now_ns)  # to wait brings nothing back
        if self.condition or self.closed:
            return
        if self.inactivity.running:
            self.check.start(now_ns)  # an ACK of a repeated EOF is no progress of the file
        else:
            self._await_finished(now_ns)

    def _is_over_there(self, status: TransactionStatus) -> bool:
        """Whether Finished will not come (§5.2.4): the receiver does not know the transaction, or has ended it.

        A receiver that has ended it may repeat Finished with each ACK, and some of these may get lost: await a few.
        """
        self._terminated = self._terminated + 1 if status is TransactionStatus.TERMINATED else 0
        return status is TransactionStatus.UNRECOGNISED or self._terminated >= _TERMINATED_MAX

    def _await_finished(self, now_ns: int) -> None:
        """EOF has been acknowledged: start the timer for the next PDU of the receiver, until Finished comes."""
        self.inactivity.start(now_ns)
        self.check.start(now_ns)

    def _on_nak(self, nak: Nak) -> None:
        """Queue the missing ranges that were sent already; a NAK is progress, so the ACK timer's count restarts."""
        if self._finished or self.condition:
            return
        self.ack.forgive()
        for start, end in nak.requests:
            if (start, end) == METADATA_RANGE:
                self._metadata_due = self._metadata_sent
            elif len(self._missing) < self.settings.gaps_max:
                self._missing.add(start, min(end, self._position))

    def _on_finished(self, finished: Finished) -> None:
        """Finished has arrived: the transaction ends here once the ACK is sent (§4.7.1)."""
        if not self.header.unacknowledged:
            self._answer = Ack(
                directive=Directive.FINISHED, condition=finished.condition, status=TransactionStatus.ACTIVE
            )
        if self._finished:
            return
        self._finished = True
        self._quiet()
        self._indicate(
            TransactionFinished(
                self.id, finished.condition, finished.delivery, finished.file_status, finished.responses
            )
        )
        if self.header.unacknowledged:
            self.close()

    def _on_silence(self, now_ns: int) -> None:
        """EOF was not acknowledged in time: send it again, or declare a fault; abandon if cancelled (§4.11.2.2.3)."""
        if not self.ack.exhausted:
            self._eof_due = True
        elif self.condition:
            self.abandon(ConditionCode.POSITIVE_ACK_LIMIT)
        else:
            self.ack.forgive()
            self._eof_due = True
            self.fault(ConditionCode.POSITIVE_ACK_LIMIT, now_ns)

    def _on_no_end(self, now_ns: int) -> None:
        """Finished has not come in time (§4.6.3.2.3 for class 1 with closure).

        In class 2 EOF is sent again: a receiver that still has the transaction acknowledges it, one that restarted
        answers that it does not know it.
        """
        if not self.header.unacknowledged:
            self._eof_due = True
            return
        self.check.start(now_ns)
        if self.check.exhausted:
            self.check.forgive()
            self.fault(ConditionCode.CHECK_LIMIT, now_ns)

    def _segment(self, start: int, end: int, now_ns: int) -> bytes | None:
        data = self._read(start, end)
        if len(data) < end - start:
            self._reject(now_ns)
            return self.urgent_pdu(now_ns)
        if start == self._position:
            self._checksum.update(data)
            self._position = end
        return self._pdu(FileData(start, data))

    def _read(self, start: int, end: int) -> bytes:
        try:
            return self._reader.read(start, end - start)
        except OSError:
            return b""

    def _end_of_file(self) -> Eof:
        location = self.header.source.to_bytes(self.header.id_octets) if self.condition else b""
        return Eof(
            condition=self.condition,
            checksum=self._checksum.value,
            file_size=self._position,
            fault_location=location,
        )

    def _send_eof(self, now_ns: int) -> bytes:
        assert self._eof
        self._eof_due = False
        octets = self._pdu(self._eof)
        if not self.header.unacknowledged:
            acknowledged_before = self.inactivity.running
            (self.check if acknowledged_before else self.ack).start(now_ns)
        elif self._metadata.closure and not self.condition:
            self.check.start(now_ns)
        else:
            self._end(self.condition)
        return octets

    def _quiet(self) -> None:
        """Stop all timers and the sending of file data."""
        self._missing.clear()
        self._metadata_due = self._eof_due = False
        self._prompt = None
        for timer in self.timers:
            timer.stop()
            timer.forgive()

    def _end(self, condition: ConditionCode) -> None:
        self._indicate(TransactionFinished(self.id, condition, DeliveryCode.INCOMPLETE, FileStatus.UNREPORTED))
        self.close()
