"""A result is there whole and of this attempt, or it is not there."""

import os
import struct

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsw.jobs.memory import read_only, sealed, writable
from fsw.jobs.result import ANSWER_OCTETS_MAX, Result, read_result, result_room, write_result
from kernels.coding.crc import crc32c

RESULT = Result(input_sha256=bytes(range(32)), answer=b"an answer")


@pytest.fixture(scope="module")
def room():
    descriptor = result_room()
    yield descriptor, writable(descriptor)
    os.close(descriptor)


@given(st.binary(max_size=2000) | st.none(), st.text(max_size=200), st.booleans(), st.integers(1, 10))
def test_what_is_written_is_read_by_the_same_attempt_only(room, answer, failure, is_final, attempt):
    descriptor, memory = room
    result = Result(answer=answer, failure=failure, is_final=is_final)
    write_result(memory, attempt, result)
    assert read_result(descriptor, attempt) == result
    assert read_result(descriptor, attempt + 1) is None


def test_an_empty_room_holds_none(room):
    descriptor = result_room()
    assert read_result(descriptor, 1) is None
    assert read_result(descriptor, 0) is None
    os.close(descriptor)


@pytest.mark.requirement("FSW-JOB-003")
def test_every_flipped_bit_is_noticed(room):
    descriptor, memory = room
    write_result(memory, 1, RESULT)
    for place in range(20 + 32 + 9):  # head, hash and answer at least
        for bit in range(8):
            memory[place] ^= 1 << bit
            assert read_result(descriptor, 1) is None, (place, bit)
            memory[place] ^= 1 << bit
    assert read_result(descriptor, 1) == RESULT


@given(st.binary(max_size=64))
def test_garbage_is_none(room, garbage):
    descriptor, memory = room
    memory[: len(garbage)] = garbage
    assert read_result(descriptor, 1) in (None, RESULT)


@pytest.mark.parametrize("body", [b"", b"\xc1", msgspec.msgpack.encode([b"", 5]), msgspec.msgpack.encode({"a": 1})])
def test_what_is_no_result_is_none_though_its_sum_is_right(room, body):
    descriptor, memory = room
    head = struct.pack("<QQ", 1, len(body))
    memory[: 20 + len(body)] = head + struct.pack("<I", crc32c(head + body)) + body
    assert read_result(descriptor, 1) is None


@pytest.mark.parametrize("size", [(1 << 24) + 4097, 1 << 63])
def test_a_size_that_leads_outside_is_none(room, size):
    descriptor, memory = room
    memory[:20] = struct.pack("<QQI", 1, size, 0)
    assert read_result(descriptor, 1) is None


def test_the_longest_answer_fits_and_no_longer_one(room):
    descriptor, memory = room
    longest = bytes(ANSWER_OCTETS_MAX)
    write_result(memory, 1, Result(input_sha256=bytes(32), answer=longest))
    assert read_result(descriptor, 1).answer == longest
    with pytest.raises(ValueError, match=r"an answer of 16777217 octets, expected 16777216 at most"):
        write_result(memory, 1, Result(answer=longest + b"x"))


def test_sizes_are_for_ever(room):
    descriptor, _ = room
    for size in (0, 1 << 30):
        with pytest.raises(PermissionError):
            os.ftruncate(descriptor, size)


@pytest.mark.parametrize("octets", [b"", b"some octets"])
def test_sealed_memory_is_read_and_never_written(octets):
    descriptor = sealed("test", octets)
    assert bytes(read_only(descriptor)) == octets
    with pytest.raises(PermissionError):
        os.pwrite(descriptor, b"x", 0)
    os.close(descriptor)
