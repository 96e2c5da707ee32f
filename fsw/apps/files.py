"""Files: what waits in the product store goes down by CFDP class 2, by priority, until the ground has it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from itertools import islice

from fsw.app import App, Report
from fsw.apps.power import PowerSource
from fsw.products import ProductStore, StoredProduct
from hal.clock import Clock
from link.cfdp.entity import Entity
from link.cfdp.filestore import FileWriter, MemoryReader
from link.cfdp.header import Header, TransactionId
from link.cfdp.indications import Abandoned, TransactionFinished
from link.dictionary import Event, Float32b, Int8ub, Int32ub, Octets, Telemetry, Time, command, wire
from link.errors import DecodeError
from link.space_packet import COUNT_MODULUS, SpacePacket
from link.tm_sender import TmSender

_TRANSFERS_MAX = 4


class ProductState(IntEnum):
    """How far a product has come."""

    QUEUED = 0
    SENDING = 1
    DELIVERED = 2


class ProductStatus(Telemetry, id=0x02):
    """A product under way, 1 Hz; the last one delivered goes on being told, so that no loss on the link hides it."""

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


class ProductFiles:
    """The store as CFDP sees it: products can be sent by name; nothing is taken up."""

    def __init__(self, store: ProductStore) -> None:
        self._store = store

    def open(self, name: str) -> MemoryReader:
        """The product called `name`; raises FileNotFoundError."""
        product = self._store.find(name)
        if product is None:
            raise FileNotFoundError(f"no product {name!r}")
        return MemoryReader(self._store.content(product.id))

    def create(self) -> FileWriter:
        """Raises PermissionError."""
        raise PermissionError("this node takes no files")


@dataclass(slots=True)
class _Transfer:
    product: StoredProduct
    first_pdu_utc_ns: int = 0


@dataclass
class Files(App, period_ms=1000, budget_ms=20):
    """Puts products to `ground_entity` and hands PDUs down whenever the channel `channel` of `sender` has room."""

    clock: Clock
    store: ProductStore
    entity: Entity
    ground_entity: int
    sender: TmSender
    channel: str
    apid: int
    bad_pdus: int = 0
    is_held: bool = False
    _count: int = 0
    _transfers: dict[TransactionId, _Transfer] = field(default_factory=dict)
    _delivered: _Transfer | None = None

    @command(opcode=0x30)
    def hold(self) -> None:
        """Send no files until `release`: what is made meanwhile waits, and the most valuable goes first then."""
        self.is_held = True
        self.entity.freeze(self.clock.monotonic_ns())

    @command(opcode=0x31)
    def release(self) -> None:
        """Send files again."""
        self.is_held = False
        self.entity.thaw(self.clock.monotonic_ns())

    def receive(self, packet: bytes) -> None:
        """Take one space packet with a PDU from the ground."""
        try:
            self.entity.on_pdu(SpacePacket.decode(packet).data, self.clock.monotonic_ns())
        except DecodeError:
            self.bad_pdus += 1

    def fill(self) -> Iterator[Report]:
        """Give the channel as many PDUs as it has room for, and tell what ended.

        A product is begun only when all that was begun before it is sent: so it waits for one file at most that is
        worth less than itself.
        """
        while self.sender.room(self.channel):
            pdu = self.entity.next_pdu(self.clock.monotonic_ns())
            if pdu:
                self._offer(pdu)
            elif product := self._next_waiting():
                yield from self._begin(product)
            else:
                break
        for indication in self.entity.take_indications():
            if isinstance(indication, TransactionFinished | Abandoned):
                yield from self._end(indication)

    @property
    def deadline_ns(self) -> int | None:
        """When `fill` has something to do at the latest."""
        return self.entity.deadline_ns

    def step(self, now_ns: int) -> Iterator[Report]:  # noqa: ARG002
        """Tell how each product under way is, and which ones are next."""
        following = islice(self._waiting(), max(0, _TRANSFERS_MAX - len(self._transfers)))
        for transfer in (*self._transfers.values(), *map(_Transfer, following)):
            yield _status(transfer, ProductState.SENDING if transfer.first_pdu_utc_ns else ProductState.QUEUED)
        if self._delivered:
            yield _status(self._delivered, ProductState.DELIVERED)

    def _next_waiting(self) -> StoredProduct | None:
        """What to begin with now, if anything."""
        if self.is_held or len(self._transfers) >= _TRANSFERS_MAX:
            return None
        return next(self._waiting(), None)

    def _waiting(self) -> Iterator[StoredProduct]:
        """What is not under way yet, by priority."""
        under_way = {transfer.product.id for transfer in self._transfers.values()}
        return (product for product in self.store.waiting() if product.id not in under_way)

    def _begin(self, product: StoredProduct) -> Iterator[Report]:
        try:
            transaction = self.entity.put(product.name, product.name, self.ground_entity)
        except OSError as error:
            self.store.drop(product.id)
            yield TransferFailed(product=product.id, condition=f"unreadable ({error.strerror})")
            return
        self._transfers[transaction] = _Transfer(product)

    def _offer(self, pdu: bytes) -> None:
        self.sender.offer(self.channel, SpacePacket(self.apid, self._count, pdu).encode())
        self._count = (self._count + 1) % COUNT_MODULUS
        self._note_first(pdu)

    def _note_first(self, pdu: bytes) -> None:
        transfer = self._transfers.get(Header.decode(pdu)[0].transaction)
        if transfer and not transfer.first_pdu_utc_ns:
            transfer.first_pdu_utc_ns = self.clock.utc_ns()

    def _end(self, indication: TransactionFinished | Abandoned) -> Iterator[Report]:
        transfer = self._transfers.pop(indication.transaction, None)
        if transfer is None:
            return
        product = transfer.product
        if isinstance(indication, TransactionFinished) and indication.delivered:
            self.store.delivered(product.id)
            self._delivered = transfer
            yield ProductDelivered(product=product.id, name=product.name)
        else:
            yield TransferFailed(product=product.id, condition=indication.condition.name.lower())


def _status(transfer: _Transfer, state: ProductState) -> ProductStatus:
    product, made = transfer.product, transfer.product.provenance
    return ProductStatus(
        product=product.id,
        name=product.name,
        state=state,
        octets=product.octets,
        raw_octets=made.raw_octets,
        capture=made.capture_utc_ns,
        compute_start=made.compute_start_utc_ns,
        compute_end=made.compute_end_utc_ns,
        first_pdu=transfer.first_pdu_utc_ns,
        joules=made.joules,
        power_source=PowerSource[made.joules_source.upper()],
        input_sha256=bytes.fromhex(made.input_sha256),
    )
