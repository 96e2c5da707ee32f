"""One bridge, without I/O: records become frames, and frames become records, of the topics that both nodes declare.

body = seal( session 32 | number of the message in its session 32 | topic 64 | record ), both counted by the sender

Nothing is sent again: a topic is state or news, and the next one comes. What did not come is counted by its number.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from struct import Struct
from typing import Protocol

from fsw.bridge.frames import BODY_OCTETS_MAX, FrameSearch, encode_frame
from fsw.bridge.topics import DIGEST_OCTETS, BusTopic, is_finite, topic_digest
from link.dictionary import Event, Telemetry
from link.errors import DecodeError

_HEAD = Struct(f">II{DIGEST_OCTETS}s")
_NUMBERS = 1 << 32
_SESSIONS_KEPT = 16  # of those that are over: their frames may still be on the way, or come again


class BridgeSeal(Protocol):
    """Authenticates what goes over a bridge, where the link needs that."""

    def seal(self, octets: bytes) -> bytes:
        """The octets with what proves their origin."""
        ...

    def open(self, sealed: bytes) -> bytes | None:
        """The octets, or None where their origin is not proven."""
        ...


class NoSeal:
    """`BridgeSeal` for a link that nobody else can reach."""

    def seal(self, octets: bytes) -> bytes:
        """The octets themselves."""
        return octets

    def open(self, sealed: bytes) -> bytes:
        """The octets themselves."""
        return sealed


class BridgeLink:
    """Sends any topic, and accepts those of `wanted`. `session` tells one start of the sender from another.

    Counts records `sent` and `received`, `lost` ones whose numbers never came, `repeated` ones, those `unknown`, of
    another topic or of one declared otherwise, `refused` ones without a right seal, and `misshapen` ones.
    """

    def __init__(self, session: int, wanted: Iterable[BusTopic], seal: BridgeSeal | None = None) -> None:
        self._session, self._seal = session % _NUMBERS, seal or NoSeal()
        self._wanted = {topic_digest(topic): topic for topic in wanted}
        self._digests: dict[BusTopic, bytes] = {}
        self._search = FrameSearch()
        self._theirs: tuple[int, int] | None = None  # session, and the number that comes next
        self._over = deque[int](maxlen=_SESSIONS_KEPT)
        self.sent = self.received = self.lost = self.repeated = self.unknown = self.refused = self._misshapen = 0

    @property
    def misshapen(self) -> int:
        """Frames with a wrong CRC, and records that are none."""
        return self._misshapen + self._search.damaged

    @property
    def skipped(self) -> int:
        """Octets between frames."""
        return self._search.skipped

    def encode(self, record: Telemetry | Event) -> bytes:
        """The frame of a record. Raises ValueError for one that is too long or that its wire form cannot hold."""
        topic = type(record)
        if topic not in self._digests:
            self._digests[topic] = topic_digest(topic)
        plain = _HEAD.pack(self._session, self.sent % _NUMBERS, self._digests[topic]) + record.encode()
        body = self._seal.seal(plain)
        if len(body) > BODY_OCTETS_MAX:
            raise ValueError(f"{topic.__name__}: {len(body)} octets, expected {BODY_OCTETS_MAX} at most")
        self.sent += 1
        return encode_frame(body)

    def feed(self, octets: bytes) -> Iterator[Telemetry | Event]:
        """The records in what arrived."""
        for body in self._search.feed(octets):
            plain = self._seal.open(body)
            if plain is None:
                self.refused += 1
            elif len(plain) < _HEAD.size:
                self._misshapen += 1
            else:
                yield from self._accept(plain)

    def _accept(self, plain: bytes) -> Iterator[Telemetry | Event]:
        session, number, digest = _HEAD.unpack_from(plain)
        if not self._is_next(session, number):
            return
        topic = self._wanted.get(digest)
        if topic is None:
            self.unknown += 1
            return
        try:
            record = topic.decode(plain[_HEAD.size :])
        except DecodeError:
            self._misshapen += 1
            return
        if not is_finite(record):
            self._misshapen += 1
            return
        self.received += 1
        yield record

    def _is_next(self, session: int, number: int) -> bool:
        """Whether a message is new; counts those that are missing before it."""
        if session in self._over:  # a frame that was on its way while its sender started anew
            self.repeated += 1
            return False
        if self._theirs is None or self._theirs[0] != session:
            if self._theirs:
                self._over.append(self._theirs[0])
            self._theirs = session, number  # before it, nobody knows what there was
        ahead = (number - self._theirs[1]) % _NUMBERS
        if ahead >= _NUMBERS // 2:
            self.repeated += 1
            return False
        self.lost += ahead
        self._theirs = session, (number + 1) % _NUMBERS
        return True
