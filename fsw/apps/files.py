"""The file app: sends what waits in the product store by CFDP class 2, by priority, until the ground has it.

A product fails alone: one that the ground rejects is tried again after a rest, one that cannot be sent is set aside.
Files of the node's roots go down before products where the ground asks for them, and come up as the ground sends them.
A transfer whose other end is silent waits, and goes on at the next sign of the ground, or to look for one after a rest;
all of them go on where they were after a restart.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from enum import IntEnum
from itertools import islice
from typing import Annotated, Any

from fsw.apps.power import PowerSource
from fsw.apps.retries import Retries
from fsw.executive.app import App, AppReport, CommandError
from fsw.executive.sendable import capped
from fsw.files.exchange import FileExchange
from fsw.files.transfer_memory import RANGES_MAX, TransferMemory
from fsw.store.outbox import source_name
from fsw.store.products import DamagedProductError, ProductStore, StoredProduct, StoreNotice
from hal.clock import Clock
from link.cfdp.entity import Entity
from link.cfdp.indications import Abandoned, Indication, TransactionFinished
from link.cfdp.kept import KeptTransfer
from link.cfdp.pdus.codes import ConditionCode
from link.cfdp.pdus.header import Header, TransactionId
from link.cfdp.silence import Silences
from link.channels.tm_sender import TmSender
from link.dictionary import (
    Event,
    Float32b,
    Int8ub,
    Int16ub,
    Int32sb,
    Int32ub,
    Octets,
    Telemetry,
    Text,
    Time,
    command,
    wire,
)
from link.dictionary.kinds import Counted
from link.errors import CapacityError, DecodeError
from link.packets.space_packet import COUNT_MODULUS, SpacePacket
from link.pus.services.verification import FailureCode
from link.pus.source import NumberSource

_TRANSFERS_MAX, _SENDING_MAX = 4, 4
_LISTED_MAX = 16
_NOTHING_KEPT: tuple[Any, ...] = ((), ())  # the stage without any transfer
_REPORTED_EVERY = 10  # steps
_GREATEST = {"aside_octets": 0xFFFF_FFFF}  # of the counters that have more than 16 bits
_NAME_CHARACTERS_MAX = 80
_REASON_CHARACTERS_MAX = 100


class ProductState(IntEnum):
    """How far a product has come."""

    QUEUED = 0
    SENDING = 1
    DELIVERED = 2
    RESTING = 3


class ProductStatus(Telemetry, id=0x02):
    """A product under way, 1 Hz; the last one delivered is repeated, so that no lost frame hides its delivery."""

    product: int = wire(Int32ub)
    name: str = wire()
    state: ProductState = wire(Int8ub)
    octets: int = wire(Int32ub, unit="octets")
    raw_octets: int = wire(Int32ub, unit="octets", text="of the frame that it was computed from")
    capture: int = wire(Time(), text="when the frame was taken")
    compute_start: int = wire(Time())
    compute_end: int = wire(Time())
    first_pdu: int = wire(Time(), text="when its first PDU was handed to the link; 1970 while it has not been")
    joules: float = wire(Float32b, unit="J", text="of the whole board while it computed")
    power_source: PowerSource = wire(Int8ub)
    input_sha256: bytes = wire(Octets(32), text="of the frame")


class ProductDelivered(Event, id=0x30):
    """The ground has product {product}, {name}."""

    product: int = wire(Int32ub)
    name: str = wire()


class TransferFailed(Event, id=0x31, severity="low"):
    """Product {product} did not get through: {condition}; while it can be read, it is sent again."""

    product: int = wire(Int32ub)
    condition: str = wire()


class ProductSetAside(Event, id=0x32, severity="medium"):
    """Product {product}, {name}, cannot be sent: {reason}; its file was set aside."""

    product: int = wire(Int32ub)
    name: str = wire()
    reason: str = wire()


class StoreTrouble(Event, id=0x33, severity="medium"):
    """The product store: {reason}."""

    reason: str = wire()


class ProductsListed(Event, id=0x34):
    """{listed} products were listed; the next one is {following} (0: there is none)."""

    listed: int = wire(Int16ub)
    following: int = wire(Int32ub)


class ProductDropped(Event, id=0x35):
    """Product {product}, {name}, was deleted."""

    product: int = wire(Int32ub)
    name: str = wire()


class SetAsidePurged(Event, id=0x36):
    """{files} files that had been set aside were deleted."""

    files: int = wire(Int16ub)


class FilesStatus(Telemetry, id=0x03):
    """Store and file service: at once when it changes, and every ten seconds. Counters count from the start."""

    resting: int = wire(Int16ub, text="products that failed and are tried again later")
    transfers_failed: int = wire(Int16ub)
    products_damaged: int = wire(Int16ub, text="products that waited and cannot be sent any more")
    copies_mended: int = wire(Int16ub, text="records of the store, kept twice, of which one copy was damaged")
    aside_octets: int = wire(Int32ub, unit="octets", text="in files that were set aside")
    disk_failures: int = wire(Int16ub, text="operations that the store's disk refused")
    pdus_undecodable: int = wire(Int16ub)
    pdus_refused: int = wire(Int16ub, text="for another entity, or of a transaction that cannot be opened")
    dropped: int = wire(Int16ub, text="CFDP's answers and indications, and the store's notices, that found no room")


class ProductListed(Telemetry, id=0x04):
    """A product in the store, as `list_products` finds it."""

    product: int = wire(Int32ub)
    name: str = wire()
    state: ProductState = wire(Int8ub)
    octets: int = wire(Int32ub, unit="octets")
    priority: int = wire(Int32sb)
    capture: int = wire(Time(), text="when the frame was taken")


_Product = Annotated[int, wire(Int32ub, text="number of the product")]
_Path = Annotated[str, wire(Text(Counted(8)), text="as files/maps/coast.bin")]
_Entity = Annotated[int, wire(Int16ub, text="who sends the file, as entity of CFDP")]
_Sequence = Annotated[int, wire(Int32ub, text="of the transaction")]


@dataclass(slots=True)
class _Transfer:
    product: StoredProduct
    first_pdu_utc_ns: int | None = None  # 0 is a time: a clock before 1970 shows it


@dataclass
class Files(App, period_ms=1000, budget_ms=20):
    """Sends products to `ground_entity`, and passes PDUs to `channel` of `sender` whenever that has room."""

    clock: Clock
    store: ProductStore
    entity: Entity
    ground_entity: int
    sender: TmSender
    channel: str
    apid: int
    numbers: NumberSource
    exchange: FileExchange
    memory: TransferMemory
    bad_pdus: int = 0
    is_held: bool = False
    transfers_failed: int = 0
    _retries: Retries = field(default_factory=Retries)
    _transfers: dict[TransactionId, _Transfer] = field(default_factory=dict)
    _delivered: _Transfer | None = None
    _reported: dict[str, int] = field(default_factory=dict)
    _steps: int = 0
    _stage: Any = None

    def __post_init__(self) -> None:
        """Go on with the transfers of before the restart, as far as their files are still there."""
        self._silences = Silences(self.entity)
        kept = self.memory.value
        self.exchange.wanted = list(kept.wanted)
        under_way: list[KeptTransfer] = [*kept.sending, *kept.receiving]
        for one in under_way:
            with suppress(OSError, DecodeError, DamagedProductError):  # a product is sent anew, a file asked for again
                self._adopt(self.entity.restore(one, self.clock.monotonic_ns()))

    @command(opcode=0x30)
    def hold(self) -> None:
        """Send no files until `release`; products made meanwhile wait, and those of highest priority go first then."""
        self.is_held = True
        self.entity.freeze(self.clock.monotonic_ns())

    @command(opcode=0x31)
    def release(self) -> None:
        """Send files again; those that failed are tried again at once."""
        self.is_held = False
        self._retries.forget_all()
        self.entity.thaw(self.clock.monotonic_ns())

    @command(opcode=0x32)
    def list_products(self, first: _Product) -> Iterator[AppReport]:
        """List what is in the store, by number from `first` on: 16 at most."""
        found = [product for product in self.store.products() if product.id >= first]
        for product in found[:_LISTED_MAX]:
            yield ProductListed(
                product=product.id,
                name=_shortened(product.name),
                state=self._state(product.id),
                octets=product.octets,
                priority=max(-(2**31), min(product.priority, 2**31 - 1)),
                capture=product.provenance.capture_utc_ns,
            )
        following = found[_LISTED_MAX].id if len(found) > _LISTED_MAX else 0
        yield ProductsListed(listed=min(len(found), _LISTED_MAX), following=following)

    @command(opcode=0x33)
    def drop_product(self, product: _Product) -> Iterator[AppReport]:
        """Delete a product, whether the ground has it or not; a transfer of it ends."""
        name = next((one.name for one in self.store.products() if one.id == product), None)
        if name is None:
            raise ValueError(f"product {product} is not in the store")
        try:
            self.store.drop(product)
        except OSError as error:
            raise CommandError(FailureCode.EXECUTION_FAILED, _words(error)) from None
        self._retries.forget(product)
        for transaction in [key for key, transfer in self._transfers.items() if transfer.product.id == product]:
            del self._transfers[transaction]
            self.entity.cancel(transaction, self.clock.monotonic_ns())
        yield ProductDropped(product=product, name=_shortened(name))

    @command(opcode=0x34)
    def purge_set_aside(self) -> Iterator[AppReport]:
        """Delete the files that were set aside, which frees their room."""
        try:
            yield SetAsidePurged(files=capped(self.store.purge(), 16))
        except OSError as error:
            raise CommandError(FailureCode.EXECUTION_FAILED, _words(error)) from None

    @command(opcode=0x35)
    def send(self, path: _Path) -> None:
        """Send a file of a root to the ground, before products; that is completed once the file waits for it."""
        try:
            self.exchange.ask(path)
        except OSError as error:
            raise CommandError(FailureCode.EXECUTION_FAILED, _words(error)) from None
        self._keep()

    @command(opcode=0x36)
    def cancel(self, source: _Entity, sequence: _Sequence) -> None:
        """End a transfer in either direction; a product is sent anew later."""
        self.entity.cancel(TransactionId(source, sequence), self.clock.monotonic_ns())

    def resume(self) -> None:
        """The ground has sent something: what waited for a sign of it goes on."""
        self._silences.resume(self.clock.monotonic_ns())

    def accept(self, packet: bytes) -> None:
        """Accept one space packet with a PDU from the ground."""
        self.resume()
        try:
            self.entity.accept(SpacePacket.decode(packet).data, self.clock.monotonic_ns())
        except DecodeError:
            self.bad_pdus += 1

    def fill(self) -> Iterator[AppReport]:
        """Give the channel as many PDUs as it has room for, and report the transfers that ended.

        A transfer begins only when all PDUs of those before it are sent: a product waits for at most one file of lower
        priority.
        """
        self._silences.step(self.clock.monotonic_ns())
        self.entity.step(self.clock.monotonic_ns())  # timers run out also while the channel has no room
        while self.has_room:
            self._keep()  # before the other end hears of it
            pdu = self.entity.pop_pdu(self.clock.monotonic_ns())
            if pdu:
                self._send(pdu)
            elif self._may_send_file:
                yield from filter(None, [self.exchange.begin()])
            elif product := self._next_waiting():
                yield from self._begin(product)
            else:
                break
        for indication in self.entity.drain_indications():
            yield from self._note(indication)
        yield from self.exchange.drain_refusals()
        self._keep()

    @property
    def is_active(self) -> bool:
        """Whether `fill` may have anything to do, now or later: else neither it nor `deadline_ns` need be asked."""
        is_idle = self.entity.is_idle and self.exchange.is_idle and not self.store.waiting_count
        return not is_idle or self._stage != _NOTHING_KEPT

    @property
    def has_room(self) -> bool:
        """Whether the channel takes more PDUs: all that there were have found room."""
        return self.sender.room(self.channel) > 0

    @property
    def deadline_ns(self) -> int | None:
        """The latest monotonic time at which `fill` has something to do; None: no such time."""
        rest_ns = None if self.is_held else self._retries.next_ns(self.clock.monotonic_ns())
        times = (self.entity.deadline_ns, rest_ns, self._silences.deadline_ns)
        return min((ns for ns in times if ns is not None), default=None)

    def step(self, now_ns: int) -> Iterator[AppReport]:
        """Report the state of the store and of each product under way; choose the products to send next."""
        if self.is_active:
            self._keep(is_due=True)
        self.store.look_again()
        yield from map(_noticed, self.store.drain_notices())
        yield from self._news(now_ns)
        if self.store.waiting_count or self._transfers:
            following = islice(self._waiting(), max(0, _TRANSFERS_MAX - len(self._transfers)))
            for transfer in (*self._transfers.values(), *map(_Transfer, following)):
                is_queued = transfer.first_pdu_utc_ns is None
                yield _status(transfer, ProductState.QUEUED if is_queued else ProductState.SENDING)
        if self._delivered:
            yield _status(self._delivered, ProductState.DELIVERED)

    def _news(self, now_ns: int) -> Iterator[FilesStatus]:
        """The state of the store, where it has changed or was reported some steps ago."""
        counts = self._counts(now_ns)
        if counts != self._reported or self._steps % _REPORTED_EVERY == 0:
            self._reported = counts
            yield FilesStatus(**{name: min(count, _GREATEST.get(name, 0xFFFF)) for name, count in counts.items()})
        self._steps += 1

    def _adopt(self, transaction: TransactionId) -> None:
        """Know again what a transfer of before the restart is of."""
        name = self.entity.source_name(transaction)
        if transaction.source != self.entity.entity_id:
            return
        product = next((one for one in self.store.waiting() if source_name(one) == name), None)
        if product:
            self._transfers[transaction] = _Transfer(product)
        else:
            self.exchange.adopt(transaction, name)

    def _keep(self, *, is_due: bool = False) -> None:
        """Store what a restart is not to forget, if it has changed; octets of files only where that `is_due`."""
        stage = self.entity.stage, tuple(self.exchange.wanted)
        if stage == self._stage and not is_due:
            return
        with suppress(OSError):  # of the files; it is tried again with the next step
            self.memory.store(self.entity.kept(RANGES_MAX), self.exchange.wanted)
            self._stage = stage

    def _note(self, indication: Indication) -> Iterator[AppReport]:
        self._silences.accept(indication, self.clock.monotonic_ns())
        if isinstance(indication, TransactionFinished | Abandoned):
            yield from self._end(indication)
        yield from self.exchange.accept(indication)

    @property
    def _may_send_file(self) -> bool:
        return bool(self.exchange.wanted) and not self.is_held and self.exchange.sending < _SENDING_MAX

    def _next_waiting(self) -> StoredProduct | None:
        """The product to begin with now, or None."""
        if self.is_held or len(self._transfers) >= _TRANSFERS_MAX or not self.store.waiting_count:
            return None
        return next(self._waiting(), None)

    def _waiting(self) -> Iterator[StoredProduct]:
        """The products that are not under way and need not rest, by priority."""
        now_ns, under_way = self.clock.monotonic_ns(), self._under_way
        return (
            product
            for product in self.store.waiting()
            if product.id not in under_way and not self._retries.rests(product.id, now_ns)
        )

    @property
    def _under_way(self) -> set[int]:
        return {transfer.product.id for transfer in self._transfers.values()}

    def _begin(self, product: StoredProduct) -> Iterator[AppReport]:
        """Begin a transfer. One that cannot begin is reported, and never keeps the next product waiting."""
        try:
            transaction = self.entity.put(source_name(product), product.name, self.ground_entity)
        except (DamagedProductError, FileNotFoundError, ValueError) as error:
            self._give_up(product, _words(error))
        except (CapacityError, OSError) as error:
            yield self._failed(product, f"unreadable ({_words(error)})")
        else:
            self._transfers[transaction] = _Transfer(product)
        yield from map(_noticed, self.store.drain_notices())

    def _give_up(self, product: StoredProduct, reason: str) -> None:
        self._retries.forget(product.id)
        self.store.set_aside(product.id, reason)

    def _failed(self, product: StoredProduct, condition: str, *, is_grave: bool = True) -> TransferFailed:
        self.transfers_failed += 1
        self._retries.failed(product.id, self.clock.monotonic_ns(), is_grave=is_grave)
        return TransferFailed(product=product.id, condition=condition[:_REASON_CHARACTERS_MAX])

    def _send(self, pdu: bytes) -> None:
        count = self.numbers.next(f"{self.apid}") % COUNT_MODULUS
        self.sender.offer(self.channel, SpacePacket(self.apid, count, pdu).encode())
        self._note_first(pdu)

    def _note_first(self, pdu: bytes) -> None:
        transfer = self._transfers.get(Header.decode(pdu)[0].transaction)
        if transfer and transfer.first_pdu_utc_ns is None:
            transfer.first_pdu_utc_ns = self.clock.utc_ns()

    def _end(self, indication: TransactionFinished | Abandoned) -> Iterator[AppReport]:
        transfer = self._transfers.pop(indication.transaction, None)
        if transfer is None:
            return
        product = transfer.product
        if isinstance(indication, TransactionFinished) and indication.delivered:
            self._retries.forget(product.id)
            self.store.delivered(product.id)
            self._delivered = transfer
            yield ProductDelivered(product=product.id, name=_shortened(product.name))
        else:
            is_grave = indication.condition is not ConditionCode.POSITIVE_ACK_LIMIT  # else the ground did not answer
            yield self._failed(product, indication.condition.name.lower(), is_grave=is_grave)

    def _state(self, product_id: int) -> ProductState:
        if not self.store.is_waiting(product_id):
            return ProductState.DELIVERED
        if product_id in self._under_way:
            return ProductState.SENDING
        rests = self._retries.rests(product_id, self.clock.monotonic_ns())
        return ProductState.RESTING if rests else ProductState.QUEUED

    def _counts(self, now_ns: int) -> dict[str, int]:
        """What `FilesStatus` reports, by field, as it is counted."""
        store, entity = self.store, self.entity
        return {
            "resting": self._retries.resting(now_ns),
            "transfers_failed": self.transfers_failed,
            "products_damaged": store.damaged,
            "copies_mended": store.mended,
            "aside_octets": store.aside_octets,
            "disk_failures": store.disk_failures,
            "pdus_undecodable": self.bad_pdus + entity.undecodable,
            "pdus_refused": entity.refused,
            "dropped": entity.answers_dropped + entity.indications_dropped + store.notices_dropped,
        }


def _status(transfer: _Transfer, state: ProductState) -> ProductStatus:
    product, made = transfer.product, transfer.product.provenance
    return ProductStatus(
        product=product.id,
        name=_shortened(product.name),
        state=state,
        octets=product.octets,
        raw_octets=made.raw_octets,
        capture=made.capture_utc_ns,
        compute_start=made.compute_start_utc_ns,
        compute_end=made.compute_end_utc_ns,
        first_pdu=transfer.first_pdu_utc_ns or 0,
        joules=made.joules,
        power_source=PowerSource[made.joules_source.upper()],
        input_sha256=bytes.fromhex(made.input_sha256),
    )


def _noticed(notice: StoreNotice) -> Event:
    reason = notice.reason[:_REASON_CHARACTERS_MAX]
    if not notice.product:
        return StoreTrouble(reason=reason)
    return ProductSetAside(product=notice.product, name=_shortened(notice.name), reason=reason)


def _shortened(name: str) -> str:
    """`name` cut to what a report has room for: an earlier version may have stored a longer one."""
    return name if len(name) <= _NAME_CHARACTERS_MAX else f"{name[: _NAME_CHARACTERS_MAX - 3]}..."


def _words(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
