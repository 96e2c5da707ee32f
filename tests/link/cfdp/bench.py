"""One entity on a bench: whoever tests it plays the other one, PDU by PDU."""

from dataclasses import replace

from link.cfdp import (
    ChecksumType,
    ConditionCode,
    DeliveryCode,
    Entity,
    FileStatus,
    MemoryStore,
    Progress,
    Settings,
    TransactionId,
)
from link.cfdp.pdus.codes import TransactionStatus
from link.cfdp.pdus.directives import Ack, Eof, Finished, Metadata
from link.cfdp.pdus.header import Header
from link.cfdp.pdus.pdu import decode_pdu, encode_pdu

MS = 1_000_000
CONTENT = bytes(range(200)) * 2  # the segments of 100-octet PDUs hold 84 octets: five of them
US, PEER = 1, 2
ID = TransactionId(US, 0)
THEIRS = TransactionId(PEER, 7)
QUICK = {"pdu_octets_max": 100, "ack_ms": 10, "nak_ms": 10, "check_ms": 10, "inactivity_ms": 1_000, "ack_limit": 3,
         "nak_limit": 3, "check_limit": 3, "checksum": ChecksumType.MODULAR}  # fmt: skip
FINISHED = Finished(delivery=DeliveryCode.COMPLETE, file_status=FileStatus.RETAINED)


class BrokenFile:
    """A file that cannot be read, written or kept, as told."""

    def __init__(self, inner, fails):
        self._inner, self._fails = inner, fails
        self.closed = False

    def __getattr__(self, name):
        return self._fail if name in self._fails else getattr(self._inner, name)

    def _fail(self, *_):
        raise OSError("disk")

    def close(self):
        self.closed = True


class Store(MemoryStore):
    """Breaks what `fails` names: open, create, read, write, keep; `discarded` counts."""

    def __init__(self, **files):
        super().__init__(**files)
        self.fails, self.opened = set(), []

    def open(self, name):
        self.opened.append(BrokenFile(super().open(name), self.fails))
        return self.opened[-1]

    def create(self):
        if "create" in self.fails:
            raise OSError("full")
        return BrokenFile(super().create(), self.fails)


class Bench:
    """Our entity 1 and whoever plays entity 2."""

    def __init__(self, **settings):
        self.store = Store(f=CONTENT)
        self.entity = Entity(US, self.store, Settings(**{**QUICK, **settings}))
        self.now_ns = 0
        self.header = Header(source=PEER, sequence=7, destination=US)

    def put(self, **options):
        return self.entity.put("f", "g", PEER, **options)

    def hear(self, *bodies, header=None):
        """PDUs for our sending end, unless `header` says otherwise."""
        header = header or Header(source=US, sequence=0, destination=PEER, toward_sender=True)
        for body in bodies:
            self.entity.accept(encode_pdu(header, body), self.now_ns)

    def receive(self, *bodies, **fields):
        """PDUs of a file for us."""
        self.hear(*bodies, header=replace(self.header, **fields))

    def sent(self):
        """All that is to be sent now."""
        bodies = []
        while octets := self.entity.pop_pdu(self.now_ns):
            bodies.append(decode_pdu(octets)[1])
        return bodies

    def wait(self, ms):
        self.now_ns += ms * MS
        return self.sent()

    def told(self):
        return [i for i in self.entity.drain_indications() if not isinstance(i, Progress)]


def ack(directive, condition=ConditionCode.NO_ERROR, status=TransactionStatus.ACTIVE):
    return Ack(directive=directive, condition=condition, status=status)


def metadata(**fields):
    return Metadata(**{
        "checksum": ChecksumType.NULL, "file_size": 4, "source_name": "f", "destination_name": "g", **fields
    })  # fmt: skip


def eof(**fields):
    return Eof(**{"checksum": 0, "file_size": 4, **fields})


def kinds(bodies):
    return [type(body) for body in bodies]
