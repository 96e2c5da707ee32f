"""cfdp-py as a peer: one of its entities behind an interface like ours, so that tests and benchmarks can pair them.

Its handlers carry one transaction each; its timers read `spacepackets.countdown.time_ms`, which a test may replace.
"""

from pathlib import Path
from typing import Any

from cfdppy import CfdpState, CfdpUserBase
from cfdppy.exceptions import InvalidDestinationId, PduIgnoredForDest, PduIgnoredForSource
from cfdppy.handler import DestHandler, PacketDestination, SourceHandler, get_packet_destination
from cfdppy.mib import (
    CheckTimerProvider,
    DefaultFaultHandlerBase,
    IndicationConfig,
    LocalEntityConfig,
    RemoteEntityConfig,
    RemoteEntityConfigTable,
)
from cfdppy.request import PutRequest
from spacepackets.cfdp import ChecksumType, ConditionCode, Direction, DirectiveType, TransmissionMode
from spacepackets.cfdp.pdu import AckPdu, EofPdu, FinishedPdu, PduFactory
from spacepackets.cfdp.pdu.ack import TransactionStatus
from spacepackets.countdown import Countdown
from spacepackets.seqcount import SeqCountProvider
from spacepackets.util import ByteFieldU16

IGNORED = (PduIgnoredForDest, PduIgnoredForSource, InvalidDestinationId)


class Faults(DefaultFaultHandlerBase):  # type: ignore[misc]  # the peer has no types
    """Fault handler that records every fault."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def notice_of_suspension_cb(self, transaction_id: Any, cond: Any, progress: int) -> None:
        self.seen.append(cond.name)

    notice_of_cancellation_cb = abandoned_cb = ignore_cb = notice_of_suspension_cb


class User(CfdpUserBase):  # type: ignore[misc]
    """User that records how transactions end: condition and delivery code."""

    def __init__(self) -> None:
        super().__init__()
        self.ended: list[tuple[int, int]] = []

    def transaction_finished_indication(self, params: Any) -> None:
        how = params.finished_params
        self.ended.append((how.condition_code, how.delivery_code))

    def _nothing(self, *_: Any) -> None:
        pass

    transaction_indication = eof_sent_indication = metadata_recv_indication = _nothing
    file_segment_recv_indication = report_indication = suspended_indication = _nothing
    resumed_indication = fault_indication = abandoned_indication = eof_recv_indication = _nothing


class Timers(CheckTimerProvider):  # type: ignore[misc]
    """Check timers of one second."""

    def provide_check_timer(self, local_entity_id: Any, remote_entity_id: Any, entity_type: Any) -> Any:
        return Countdown.from_seconds(1)


class Peer:
    """One entity of cfdp-py with one transaction in each role."""

    def __init__(self, own: int, other: int, *, segment_octets: int = 1024, crc: bool = False, limit: int = 50) -> None:
        self.faults, self.user = Faults(), User()
        local = LocalEntityConfig(ByteFieldU16(own), IndicationConfig(), self.faults)
        table = RemoteEntityConfigTable([_remote(entity, segment_octets, crc, limit) for entity in (own, other)])
        self.source = SourceHandler(local, self.user, table, Timers(), SeqCountProvider(16))
        self.destination = DestHandler(local, self.user, table, Timers())
        self.ignored = 0

    @property
    def busy(self) -> bool:
        """Whether a transaction is open in either role."""
        return any(handler.state is not CfdpState.IDLE for handler in (self.source, self.destination))

    def put(self, source: Path, destination: Path, entity: int, *, acknowledged: bool = True) -> None:
        """Send a file."""
        mode = TransmissionMode.ACKNOWLEDGED if acknowledged else TransmissionMode.UNACKNOWLEDGED
        self.source.put_request(PutRequest(ByteFieldU16(entity), source, destination, mode, closure_requested=False))

    def drain(self) -> list[bytes]:
        """The PDUs that it wants to send now."""
        out: list[bytes] = []
        for handler in (self.source, self.destination):
            handler.state_machine(None)
            out += _drain(handler)
        return out

    def accept(self, octets: bytes) -> list[bytes]:
        """Process a PDU; returns the immediate answers."""
        packet = PduFactory.from_raw(octets)
        if isinstance(packet, EofPdu):  # cfdp-py reads the condition code without the shift to its place
            packet.condition_code = ConditionCode(packet.condition_code >> 4)
        if isinstance(packet, FinishedPdu) and self.source.state is CfdpState.IDLE:
            return [_acknowledged(packet)]
        to_source = get_packet_destination(packet) is PacketDestination.SOURCE_HANDLER
        handler = self.source if to_source else self.destination
        try:
            handler.state_machine(packet)
        except IGNORED:
            self.ignored += 1
        return _drain(handler)


def _remote(entity: int, segment_octets: int, crc: bool, limit: int) -> RemoteEntityConfig:
    return RemoteEntityConfig(
        entity_id=ByteFieldU16(entity),
        max_file_segment_len=segment_octets,
        max_packet_len=segment_octets + 64,
        closure_requested=False,
        crc_on_transmission=crc,
        default_transmission_mode=TransmissionMode.ACKNOWLEDGED,
        crc_type=ChecksumType.CRC_32,
        positive_ack_timer_interval_seconds=1.0,
        positive_ack_timer_expiration_limit=limit,
        check_limit=limit,
        nak_timer_interval_seconds=1.0,
        nak_timer_expiration_limit=limit,
    )


def _acknowledged(finished: FinishedPdu) -> bytes:
    """An ACK of Finished: cfdp-py forgets a transaction with its first ACK and leaves the repetition to its user."""
    conf = finished.pdu_header.pdu_conf
    conf.direction = Direction.TOWARDS_RECEIVER
    ack = AckPdu(conf, DirectiveType.FINISHED_PDU, finished.condition_code, TransactionStatus.TERMINATED)
    return bytes(ack.pack())


def _drain(handler: SourceHandler | DestHandler) -> list[bytes]:
    out = []
    while (holder := handler.get_next_packet()) is not None:
        out.append(bytes(holder.pack()))
    return out
