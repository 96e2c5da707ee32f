"""What every codec of packets and frames owes: a table of them, and the properties that hold for all.

inverse     what is encoded decodes to itself; what follows is ignored by those that say where they end
total       any octets, and any damaged ones, give a value that encodes back to them, or a DecodeError
truncation  cut anywhere, they are refused; those that say where they end tell how much is missing
bit errors  where a CRC covers them, none of one bit passes

Time codes, CFDP and PUS packets have values of their own kind; their tests hold them to the same.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels.coding.crc import crc16
from link.errors import DecodeError, TruncatedError
from link.frames.aos import AosFrame, BPdu, MPdu
from link.frames.clcw import Clcw
from link.frames.tc import FrameType, TcFrame
from link.frames.tc_segment import Segment
from link.frames.tm import TmFrame
from link.frames.uslp import DataField, Rule, UslpFrame
from link.packets.encapsulation import EncapsulationPacket
from link.packets.space_packet import Flags, SpacePacket
from tests.examples import examples
from tests.link.strategies import encapsulation_packets, space_packets

words, octet_values, small = st.integers(0, 2**32 - 1), st.integers(0, 255), st.binary(max_size=60)
some = st.binary(min_size=1, max_size=60)
ocfs = st.none() | words

tm_frames = st.builds(
    TmFrame,
    spacecraft_id=st.integers(0, 1023),
    channel=st.integers(0, 7),
    master_count=octet_values,
    channel_count=octet_values,
    data=some,
    first_header=st.integers(0, 2047),
    ocf=ocfs,
    secondary=st.binary(max_size=63),
    unsynchronised=st.booleans(),
    packet_order=st.booleans(),
    segment_length=st.integers(0, 3),
)
aos_frames = st.builds(
    lambda in_use, bits, **fields: AosFrame(**fields, **({"cycle": bits} if in_use else {"unused_cycle": bits})),
    in_use=st.booleans(),
    bits=st.integers(0, 15),
    spacecraft_id=st.integers(0, 1023),
    channel=st.integers(0, 63),
    count=st.integers(0, 2**24 - 1),
    data=some,
    replay=st.booleans(),
    insert=st.binary(max_size=8),
    ocf=ocfs,
)
data_fields = st.one_of(
    st.builds(DataField, st.sampled_from(list(Rule)[:3]), small, st.integers(0, 31), st.integers(0, 65535)),
    st.builds(DataField, st.sampled_from(list(Rule)[3:]), small, st.integers(0, 31), st.none()),
)
uslp_addresses = {
    "spacecraft_id": st.integers(0, 65535),
    "channel": st.integers(0, 63),
    "map_id": st.integers(0, 15),
    "field": data_fields,
    "to_spacecraft": st.booleans(),
}
uslp_frames = st.integers(0, 7).flatmap(
    lambda count_octets: st.builds(
        UslpFrame,
        **uslp_addresses,
        count=st.integers(0, 256**count_octets - 1),
        count_octets=st.just(count_octets),
        bypass=st.booleans(),
        command=st.booleans(),
        spare=st.integers(0, 3),
        insert=st.binary(max_size=5),
        ocf=ocfs,
    )
)
tc_frames = st.builds(
    lambda kind, **fields: TcFrame(bypass=kind.value[0], control=kind.value[1], **fields),
    st.sampled_from(FrameType),
    spacecraft_id=st.integers(0, 1023),
    channel=st.integers(0, 63),
    sequence=octet_values,
    data=st.binary(min_size=1, max_size=120),
    reserved=st.integers(0, 3),
)
clcws = st.builds(
    Clcw,
    channel=st.integers(0, 63),
    report=octet_values,
    lockout=st.booleans(),
    wait=st.booleans(),
    retransmit=st.booleans(),
    farm_b=st.integers(0, 3),
    no_rf=st.booleans(),
    no_bit_lock=st.booleans(),
    status=st.integers(0, 7),
    cop=st.integers(0, 3),
    reserved=st.integers(0, 7),
)
b_pdus = small.flatmap(lambda zone: st.builds(BPdu, st.integers(0, 8 * len(zone)), st.just(zone)))


@dataclass(frozen=True, kw_only=True)
class Codec:
    """`decode(octets, like)`: `like` is a value with the managed parameters that no frame says.

    `says_its_end`: what follows is ignored. `covered`: by a CRC, but for the bits `length_bits`, which say over what.
    """

    values: Any
    encode: Callable[[Any], bytes]
    decode: Callable[[bytes, Any], Any]
    says_its_end: bool = False
    covered: bool = False
    length_bits: range = range(0)


def aos(octets: bytes, like: AosFrame, **fecf: bool) -> AosFrame:
    return AosFrame.decode(octets, ocf=like.ocf is not None, insert_octets=len(like.insert), **fecf)


CODECS = {
    "space packet": Codec(
        values=space_packets, encode=SpacePacket.encode, decode=lambda o, _: SpacePacket.decode(o), says_its_end=True
    ),
    "encapsulation packet": Codec(
        values=encapsulation_packets, encode=EncapsulationPacket.encode,
        decode=lambda o, _: EncapsulationPacket.decode(o), says_its_end=True,
    ),
    "TM frame": Codec(values=tm_frames, encode=TmFrame.encode, decode=lambda o, _: TmFrame.decode(o), covered=True),
    "TM frame, no FECF": Codec(
        values=tm_frames, encode=lambda v: v.encode(fecf=False), decode=lambda o, _: TmFrame.decode(o, fecf=False)
    ),
    "AOS frame": Codec(values=aos_frames, encode=AosFrame.encode, decode=aos, covered=True),
    "AOS frame, no FECF": Codec(
        values=aos_frames, encode=lambda v: v.encode(fecf=False), decode=lambda o, v: aos(o, v, fecf=False)
    ),
    "M_PDU": Codec(
        values=st.builds(MPdu, st.integers(0, 2047), small), encode=MPdu.encode, decode=lambda o, _: MPdu.decode(o)
    ),
    "B_PDU": Codec(values=b_pdus, encode=BPdu.encode, decode=lambda o, _: BPdu.decode(o)),
    "USLP frame": Codec(
        values=uslp_frames, encode=UslpFrame.encode,
        decode=lambda o, v: UslpFrame.decode(o, insert_octets=len(v.insert)), says_its_end=True, covered=True,
        length_bits=range(32, 48),
    ),
    "USLP frame, no FECF": Codec(
        values=uslp_frames, encode=lambda v: v.encode(fecf=False),
        decode=lambda o, v: UslpFrame.decode(o, fecf=False, insert_octets=len(v.insert)), says_its_end=True,
    ),
    "USLP frame, truncated": Codec(
        values=st.builds(UslpFrame, **uslp_addresses, truncated=st.just(True)), encode=UslpFrame.encode,
        decode=lambda o, v: UslpFrame.decode(o, truncated_octets=len(v.encode())), says_its_end=True,
    ),
    "USLP data field": Codec(values=data_fields, encode=DataField.encode, decode=lambda o, _: DataField.decode(o)),
    "TC frame": Codec(
        values=tc_frames, encode=TcFrame.encode, decode=lambda o, _: TcFrame.decode(o), says_its_end=True, covered=True,
        length_bits=range(22, 32),
    ),
    "TC frame, no FECF": Codec(
        values=tc_frames, encode=lambda v: v.encode(fecf=False), decode=lambda o, _: TcFrame.decode(o, fecf=False),
        says_its_end=True,
    ),
    "TC segment": Codec(
        values=st.builds(Segment, st.integers(0, 63), st.sampled_from(Flags), small), encode=Segment.encode,
        decode=lambda o, _: Segment.decode(o),
    ),
    "CLCW": Codec(values=clcws, encode=Clcw.encode, decode=lambda o, _: Clcw.decode(o), says_its_end=True),
}  # fmt: skip
every = pytest.mark.parametrize("codec", CODECS.values(), ids=CODECS)
covered = pytest.mark.parametrize(
    "codec", [codec for codec in CODECS.values() if codec.covered], ids=[n for n, c in CODECS.items() if c.covered]
)


@every
@given(data=st.data(), tail=st.binary(max_size=9))
def test_decode_inverts_encode(codec, data, tail):
    value = data.draw(codec.values)
    octets = codec.encode(value)
    assert codec.decode(octets, value) == value
    if codec.says_its_end:
        assert codec.decode(octets + tail, value) == value


def tried(codec, octets, like):
    """The value, None for octets that are refused."""
    try:
        return codec.decode(octets, like)
    except DecodeError:
        return None


@every
@given(data=st.data(), noise=st.binary(max_size=80))
def test_decode_is_total(codec, data, noise):
    like = data.draw(codec.values)
    damaged = bytearray(codec.encode(like))
    for at in data.draw(st.lists(st.integers(0, max(len(damaged) - 1, 0)), max_size=3)):
        damaged[at] = data.draw(octet_values)
    for octets in (noise, bytes(damaged)):
        value = tried(codec, octets, like)
        if value is not None and not isinstance(value, (MPdu, BPdu)):
            assert octets.startswith(codec.encode(value))
        if isinstance(value, (MPdu, BPdu)):  # their reserved bits are not looked at, and a full zone has two pointers
            assert codec.decode(codec.encode(value), like) == value


@every
@given(data=st.data())
def test_truncation_at_every_octet(codec, data):
    value = data.draw(codec.values)
    octets = codec.encode(value)
    for size in range(len(octets)):
        if codec.says_its_end:
            with pytest.raises(TruncatedError) as caught:
                codec.decode(octets[:size], value)
            assert caught.value.given < caught.value.needed <= len(octets)
        elif codec.covered:
            assert tried(codec, octets[:size], value) is None or crc16(octets[:size]) == 0
        else:  # what has no end of its own is shorter, or refused
            found = tried(codec, octets[:size], value)
            assert found is None or found != value


@covered
@examples(15)
@given(data=st.data())
def test_no_single_bit_error_passes(codec, data):
    """But for one in 65536 of those that make a frame say another length."""
    value = data.draw(codec.values)
    octets = codec.encode(value)
    for bit in range(8 * len(octets)):
        damaged = bytearray(octets)
        damaged[bit // 8] ^= 0x80 >> bit % 8
        assert bit in codec.length_bits or tried(codec, bytes(damaged), value) is None
