"""What must hold of a sequence before it runs: each step is a request that its node understands and has arguments for,
and conditions name what the node's dictionary has.
"""

from collections.abc import Callable, Iterator

from link.dictionary.dictionary import Dictionary
from link.dictionary.domain import check_range
from link.dictionary.naming import condition_on, nameable
from link.errors import DecodeError
from link.pus.catalogue import read_request
from link.pus.packets import TcPacket
from link.pus.services.functions import PerformFunction
from link.sequences.form import SequenceStep, StoredSequence

SEQUENCING = 21
Allowed = Callable[[TcPacket], str]
"""Why a request is not allowed now; "" if it is."""


def complaints(
    sequence: StoredSequence,
    dictionary: Dictionary,
    allowed: Allowed = lambda packet: "",  # noqa: ARG005
) -> Iterator[str]:
    """A sentence for each fault; steps are counted from 0."""
    known = nameable(dictionary)
    for number, step in enumerate(sequence.steps):
        for text in filter(None, (step.until, step.when)):
            try:
                condition_on(text, known)
            except ValueError as error:
                yield f"step {number}: {error}"
        try:
            packet = request_in(step, dictionary)
        except ValueError as error:
            yield f"step {number}: {error}"
            continue
        if reason := allowed(packet):
            yield f"step {number}: {reason}"


def request_in(step: SequenceStep, dictionary: Dictionary) -> TcPacket:
    """The request that a step releases. Raises ValueError for one that the node of `dictionary` would refuse."""
    try:
        packet = TcPacket.decode(step.packet)
        _check_request(packet, dictionary)
    except DecodeError as error:
        raise ValueError(str(error)) from None
    return packet


def _check_request(packet: TcPacket, dictionary: Dictionary) -> None:
    if packet.apid != dictionary.apid:
        raise ValueError(f"a request for APID {packet.apid}, expected {dictionary.apid}")
    if packet.service == SEQUENCING:
        raise ValueError("a sequence neither loads nor runs sequences")
    if packet.service not in dictionary.services:
        raise ValueError(f"the node does not offer service {packet.service}")
    request = read_request(packet)
    if isinstance(request, PerformFunction):
        entry, values = dictionary.decode_command(request.function, request.arguments)
        for field in entry.fields:
            check_range(field, values[field.name])
