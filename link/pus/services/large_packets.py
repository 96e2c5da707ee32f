"""Large packet transfer, service 13 (ECSS-E-ST-70-41C §6.13, §8.13): data longer than a packet, in numbered
parts. link/pus/parts.py cuts data into these parts, and puts them together.
"""

from enum import IntEnum

from link.dictionary.kinds import Int8ub, Int16ub, Octets, Rest
from link.dictionary.wires import wire
from link.pus.message import Report, Request


class DownlinkedPart(Report):
    """A numbered part of data on its way to the ground; all parts of one transfer carry its `transaction`."""

    transaction: int = wire(Int16ub)
    number: int = wire(Int16ub)
    part: bytes = wire(Octets(Rest()))


class FirstDownlinkPart(DownlinkedPart, service=13, subtype=1):
    """Part 1 of data on its way to the ground."""


class DownlinkPart(DownlinkedPart, service=13, subtype=2):
    """A part of data on its way to the ground, neither the first nor the last."""


class LastDownlinkPart(DownlinkedPart, service=13, subtype=3):
    """The last part of data on its way to the ground."""


class UplinkedPart(Request):
    """A numbered part of data on its way to the node; all parts of one transfer carry its `transaction`."""

    transaction: int = wire(Int16ub)
    number: int = wire(Int16ub)
    part: bytes = wire(Octets(Rest()))


class FirstUplinkPart(UplinkedPart, service=13, subtype=9):
    """Part 1 of data on its way to the node."""


class UplinkPart(UplinkedPart, service=13, subtype=10):
    """A part of data on its way to the node, neither the first nor the last."""


class LastUplinkPart(UplinkedPart, service=13, subtype=11):
    """The last part of data on its way to the node."""


class AbortReason(IntEnum):
    """Why the receiver gave up a transfer."""

    OUT_OF_SEQUENCE = 1
    TIMEOUT = 2
    TOO_LARGE = 3
    TOO_MANY = 4


class UplinkAborted(Report, service=13, subtype=16):
    """The receiver gave up transfer `transaction`; its parts so far are forgotten."""

    transaction: int = wire(Int16ub)
    reason: AbortReason = wire(Int8ub)
