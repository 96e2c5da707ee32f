"""Test, service 17 (ECSS-E-ST-70-41C §8.17): are you alive?"""

from link.dictionary.kinds import Int16ub
from link.dictionary.wires import wire
from link.pus.message import Report, Request


class Ping(Request, service=17, subtype=1):
    """Are you alive?"""


class Pong(Report, service=17, subtype=2):
    """Yes."""


class TestConnection(Request, service=17, subtype=3):
    """Is application process `apid` alive?"""

    apid: int = wire(Int16ub)


class ConnectionTested(Report, service=17, subtype=4):
    """Application process `apid` is."""

    apid: int = wire(Int16ub)
