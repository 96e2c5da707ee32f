"""Units on their way to a port that takes what it likes, and what of them can still be called back."""

import pytest

from ground.station.outbox import Outbox
from link.coding.cltu import BREAK, CltuReader, encode_cltu
from link.frames.tc import TcFrame


def frame(number):
    return TcFrame(spacecraft_id=1, channel=0, sequence=number, data=bytes([number]) * 30)


def unit(one):
    return encode_cltu(one.encode(), randomise=False)


FIRST, SECOND = frame(1), frame(2)


@pytest.fixture
def outbox():
    one = Outbox()
    for each in (FIRST, SECOND):
        one.accept(each, unit(each))
    return one


def drained(outbox):
    """All octets, given to a port that takes everything."""
    taken = b""
    while octets := outbox.output:
        taken += octets
        outbox.wrote(len(octets))
    return taken


def heard(octets):
    """The sequence numbers of the whole frames that a receiver finds."""
    whole = {unit(one): number for number, one in enumerate((FIRST, SECOND), 1)}
    found = CltuReader(randomised=False).feed(octets)
    known = {CltuReader(randomised=False).feed(octets)[0]: number for octets, number in whole.items()}
    return [known[one] for one in found if one in known]


def test_a_frame_is_taken_when_its_last_octet_is_and_has_left_when_the_port_holds_none_of_it(outbox):
    assert outbox.wrote(10) == []
    assert outbox.output == unit(FIRST)[10:]
    assert outbox.wrote(len(outbox.output)) == [FIRST]
    assert outbox.left(held=1) == []
    assert outbox.busy
    assert outbox.wrote(len(outbox.output)) == [SECOND]
    assert outbox.left(held=len(unit(SECOND))) == [FIRST]
    assert outbox.left(held=0) == [SECOND]
    assert not outbox.busy


def test_what_was_not_begun_goes_without_a_trace(outbox):
    assert outbox.withdraw(lambda one: one is SECOND) == []
    assert drained(outbox) == unit(SECOND)


@pytest.mark.parametrize("cut", range(1, len(unit(FIRST))))
def test_a_unit_that_was_begun_is_either_not_heard_or_said_to_be_sent(outbox, cut):
    """And the next one is heard, wherever the first was cut."""
    begun = outbox.output[:cut]
    outbox.wrote(cut)
    late = outbox.withdraw(lambda one: one is SECOND)
    numbers = heard(begun + drained(outbox))
    assert numbers == ([1, 2] if late else [2])


def test_a_port_that_was_emptied_holds_no_frame_and_the_next_unit_is_heard(outbox):
    outbox.wrote(len(outbox.output))
    on_the_wire = unit(FIRST)[:20]  # then the port forgot what it held
    outbox.emptied()
    assert outbox.left(held=0) == []
    rest = drained(outbox)
    assert rest.startswith(BREAK)
    assert heard(on_the_wire + rest) == [2]


def test_positions_are_counted_from_the_start(outbox):
    assert (outbox.octets, outbox.held, outbox.wrote(0)) == (0, 0, [])
    outbox.wrote(10)
    outbox.wrote(5)
    assert outbox.octets == 15
    assert outbox.left(held=7) == []
    assert outbox.held == 7


def test_a_frame_leaves_with_its_last_octet(outbox):
    drained(outbox)
    assert outbox.left(held=len(unit(SECOND)) + 1) == []
    assert outbox.left(held=len(unit(SECOND))) == [FIRST]
    assert outbox.left(held=1) == []
    assert outbox.left(held=0) == [SECOND]


def test_a_frame_waits_until_it_was_taken_wholly(outbox):
    assert outbox.holds(FIRST)
    assert not outbox.holds(frame(1))  # another one, which looks like it
    outbox.wrote(len(unit(FIRST)) - 1)
    assert outbox.holds(FIRST)
    outbox.wrote(1)
    assert (outbox.holds(FIRST), outbox.holds(SECOND)) == (False, True)


def test_only_what_is_answered_delays_answers():
    """File data go beside the sequence, and no CLCW reports them."""
    beside = TcFrame(spacecraft_id=1, channel=0, sequence=0, data=b"file data", bypass=True)
    for one, delays in ((beside, False), (FIRST, True)):
        outbox = Outbox()
        assert (outbox.busy, outbox.delays_answers, outbox.output) == (False, False, b"")
        outbox.accept(one, unit(one))
        assert (outbox.busy, outbox.delays_answers) == (True, delays)
        drained(outbox)
        assert (outbox.busy, outbox.delays_answers) == (True, delays)
        outbox.left(held=0)
        assert (outbox.busy, outbox.delays_answers) == (False, False)


def test_what_ends_a_broken_unit_is_no_frame(outbox):
    outbox.wrote(20)
    outbox.withdraw(lambda one: one is SECOND)
    assert outbox.output == BREAK
    assert outbox.wrote(len(BREAK)) == []
    assert outbox.output == unit(SECOND)
    assert outbox.withdraw(lambda one: False) == []
    assert outbox.output == b""
