"""A sequence is refused before it runs for each step that its node would refuse."""

import re

import pytest

from link.sequences.check import complaints
from link.sequences.form import SequenceStep
from link.sequences.words import step_words
from tests.fsw.sequences.small import UTC_NS, a_dictionary, function, ping, request, sequence, step


def sentences(*steps):
    return list(complaints(sequence(*steps), a_dictionary()))


def test_what_the_node_understands_is_in_order():
    good = step(until="Tank.percent > 3 and pump.rate != 0", timeout_ms=5, when="Tank.heat == on and Tank.valid == 1")
    assert sentences(good, SequenceStep(packet=function())) == []


@pytest.mark.parametrize(
    ("packet", "words"),
    [
        (b"", "13 octets needed, 0 given"),
        (ping()[:-1] + b"\0", "checksum"),
        (ping(apid=6), "a request for APID 6, expected 5"),
        (request(21, 4, b"\0\1"), "a sequence neither loads nor runs sequences"),
        (request(11, 1), "the node does not offer service 11"),
        (request(17, 99), "no message type 17,99"),
        (request(3, 5), "octets"),
        (function(0x11), "command 17 is not in the dictionary"),
        (function(arguments=b"\0"), "octets|bits"),
    ],
)
def test_a_packet_that_would_be_refused(packet, words):
    (sentence,) = sentences(step(), SequenceStep(packet=packet))
    assert sentence.startswith("step 1: ")
    assert re.search(words, sentence), sentence


def test_conditions_that_name_nothing_are_refused_each():
    wrong = step(until="Tank.level > 3", timeout_ms=5, when="x")
    assert [sentence.partition(";")[0] for sentence in sentences(wrong)] == [
        "step 0: Tank.level > 3: nothing is called Tank.level",
        "step 0: condition 'x', expected `field == value`",
    ]


def test_a_mode_may_refuse():
    found = complaints(sequence(step()), a_dictionary(), lambda packet: f"service {packet.service} waits")
    assert list(found) == ["step 0: service 17 waits"]


def test_steps_in_words():
    waiting = SequenceStep(
        packet=function(), after_ms=1500, until="pump.rate == 3", timeout_ms=2000, when="pump.rate < 4"
    )
    assert (
        step_words(waiting, a_dictionary())
        == "+1.5 s until pump.rate == 3, 2 s at most if pump.rate < 4: pump.run seconds=1"
    )
    assert step_words(step(at_ns=UTC_NS), a_dictionary()) == "2023-11-14T22:13:20.000Z: test.Ping"
