"""A CFDP entity (CCSDS 727.0-B-5 §4): all transactions of one end, each with its own state machine.

Its owner pulls PDUs from `pop_pdu` when the link has room, passes arrived ones to `accept`, and calls `step` at
`deadline_ns`. Ended transactions are remembered for a while, because the other end may not know: its EOF or Finished is
acknowledged again, an outcome that it may not have received is repeated, and late data open no new transaction. A
sender that restarted may reuse a sequence number: other metadata under it open a new transaction.
"""

from collections import OrderedDict, deque
from dataclasses import replace
from typing import NamedTuple

from link.cfdp.destination import Destination
from link.cfdp.filestore import FileStore
from link.cfdp.indications import Indication, Progress, Started
from link.cfdp.kept import KeptSending, KeptTransfer
from link.cfdp.pdus.codes import ConditionCode, TransactionStatus
from link.cfdp.pdus.directives import Ack, Eof, Finished, Metadata
from link.cfdp.pdus.header import Header, TransactionId
from link.cfdp.pdus.pdu import Body, FileData, decode_pdu, encode_pdu
from link.cfdp.pdus.tlv import Tlv
from link.cfdp.settings import MS_NS, Settings
from link.cfdp.source import Source
from link.cfdp.transaction import Pause
from link.errors import CapacityError, DecodeError

LARGE_FILE_OCTETS = 1 << 32
ENDED_MAX = 1024
ANSWERS_MAX = 64
INDICATIONS_MAX = 4096
Machine = Source | Destination


class _Ended(NamedTuple):
    """A transaction that ended, and when."""

    machine: Machine
    since_ns: int


class Entity:
    """One end of file transfers. `transactions_max` bounds the open transactions, in both roles together;
    `received_max`, if it is less, those that others opened, so that room is left for our own puts.

    `first_sequence` numbers the first put: after a restart it must not repeat a number that the other end may remember.
    Counters: `undecodable` PDUs, `refused` ones (not for us, or of a transaction that cannot be opened),
    `answers_dropped` (the link had no room for long), `indications_dropped` (nobody took them), and `ended_forgotten`,
    ended transactions that had to be forgotten early, so that a late PDU could open them again.
    """

    def __init__(
        self,
        entity_id: int,
        store: FileStore,
        settings: Settings | None = None,
        *,
        first_sequence: int = 0,
        transactions_max: int = 64,
        received_max: int | None = None,
    ) -> None:
        self.entity_id = entity_id
        self.undecodable = self.refused = 0
        self.answers_dropped = self.indications_dropped = self.ended_forgotten = 0
        self._store, self._settings = store, settings or Settings()
        self._numbers = 1 << 8 * self._settings.sequence_octets
        self._sequence = first_sequence % self._numbers
        self._transactions_max = min(transactions_max, self._numbers - 1)  # so that one is always free
        self._received_max = transactions_max if received_max is None else received_max
        self._open: dict[TransactionId, Machine] = {}
        self._ended: OrderedDict[TransactionId, _Ended] = OrderedDict()
        self._answers: deque[bytes] = deque()
        self._indications: list[Indication] = []
        self._told: dict[TransactionId, int] = {}
        self._frozen = False

    def put(
        self,
        source_name: str,
        destination_name: str,
        destination_id: int,
        *,
        acknowledged: bool = True,
        closure: bool = False,
        options: tuple[Tlv, ...] = (),
    ) -> TransactionId:
        """Send a file of our store: class 2, or class 1 with or without closure (§4.3).

        Raises OSError where the file cannot be opened, CapacityError where too much is under way, ValueError for names
        or options that no PDU can hold.
        """
        if len(self._open) >= self._transactions_max:
            raise CapacityError(f"{len(self._open)} transactions are open already")
        reader = self._store.open(source_name)
        try:
            header = self._header(destination_id, acknowledged=acknowledged, large=reader.size >= LARGE_FILE_OCTETS)
            metadata = Metadata(
                closure=closure,
                checksum=self._settings.checksum,
                file_size=reader.size,
                source_name=source_name,
                destination_name=destination_name,
                options=options,
            )
            self._check(header, metadata)
        except ValueError:
            reader.close()
            raise
        self._add(Source(header, metadata, reader, self._settings, self._indicate), now_ns=0)
        self._indicate(Started(header.transaction))
        return header.transaction

    def kept(self, ranges_max: int = 1 << 16) -> tuple[KeptTransfer, ...]:
        """What a restart is not to forget, of each transaction of class 2 that has not ended, oldest first.

        Of a file that is received at most `ranges_max` ranges. Raises OSError where octets of it would not survive.
        """
        kept = (
            machine.kept if isinstance(machine, Source) else machine.kept(ranges_max) for machine in self._open.values()
        )
        return tuple(one for one in kept if one is not None)

    @property
    def is_idle(self) -> bool:
        """Whether no transaction is open, and nothing waits to be sent or to be told."""
        return not (self._open or self._answers or self._indications)

    @property
    def stage(self) -> tuple[tuple[TransactionId, int], ...]:
        """Changes whenever what `kept` says has changed in more than octets of files."""
        return tuple((name, machine.stage) for name, machine in self._open.items())

    def restore(self, kept: KeptTransfer, now_ns: int) -> TransactionId:
        """Go on with a transaction of before a restart, before any other begins.

        Raises OSError where a file to be sent is not as it was, DecodeError for what was damaged.
        """
        header, body = decode_pdu(kept.metadata if isinstance(kept, KeptSending) else kept.head)
        if isinstance(kept, KeptSending):
            if not isinstance(body, Metadata):
                raise DecodeError(f"{type(body).__name__}, expected Metadata")
            reader = self._store.open(body.source_name)
            source = Source(header, body, reader, self._settings, self._indicate)
            try:
                source.go_on(kept)
            except OSError:
                reader.close()
                raise
            self._add(source, now_ns)
            self._indicate(Started(header.transaction))
        else:
            destination = Destination(header, self._store, self._settings, self._indicate, now_ns)
            destination.go_on(kept, now_ns)
            self._add(destination, now_ns)
        return header.transaction

    def accept(self, octets: bytes, now_ns: int) -> None:
        """Process a PDU that arrived; one that is damaged or not for us is counted."""
        try:
            header, body = decode_pdu(octets)
        except DecodeError:
            self.undecodable += 1
            return
        machine = self._machine(header.transaction, body, now_ns)
        if machine is None:
            machine = self._stranger(header, body, now_ns)
        elif machine.header.toward_sender == header.toward_sender:
            self.refused += 1
            return
        if machine:
            machine.accept(body, now_ns)
            self._retire(machine, now_ns)

    def pop_pdu(self, now_ns: int) -> bytes | None:
        """The next PDU to send, or None: answers first, then files in the order of their puts."""
        self.step(now_ns)
        if self._frozen:
            return None
        if self._answers:
            return self._answers.popleft()
        for machine in self._open.values():
            octets = machine.urgent_pdu(now_ns)
            if octets:
                self._retire(machine, now_ns)
                return octets
        for machine in self._open.values():
            octets = machine.bulk_pdu(now_ns)
            if octets:
                self._retire(machine, now_ns)
                return octets
        return None

    def step(self, now_ns: int) -> None:
        """Act on the timers that have expired; `pop_pdu` does so as well."""
        for machine in tuple(self._open.values()):
            machine.step(now_ns)
            self._retire(machine, now_ns)

    @property
    def deadline_ns(self) -> int | None:
        """When `pop_pdu` (or `step`) should be called at the latest; None while no timer runs."""
        deadlines = (machine.deadline_ns for machine in self._open.values())
        return min((deadline for deadline in deadlines if deadline is not None), default=None)

    @property
    def transactions(self) -> tuple[TransactionId, ...]:
        """The open transactions, oldest first."""
        return tuple(self._open)

    def source_name(self, transaction: TransactionId) -> str:
        """What the file of an open transaction is called where it is sent from; empty while that is not known."""
        return self._known(transaction).source_name

    def destination_name(self, transaction: TransactionId) -> str:
        """What the file of an open transaction is to be called where it goes; empty while that is not known."""
        return self._known(transaction).destination_name

    def size(self, transaction: TransactionId) -> int:
        """The size of the file of an open transaction in octets; 0 while that is not known."""
        return self._known(transaction).size or 0

    def drain_indications(self) -> list[Indication]:
        """The indications since the last call, then the progress of each open transaction that advanced."""
        taken, self._indications = self._indications, []
        for name, machine in self._open.items():
            if machine.progress != self._told.get(name, 0):
                self._told[name] = machine.progress
                taken.append(Progress(name, machine.progress, machine.size))
        return taken

    def cancel(self, transaction: TransactionId, now_ns: int) -> None:
        """End a transaction, and tell the other end. Raises ValueError if it is not open."""
        machine = self._known(transaction)
        machine.cancel(ConditionCode.CANCELLED, now_ns)
        self._retire(machine, now_ns)

    def suspend(self, transaction: TransactionId, now_ns: int) -> None:
        """Suspend a transaction: no timer runs, only acknowledgements are sent. Raises ValueError if it is not open."""
        self._known(transaction).suspend(now_ns)

    def resume(self, transaction: TransactionId, now_ns: int) -> None:
        """Resume a suspended transaction. Raises ValueError if it is not open."""
        self._known(transaction).resume(now_ns)

    def prompt(self, transaction: TransactionId, *, keep_alive: bool = False) -> None:
        """Send a Prompt PDU, which asks for a NAK or Keep Alive. Raises ValueError if the file is received here."""
        machine = self._known(transaction)
        if not isinstance(machine, Source):
            raise ValueError(f"transaction {transaction} is received here; only its sender may prompt")  # noqa: TRY004
        machine.prompt(keep_alive=keep_alive)

    def freeze(self, now_ns: int) -> None:
        """The link is down: all timers are suspended, nothing is sent (§4.12). PDUs that still arrive are processed."""
        self._frozen = True
        for machine in self._open.values():
            machine.pause(Pause.FROZEN, now_ns)

    def thaw(self, now_ns: int) -> None:
        """The link is up again: timers continue with the time that was left."""
        self._frozen = False
        for machine in self._open.values():
            machine.unpause(Pause.FROZEN, now_ns)

    def _machine(self, transaction: TransactionId, body: Body, now_ns: int) -> Machine | None:
        """The machine of an open transaction, unless `body` shows that its number now means another transaction."""
        machine = self._open.get(transaction)
        if machine and not machine.may_hold(body):
            self._displace(machine, now_ns)
            return None
        return machine

    def _has_ended(self, transaction: TransactionId, body: Body, now_ns: int) -> bool:
        """Whether `body` is a late PDU of an ended transaction, which is remembered for the inactivity limit."""
        ended = self._ended.get(transaction)
        if ended is None:
            return False
        if now_ns - ended.since_ns < self._settings.inactivity_ms * MS_NS and ended.machine.may_hold(body):
            return True
        del self._ended[transaction]
        return False

    def _stranger(self, header: Header, body: Body, now_ns: int) -> Machine | None:
        """A new machine for a PDU of an unknown transaction, if the PDU may open one."""
        us = header.source if header.toward_sender else header.destination
        ended = self._has_ended(header.transaction, body, now_ns)
        if us != self.entity_id:
            self.refused += 1
        elif header.toward_sender or ended:
            self._answer(header, body, ended=ended)
        elif not isinstance(body, Metadata | FileData | Eof) or not self._make_room(now_ns):
            self.refused += 1
        else:
            reply = replace(header, toward_sender=True)
            return self._add(Destination(reply, self._store, self._settings, self._indicate, now_ns), now_ns)
        return None

    def _make_room(self, now_ns: int) -> bool:
        """Whether one more transaction may be received. If all places are taken, the one silent for longest gives way.


        Otherwise a sender that restarts again and again in mid-transfer would fill them with ones that never end.
        """
        received = [machine for machine in self._open.values() if isinstance(machine, Destination)]
        if len(received) < self._received_max and len(self._open) < self._transactions_max:
            return True
        stalest = min(received, key=lambda machine: machine.heard_ns, default=None)
        if stalest is None or now_ns - stalest.heard_ns < self._settings.nak_ms * MS_NS:
            return False
        self._displace(stalest, now_ns)
        return True

    def _displace(self, machine: Machine, now_ns: int) -> None:
        machine.displace()
        self._retire(machine, now_ns)

    def _answer(self, header: Header, body: Body, *, ended: bool) -> None:
        """Answer a PDU of a transaction that has ended here: ACK (§4.7.2), or Finished if it may not have arrived."""
        awaited = Finished if header.toward_sender else Eof
        if not isinstance(body, awaited) or header.unacknowledged:
            self.refused += 1
            return
        status = TransactionStatus.TERMINATED if ended else TransactionStatus.UNRECOGNISED
        unsaid = self._ended[header.transaction].machine.unsaid if ended else None
        reply = replace(header, toward_sender=not header.toward_sender)
        for answer in (Ack(directive=body.CODE, condition=body.condition, status=status), unsaid):
            octets = encode_pdu(reply, answer) if answer else None
            if octets is None or octets in self._answers:
                continue
            if len(self._answers) < ANSWERS_MAX:
                self._answers.append(octets)
            else:
                self.answers_dropped += 1

    def _header(self, destination_id: int, *, acknowledged: bool, large: bool) -> Header:
        settings = self._settings
        if destination_id == self.entity_id:
            raise ValueError(f"destination {destination_id} is this entity itself")
        return Header(
            source=self.entity_id,
            sequence=self._next_sequence(),
            destination=destination_id,
            unacknowledged=not acknowledged,
            crc=settings.crc,
            large=large,
            id_octets=settings.id_octets,
            sequence_octets=settings.sequence_octets,
        )

    def _next_sequence(self) -> int:
        """The next number that no open transaction of ours has."""
        while TransactionId(self.entity_id, self._sequence) in self._open:
            self._sequence = (self._sequence + 1) % self._numbers
        sequence, self._sequence = self._sequence, (self._sequence + 1) % self._numbers
        return sequence

    def _check(self, header: Header, metadata: Metadata) -> None:
        size = len(encode_pdu(header, metadata))
        if size > self._settings.pdu_octets_max:
            raise ValueError(f"metadata of {size} octets, a PDU holds up to {self._settings.pdu_octets_max}")

    def _add(self, machine: Machine, now_ns: int) -> Machine:
        self._open[machine.id] = machine
        if self._frozen:
            machine.pause(Pause.FROZEN, now_ns)
        return machine

    def _retire(self, machine: Machine, now_ns: int) -> None:
        """Remove a closed machine and remember that its transaction has ended."""
        if not machine.closed:
            return
        self._open.pop(machine.id, None)
        self._told.pop(machine.id, None)
        self._ended[machine.id] = _Ended(machine, now_ns)
        if len(self._ended) > ENDED_MAX:
            self._ended.popitem(last=False)
            self.ended_forgotten += 1

    def _known(self, transaction: TransactionId) -> Machine:
        machine = self._open.get(transaction)
        if machine is None:
            raise ValueError(f"transaction {transaction} is not open")
        return machine

    def _indicate(self, indication: Indication) -> None:
        if len(self._indications) < INDICATIONS_MAX:
            self._indications.append(indication)
        else:
            self.indications_dropped += 1
