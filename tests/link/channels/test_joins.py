"""Packets over channels that lose, repeat, delay and reorder frames: whatever arrives was sent, octet for octet."""

from random import Random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ground.recordings.frames.framing import Framing
from ground.recordings.frames.intake import FrameIntake
from link.channels.aos import AosManaged, AosReceiver, AosSender
from link.channels.multiplex import Packer
from link.channels.tm_receiver import TmReceiver
from link.channels.tm_sender import TmSender
from link.channels.uslp import UslpReceiver
from link.frames.uslp import NO_POINTER, DataField, Rule, UslpFrame
from link.managed import Managed, TmChannel
from link.packets.space_packet import SpacePacket

LIVE, FILES = TmChannel(name="live", vc=0, quota=3), TmChannel(name="files", vc=1)
MANAGED = Managed(spacecraft_id=9, tm_channels=(LIVE, FILES), rs_parity=0, tm_frame_octets=40)
AOS = AosManaged(spacecraft_id=9, frame_octets=40)
shares = st.sampled_from([0.0, 0.1, 0.3])


def packets(dice, count):
    """Packets that no part of another one can replace: each repeats its number, two octets wide."""
    for number in range(count):
        yield SpacePacket(3, number, number.to_bytes(2) * dice.randint(1, 60)).encode()


def frames_of(sender, dice, count):
    """So many frames, idle ones among them, and the packets sent in them."""
    waiting, sent, frames = packets(dice, count), set(), []
    for _ in range(count):
        for name, share in (("live", 0.3), ("files", 0.1)):
            if dice.random() < share:
                sent.add(packet := next(waiting))
                sender.offer(name, packet)
        frames.append(sender.next_frame())
    return frames, sent


def uslp_frames(dice, count):
    """As `frames_of`: one access point, sequence-controlled and expedited, with counts of one octet."""
    packers, counts, sent, frames = (Packer(), Packer()), [0, 0], set(packets(dice, 60)), []
    for packet in sorted(sent):
        dice.choice(packers).packets.append(packet)
    while any(packer.waits for packer in packers) and len(frames) < count:
        bypass = dice.randrange(2)
        zone, first = packers[bypass].pop(24)
        field = DataField(Rule.PACKETS, zone, pointer=NO_POINTER if first is None else first)
        options = {"count": counts[bypass] % 256, "count_octets": 1, "bypass": bool(bypass)}
        frames.append(UslpFrame(spacecraft_id=9, channel=2, field=field, **options).encode())
        counts[bypass] += 1
    return frames, sent


def after_weather(frames, dice, loss, twice, detour, frames_late):
    """What arrives of frames, in its order: lost, twice, and up to `frames_late` frames late."""
    flights = []
    for number, frame in enumerate(frames):
        if dice.random() < loss:
            continue
        arrival = number + (dice.random() < detour) * dice.randint(1, frames_late)
        flights += [(arrival, frame)]
        if dice.random() < twice:
            flights.append((arrival + dice.randint(1, frames_late), frame))
    return [frame for _, frame in sorted(flights, key=lambda flight: flight[0])]


KINDS = {
    "tm": (lambda dice: frames_of(TmSender(MANAGED), dice, 400), lambda: TmReceiver(MANAGED)),
    "aos": (lambda dice: frames_of(AosSender(AOS, (LIVE, FILES)), dice, 200), lambda: AosReceiver(AOS)),
    "uslp": (lambda dice: uslp_frames(dice, 200), lambda: UslpReceiver(9)),
}


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=12)
@given(seed=st.integers(0, 1 << 16), loss=shares, twice=shares, detour=shares, frames_late=st.integers(1, 250))
@example(seed=0, loss=0.0, twice=0.3, detour=0.0, frames_late=250)
@example(seed=1, loss=0.1, twice=0.3, detour=0.3, frames_late=60)
def test_each_packet_is_one_that_was_sent(kind, seed, loss, twice, detour, frames_late):
    """Where no frame is late by a cycle of its count, and no cycle is lost as a whole."""
    dice = Random(seed)
    send, receiver = KINDS[kind][0], KINDS[kind][1]()
    frames, sent = send(dice)
    arrived = after_weather(frames, dice, loss, twice, detour, frames_late)
    received = [unit.packet for frame in arrived for unit in receiver.feed(frame)]
    assert not set(received) - sent
    if arrived:
        intake = FrameIntake(Framing(kind=kind, octets=len(arrived[0])))
        assert not {packet for packet, _ in intake.feed(b"".join(arrived))} - sent


def test_a_frame_repeated_when_the_master_count_has_passed_it_by():
    """130 frames later its master count is no longer a near one; its own channel has had two frames since."""
    sender, receiver = TmSender(MANAGED), TmReceiver(MANAGED)
    first, second = (SpacePacket(3, number, bytes([number] * 60)).encode() for number in (1, 2))
    sender.offer("live", first)
    begun = [sender.next_frame() for _ in range(3)]
    idle = [sender.next_frame() for _ in range(130)]
    sender.offer("live", second)
    rest = [sender.next_frame() for _ in range(3)]
    received = [one for frame in [*begun, *idle, rest[0], begun[1], *rest[1:]] for one in receiver.feed(frame)]
    assert received == [("live", first), ("live", second)]
    assert receiver.channels["live"].arrivals.duplicates == 1


def test_what_is_lost_in_whole_cycles_is_for_the_caller_to_know():
    """256 frames fewer, and the count goes on: only `drop` keeps the halves of two packets apart."""
    for is_known in (False, True):
        sender, receiver = TmSender(MANAGED), TmReceiver(MANAGED)
        sent = [SpacePacket(3, number, bytes([number]) * (28 * 256 - 6)).encode() for number in range(2)]
        for packet in sent:
            sender.offer("live", packet)
        frames = [sender.next_frame() for _ in range(512)]
        received = [one for frame in frames[:100] for one in receiver.feed(frame)]
        if is_known:
            receiver.drop()
        received += [one for frame in frames[356:] for one in receiver.feed(frame)]
        assert receiver.channels["live"].lost == 0
        assert [packet in sent for _, packet in received] == ([] if is_known else [False])
