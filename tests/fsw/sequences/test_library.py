"""Loaded sequences: bounded, checked, replaced whole, and put together of parts in any order."""

import msgspec
import pytest

from fsw.sequences.library import SequenceLibrary, Shelf
from link.pus.services.verification import RefusedError
from link.sequences.check import complaints
from link.sequences.form import SequenceStep
from tests.fsw.sequences.small import a_dictionary, ping, sequence, step


def a_library():
    return SequenceLibrary(lambda one: complaints(one, a_dictionary()))


def long(number, octets=16_000):
    """The file of a sequence of many octets."""
    packets = octets // 50
    return sequence(*[step(when="Tank.percent == 1")] * min(packets, 256), number=number, name="x" * 40).encode()


def test_a_sequence_is_kept_and_replaced():
    library = a_library()
    library.load(1, sequence(step()).encode())
    library.load(1, sequence(step(), step()).encode())
    assert len(library.found(1).sequence.steps) == 2
    library.unload(1)
    with pytest.raises(RefusedError, match="sequence 1 is not loaded"):
        library.unload(1)


@pytest.mark.parametrize(
    ("octets", "words"),
    [
        (b"", "8 octets needed"),
        (sequence(step(), number=2).encode(), "the file is of sequence 2"),
        (sequence(step(), SequenceStep(packet=ping(apid=9))).encode(), "sequence 1, step 1: a request for APID 9"),
    ],
)
@pytest.mark.requirement("FSW-SEQ-004")
def test_what_would_not_run_is_not_loaded(octets, words):
    library = a_library()
    with pytest.raises(RefusedError, match=words):
        library.load(1, octets)
    assert library.state == Shelf()


@pytest.mark.requirement("FSW-SEQ-008")
def test_no_more_sequences_fit():
    library = a_library()
    for number in range(1, SequenceLibrary.CAPACITY):
        library.load(number, sequence(step(), number=number).encode())
    assert library.accept_part(99, 0, 2, b"a") is None
    for act in (
        lambda: library.load(50, sequence(step(), number=50).encode()),
        lambda: library.accept_part(50, 0, 2, b""),
    ):
        with pytest.raises(RefusedError, match="32 sequences are loaded, no more fit"):
            act()
    library.load(1, sequence(step(), step()).encode())
    library.forget_parts(99)
    library.forget_parts(99)
    library.load(50, sequence(step(), number=50).encode())


@pytest.mark.requirement("FSW-SEQ-008")
def test_no_more_octets_fit():
    library, size = a_library(), len(long(1))
    fit = SequenceLibrary.OCTETS_MAX // size
    for number in range(1, fit + 1):
        library.load(number, long(number))
    with pytest.raises(RefusedError, match=f"{fit * size} octets of sequences are kept, this one does not fit"):
        library.load(number + 1, long(number + 1))
    kept = sum(len(one.octets) for one in library.loaded.values())
    assert kept == fit * size
    library.load(1, long(1))
    room = SequenceLibrary.OCTETS_MAX - kept
    assert library.accept_part(90, 0, 9, bytes(room)) is None
    with pytest.raises(RefusedError, match="does not fit"):
        library.accept_part(91, 0, 9, b"a")


def test_the_fullest_library_fits_into_its_record():
    library = a_library()
    for number in range(SequenceLibrary.CAPACITY):
        library._parts[60_000 + number] = 256, {part: bytes(8) for part in range(254)}
        library.accept_part(60_000 + number, 254, 256, bytes(8))
    assert all(len(there) == 255 for _, there in library.state.parts.values())
    assert len(msgspec.msgpack.encode(library.state)) <= SequenceLibrary.STATE_OCTETS_MAX
    library = a_library()
    for number in range(SequenceLibrary.CAPACITY):
        library.accept_part(60_000 + number, 254, 256, bytes(SequenceLibrary.OCTETS_MAX // 32))
    assert len(msgspec.msgpack.encode(library.state)) <= SequenceLibrary.STATE_OCTETS_MAX


def test_parts_come_in_any_order_and_again():
    library, octets = a_library(), sequence(step(), step()).encode()
    parts = [octets[:10], octets[10:30], octets[30:]]
    for part in (2, 0, 2, 0):
        assert library.accept_part(1, part, 3, parts[part]) is None
    assert library.state.parts == {1: (3, {2: parts[2], 0: parts[0]})}
    again = a_library()
    assert again.restore(library.state) == 0
    assert again.accept_part(1, 1, 3, parts[1]) == octets
    again.load(1, octets)
    assert again.state.parts == {}


def test_parts_of_another_division_replace_those_before():
    library = a_library()
    library.accept_part(1, 0, 3, b"old")
    library.accept_part(1, 0, 2, b"new")
    assert library.accept_part(1, 1, 2, b"er") == b"newer"
    with pytest.raises(RefusedError, match="part 2 of 2, they are counted from 0"):
        library.accept_part(1, 2, 2, b"")
    with pytest.raises(RefusedError, match="a sequence has 16384 octets at most"):
        library.accept_part(1, 0, 2, bytes(16_385))


def test_another_software_leaves_out_what_it_does_not_understand():
    good, odd = sequence(step()).encode(), sequence(SequenceStep(packet=ping(apid=9)), number=2).encode()
    library = a_library()
    assert library.restore(Shelf({1: good, 2: odd, 3: b"?"})) == 2
    assert library.state == Shelf({1: good})


def test_a_sequence_whose_requests_would_now_mean_another_thing_is_left_out():
    octets = sequence(step()).encode()
    before, same, other = (SequenceLibrary(lambda _: iter(()), lambda _, form=form: form) for form in (7, 7, 8))
    before.load(1, octets)
    assert same.restore(before.state) == 0
    assert same.state == before.state == Shelf({1: octets}, {}, {1: 7})
    assert other.restore(before.state) == 1
    assert other.state == Shelf()
