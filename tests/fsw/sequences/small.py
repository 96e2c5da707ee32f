"""A small node for tests of sequences: a dictionary, requests that it knows, and sequences of them."""

from dataclasses import dataclass
from enum import IntEnum

from fsw.executive.app import App
from hal.clock import Moment
from kernels.coding.crc import crc32c
from link.dictionary import Dictionary, Int8ub, Telemetry, command, parameter, wire
from link.pus.packets import TcPacket
from link.pus.services.functions import PerformFunction
from link.pus.services.test import Ping
from link.pus.source import TcSource
from link.sequences.form import SequenceStep, StoredSequence

APID, UTC_NS, MS = 5, 1_700_000_000_000_000_000, 1_000_000


class Heat(IntEnum):
    off = 0
    on = 1


class Tank(Telemetry, id=1):
    """The tank."""

    percent: int = wire(Int8ub)
    heat: Heat = wire(Int8ub)
    valid: bool = wire()
    inner: int = wire(Int8ub, valid="valid == 1")
    raw: bytes = wire()
    label: str = wire()


@dataclass
class Pump(App, period_ms=1000, budget_ms=5):
    """A pump."""

    rate: int = parameter(Int8ub, id=1, default=3, range=(0, 9))
    mode: Heat = parameter(Int8ub, id=2, default=Heat.off)

    @command(opcode=0x10)
    def run(self, seconds: int) -> None:
        """Run for some seconds."""


def tank(percent=0, heat=Heat.off, valid=True):
    return Tank(percent=percent, heat=heat, valid=valid, inner=7, raw=b"", label="a")


def a_dictionary():
    return Dictionary.of("small", APID, {}, [Tank, Pump], services=(1, 3, 8, 17, 21))


def ping(count=1, apid=APID):
    return TcSource(apid, count=count).packet(Ping()).encode()


def function(number=0x10, arguments=b"\0\0\0\1"):
    request = PerformFunction(function=number, arguments=arguments)
    return TcSource(APID).packet(request).encode()


def request(service, subtype, data=b""):
    return TcPacket(apid=APID, count=1, service=service, subtype=subtype, data=data).encode()


def sequence(*steps, number=1, name="test", on_trouble="stop"):
    return StoredSequence(number=number, name=name, steps=steps, on_trouble=on_trouble)


def step(count=1, **said):
    return SequenceStep(packet=ping(count), **said)


def at(ms):
    """A moment, some ms after the start."""
    return Moment(ms * MS, UTC_NS + ms * MS)


def crc_of(octets):
    return crc32c(octets)
