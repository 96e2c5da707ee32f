"""A step of a sequence in words, for people who read what a node will do."""

from link.dictionary.dictionary import Dictionary
from link.pus.catalogue import SERVICES, read_request
from link.pus.packets import TcPacket
from link.pus.services.functions import PerformFunction
from link.sequences.form import SequenceStep
from link.time.calendar import encode_ascii


def step_words(step: SequenceStep, dictionary: Dictionary) -> str:
    """When the step is due, what it waits for, and what it does: "+0.5 s until jobs == 0, 60 s at most: test.Ping"."""
    at = f"+{step.after_ms / 1000:g} s" if step.at_ns is None else encode_ascii(step.at_ns).decode()
    waits = f" until {step.until}, {step.timeout_ms / 1000:g} s at most" if step.until else ""
    asks = f" if {step.when}" if step.when else ""
    return f"{at}{waits}{asks}: {_request_words(step.packet, dictionary)}"


def _request_words(octets: bytes, dictionary: Dictionary) -> str:
    packet = TcPacket.decode(octets)
    request = read_request(packet)
    if not isinstance(request, PerformFunction):
        return f"{SERVICES[packet.service]}.{type(request).__name__}"
    entry, values = dictionary.decode_command(request.function, request.arguments)
    return " ".join([entry.name, *(f"{name}={_word(value)}" for name, value in values.items())])


def _word(value: object) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)
