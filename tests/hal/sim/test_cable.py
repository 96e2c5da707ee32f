"""The simulated cable keeps its bit rate, loses only what a cut covers, and flips the share of bits it was told to."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hal.sim.cable import BUFFER_OCTETS, CableDirection, cable
from hal.sim.clock import VirtualClock

SECOND = 1_000_000_000


@given(st.integers(1, 2000), st.lists(st.integers(0, SECOND), max_size=20))
def test_octets_arrive_when_their_last_bit_has_passed(size, moments):
    channel = CableDirection(bits_per_second=9600)
    channel.offer(bytes(size), 0)
    received = 0
    for moment in sorted(moments):
        received += len(channel.arrived(moment))
        assert received == min(size, moment // channel.octet_ns)


def test_one_second_carries_the_stated_rate():
    channel = CableDirection(bits_per_second=9600)
    channel.offer(bytes(BUFFER_OCTETS), 0)
    assert len(channel.arrived(SECOND)) == 960


def test_the_buffer_is_bounded():
    channel = CableDirection(bits_per_second=9600)
    assert channel.offer(bytes(5000), 0) == BUFFER_OCTETS
    assert channel.offer(b"more", 0) == 0


def test_an_idle_channel_starts_anew():
    channel = CableDirection(bits_per_second=9600)
    channel.offer(b"a", 0)
    assert channel.arrived(SECOND) == b"a"
    channel.offer(b"b", 5 * SECOND)
    assert channel.next_arrival_ns() == 5 * SECOND + channel.octet_ns
    assert channel.arrived(5 * SECOND) == b""


def test_a_cut_loses_what_is_sent_meanwhile_and_nothing_else():
    channel = CableDirection(bits_per_second=8000)  # 800 octets a second
    channel.offer(bytes(range(200)) * 10, 0)
    whole = channel.arrived(SECOND)
    channel.cut(2 * SECOND)
    assert len(whole) == 800
    assert channel.arrived(int(2.25 * SECOND)) == (bytes(range(200)) * 10)[1600:1800]
    assert channel.lost_octets == 800


@pytest.mark.parametrize("seed", range(4))
def test_noise_flips_its_share_of_bits(seed):
    channel = CableDirection(bits_per_second=10**9, noise=1e-2, random=Random(seed))
    ones = 0
    for now in range(250):
        channel.offer(bytes(4000), now * SECOND)
        ones += sum(octet.bit_count() for octet in channel.arrived((now + 1) * SECOND))
    assert ones == channel.flipped_bits
    assert 0.95e-2 < ones / (250 * 4000 * 8) < 1.05e-2


def test_one_seed_replays_the_same_noise():
    def run(sizes):
        channel = CableDirection(bits_per_second=10**9, noise=1e-3, random=Random("replay"))
        octets = b""
        for number, size in enumerate(sizes):
            channel.offer(bytes(size), number * SECOND)
            octets += channel.arrived((number + 1) * SECOND)
        return octets

    assert run([4000]) == run([1] * 10 + [1990, 2000])


def test_waiting_on_a_port_jumps_to_its_next_arrival():
    clock = VirtualClock()
    near, far = cable(clock, CableDirection(bits_per_second=9600), CableDirection(bits_per_second=9600))
    near.write(b"ping")
    clock.wait(SECOND, [far])
    assert far.read(10) == b"p"
    clock.wait(SECOND, [far])
    assert far.read(10) == b"i"
    clock.wait(SECOND, [near])
    assert clock.monotonic_ns() == SECOND


@pytest.mark.parametrize("wrong", [{"bits_per_second": 0}, {"bits_per_second": 9600, "noise": 1.0}])
def test_impossible_cables_are_refused(wrong):
    with pytest.raises(ValueError, match="cable"):
        CableDirection(**wrong)
