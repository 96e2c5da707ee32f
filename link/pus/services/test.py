"""Test, service 17 (ECSS-E-ST-70-41C §6.17, §8.17): whether the node, or one of its application processes, is alive."""

from link.dictionary.kinds import Int16ub
from link.dictionary.wires import wire
from link.pus.message import Report, Request


class Ping(Request, service=17, subtype=1):
    """Ask the node whether it is alive; it answers with Pong."""


class Pong(Report, service=17, subtype=2):
    """The node is alive: the answer to Ping."""


class TestConnection(Request, service=17, subtype=3):
    """Ask the node whether application process `apid` is alive; it answers with ConnectionTested."""

    apid: int = wire(Int16ub)


class ConnectionTested(Report, service=17, subtype=4):
    """Application process `apid` is alive: the answer to TestConnection."""

    apid: int = wire(Int16ub)
