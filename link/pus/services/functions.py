"""Function management, service 8 (ECSS-E-ST-70-41C §8.8): the requests that perform the commands of apps."""

from link.dictionary.kinds import Int16ub, Octets, Rest
from link.dictionary.wires import wire
from link.pus.message import Request


class PerformFunction(Request, service=8, subtype=1):
    """Perform function `function`, a command of the dictionary, with the arguments that its entry describes."""

    function: int = wire(Int16ub)
    arguments: bytes = wire(Octets(Rest()))
