"""A command sequence as an operator writes it (TOML), made into the file that a node runs.

    number = 3
    name = "look at the coast"
    on_trouble = "stop"          # or "go on": what it does when a step is late, fails or waits for too long

    [[step]]
    command = "imaging.capture target=coast"

    [[step]]
    after_s = 0.5                # from the release of the step before; or at = "2030-01-01T12:00:00Z"
    until = "NodeStatus.jobs == 0"
    timeout_s = 60
    if = "NodeStatus.products_waiting < 3"
    command = "files.release"

Packets of steps take their sequence counts from the greatest one down, so that those of the ground's own come last to
be the same; they ask for no reports of success, as the node has events of its own for sequences.
"""

import dataclasses
import shlex
from typing import Any

import msgspec

from ground.commands.requests import Requests
from link.dictionary.dictionary import Dictionary
from link.errors import DecodeError
from link.packets.space_packet import COUNT_MODULUS
from link.pus.packets import AckFlags
from link.pus.source import TcSource
from link.sequences.check import complaints
from link.sequences.form import DURATION_MS_MAX, OnTrouble, SequenceStep, StoredSequence
from link.time.calendar import decode_ascii


class _StepText(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A table `[[step]]`."""

    command: str
    at: str | None = None
    after_s: float = 0.0
    until: str = ""
    timeout_s: float = 0.0
    when: str = msgspec.field(default="", name="if")
    hazardous: bool = False


class _SequenceText(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The whole text."""

    number: int
    name: str
    step: list[_StepText]
    on_trouble: OnTrouble = "stop"


def compile_sequence(text: str, dictionary: Dictionary) -> StoredSequence:
    """The sequence for the node of `dictionary`. Raises ValueError with one sentence, steps counted from 0."""
    try:
        said = msgspec.toml.decode(text, type=_SequenceText)
    except RecursionError:
        raise ValueError("nested too deep") from None
    requests = Requests(dictionary)
    steps = []
    for number, step in enumerate(said.step):
        try:
            steps.append(_step(step, requests, TcSource(dictionary.apid, count=COUNT_MODULUS - 1 - number)))
        except ValueError as error:
            raise ValueError(f"step {number}: {error}") from None
    sequence = StoredSequence(number=said.number, name=said.name, steps=tuple(steps), on_trouble=said.on_trouble)
    try:
        sequence = StoredSequence.decode(sequence.encode())  # which looks at every value
    except DecodeError as error:
        raise ValueError(str(error)) from None
    complaint = next(complaints(sequence, dictionary), None)
    if complaint:
        raise ValueError(complaint)
    return sequence


def _step(said: _StepText, requests: Requests, source: TcSource) -> SequenceStep:
    words = shlex.split(said.command)
    if not words:
        raise ValueError('command is empty, expected one as "imaging.capture target=coast"')
    arguments: dict[str, Any] = {key: value for key, _, value in (word.partition("=") for word in words[1:])}
    order = requests.make(words[0], arguments, source)
    if order.hazardous and not said.hazardous:
        raise ValueError(f"{order.name} is hazardous, which hazardous = true in its step confirms")
    packet = dataclasses.replace(source.packet(order.request), acknowledge=AckFlags.NONE)
    return SequenceStep(
        packet=packet.encode(),
        after_ms=_ms("after_s", said.after_s),
        at_ns=None if said.at is None else _utc_ns(said.at),
        when=said.when,
        until=said.until,
        timeout_ms=_ms("timeout_s", said.timeout_s),
    )


def _ms(name: str, seconds: float) -> int:
    """Whole milliseconds. Raises ValueError."""
    if not 0 <= seconds <= DURATION_MS_MAX / 1000:
        raise ValueError(f"{name} = {seconds:g}, expected 0..{DURATION_MS_MAX // 1000}")
    ms = round(seconds * 1000)
    if abs(seconds * 1000 - ms) > 1e-6:
        raise ValueError(f"{name} = {seconds:g}, expected whole milliseconds")
    return ms


def _utc_ns(text: str) -> int:
    try:
        return decode_ascii(text.encode())
    except DecodeError:
        raise ValueError(f"at = {text!r}, expected a time as 2030-01-01T12:00:00Z") from None
