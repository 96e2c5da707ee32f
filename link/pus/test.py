"""Test, service 17 (ECSS-E-ST-70-41C §8.17): are you alive?"""

from link.pus.message import Report, Request


class Ping(Request, service=17, subtype=1):
    """Are you alive?"""


class Pong(Report, service=17, subtype=2):
    """Yes."""
