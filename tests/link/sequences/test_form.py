"""The file of a sequence reads back, and whatever else comes is refused."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels.coding.crc import crc32c
from link.errors import ChecksumError, DecodeError, TruncatedError
from link.sequences.form import FILE_OCTETS_MAX, SEQUENCE_MARKER, SequenceStep, StoredSequence

STEPS = st.builds(
    SequenceStep,
    packet=st.binary(max_size=30),
    after_ms=st.integers(0, 2**30),
    when=st.text(max_size=20),
    until=st.just("a == 1"),
    timeout_ms=st.integers(1, 2**30),
) | st.builds(SequenceStep, packet=st.binary(max_size=30), at_ns=st.integers(0, 2**62))
SEQUENCES = st.builds(
    StoredSequence,
    number=st.integers(1, 65_535),
    name=st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=40),
    steps=st.lists(STEPS, min_size=1, max_size=5).map(tuple),
    on_trouble=st.sampled_from(["stop", "go on"]),
)
STEP = SequenceStep(packet=b"abc")


def sealed(body):
    return SEQUENCE_MARKER + crc32c(body).to_bytes(4) + body


@given(SEQUENCES)
def test_a_sequence_reads_back_from_its_file(sequence):
    assert StoredSequence.decode(sequence.encode()) == sequence


@given(SEQUENCES, st.data())
def test_a_flipped_bit_is_noticed(sequence, data):
    octets = bytearray(sequence.encode())
    at = data.draw(st.integers(0, 8 * len(octets) - 1))
    octets[at // 8] ^= 1 << at % 8
    with pytest.raises(DecodeError):
        StoredSequence.decode(bytes(octets))


@given(st.binary(max_size=64))
def test_whatever_is_sealed_is_a_sequence_or_refused(body):
    with pytest.raises(DecodeError, match="no sequence"):
        StoredSequence.decode(sealed(body))


@pytest.mark.parametrize(
    ("octets", "error", "words"),
    [
        (b"SkS1", TruncatedError, "8 octets needed"),
        (b"SkS2" + bytes(8), DecodeError, "its marker is missing"),
        (SEQUENCE_MARKER + bytes(8), ChecksumError, "checksum"),
        (SEQUENCE_MARKER + bytes(FILE_OCTETS_MAX), DecodeError, "a sequence has 16384 at most"),
        (sealed(b"\x91" * 5000), DecodeError, "no sequence"),
    ],
)
def test_what_is_no_sequence(octets, error, words):
    with pytest.raises(error, match=words):
        StoredSequence.decode(octets)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"number": 0}, "Expected `int` >= 1"),
        ({"name": "\n"}, "matching regex"),
        ({"steps": ()}, "length >= 1"),
        ({"steps": (STEP,) * 257}, "length <= 256"),
        ({"on_trouble": "run"}, "Invalid enum value"),
        ({"steps": (msgspec.structs.replace(STEP, after_ms=2**40),)}, "Expected `int` <="),
    ],
)
def test_what_is_out_of_bounds(changed, words):
    sequence = StoredSequence(**{"number": 1, "name": "a", "steps": (STEP,)} | changed)
    with pytest.raises(DecodeError, match=words):
        StoredSequence.decode(sequence.encode())


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"at_ns": 1, "after_ms": 1}, "not both"),
        ({"until": "a == 1"}, "has a timeout"),
        ({"timeout_ms": 1}, "no other has one"),
    ],
)
def test_steps_that_make_no_sense(said, words):
    with pytest.raises(ValueError, match=words):
        SequenceStep(packet=b"", **said)
    body = msgspec.msgpack.encode([1, "a", [[b"", said.get("after_ms", 0), said.get("at_ns"), "", said.get("until", ""),
                                             said.get("timeout_ms", 0)]], "stop"])  # fmt: skip
    with pytest.raises(DecodeError, match=words):
        StoredSequence.decode(sealed(body))


def test_a_sequence_that_is_too_long_makes_no_file():
    with pytest.raises(ValueError, match="a sequence has 16384 at most"):
        StoredSequence(number=1, name="a", steps=(SequenceStep(packet=bytes(FILE_OCTETS_MAX)),)).encode()
