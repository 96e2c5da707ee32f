"""PUS-C packets: inverse, total, any flipped bit is noticed, and vectors worked by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels.coding.crc import crc16
from link.errors import ChecksumError, DecodeError
from link.packets.space_packet import Flags
from link.pus.packets import TC_OVERHEAD, TM_OVERHEAD, AckFlags, RequestId, TcPacket, TmPacket

octet, word, apids, counts = st.integers(0, 255), st.integers(0, 65535), st.integers(0, 2047), st.integers(0, 16383)
requests = st.builds(
    TcPacket,
    apid=apids,
    count=counts,
    service=octet,
    subtype=octet,
    data=st.binary(max_size=40),
    acknowledge=st.integers(0, 15).map(AckFlags),
    source=word,
)
reports = st.builds(
    TmPacket,
    apid=apids,
    count=counts,
    service=octet,
    subtype=octet,
    data=st.binary(max_size=40),
    time_ns=st.integers(0, 2**60),
    counter=word,
    destination=word,
    time_status=st.integers(0, 15),
)


@given(requests | reports)
def test_decode_inverts_encode(packet):
    octets = packet.encode()
    read_back = type(packet).decode(octets)
    assert read_back.encode() == octets
    if isinstance(packet, TcPacket):
        assert read_back == packet
        assert len(octets) == TC_OVERHEAD + len(packet.data)
    else:
        assert 0 <= packet.time_ns - read_back.time_ns < 60
        assert len(octets) == TM_OVERHEAD + len(packet.data)


@given(st.sampled_from((TcPacket, TmPacket)), st.binary(max_size=60), st.booleans())
def test_decode_is_total(form, octets, sealed):
    octets = octets + crc16(octets).to_bytes(2) if sealed else octets
    try:
        packet = form.decode(octets)
    except DecodeError:
        return
    assert form.decode(packet.encode()) == packet


@given(requests | reports, st.data())
def test_one_flipped_bit_never_passes(packet, data):
    octets = bytearray(packet.encode())
    bit = data.draw(st.integers(0, 8 * len(octets) - 1))
    octets[bit // 8] ^= 1 << bit % 8
    with pytest.raises(ChecksumError):
        type(packet).decode(bytes(octets))


@given(requests | reports)
def test_truncation_at_every_octet(packet):
    octets = packet.encode()
    for size in range(len(octets)):
        with pytest.raises(DecodeError):
            type(packet).decode(octets[:size])


def test_ping_by_hand():
    """§7.4.4: command, secondary header, APID 5, count 1, data of 7 octets; PUS 2, ack 1001; 17,1; source 3."""
    octets = bytes.fromhex("1805 c001 0006 29 11 01 0003")
    ping = TcPacket(
        apid=5, count=1, service=17, subtype=1, acknowledge=AckFlags.ACCEPTANCE | AckFlags.COMPLETION, source=3
    )
    assert ping.encode() == octets + crc16(octets).to_bytes(2)
    assert ping.request.word == 0x1805C001


def test_report_by_hand():
    """§7.4.3: APID 5, count 2; PUS 2, time status 0; 17,2; counter 7, destination 3; 1970-01-01 is 378691208 s TAI."""
    octets = bytes.fromhex("0805 c002 000f 20 11 02 0007 0003") + (378691208).to_bytes(4) + b"\0\0\0"
    pong = TmPacket(apid=5, count=2, service=17, subtype=2, data=b"", time_ns=0, counter=7, destination=3)
    assert pong.encode()[6:13] == octets[6:13]
    assert TmPacket.decode(pong.encode()).time_ns == 0


@given(apids, counts, st.sampled_from(Flags))
def test_request_id_is_the_head_of_the_packet(apid, count, flags):
    """Also of a packet whose flags say that it is a segment: reports echo what came (§8.1.2.1)."""
    packet = TcPacket(apid=apid, count=count, service=17, subtype=1, flags=flags)
    assert TcPacket.decode(packet.encode()) == packet
    assert packet.request.word.to_bytes(4) == packet.encode()[:4]
    assert RequestId.of(packet.request.word).word == packet.request.word
    assert RequestId.of(packet.request.word) == RequestId(apid, count)
    assert str(packet.request) == f"{apid}/{count}"


def test_a_report_is_no_request():
    report = TmPacket(apid=1, count=0, service=17, subtype=2, data=b"", time_ns=0).encode()
    with pytest.raises(DecodeError, match="not a PUS request"):
        TcPacket.decode(report)


@pytest.mark.parametrize(
    ("said", "sentence"),
    [({"apid": 2048}, "apid = 2048"), ({"service": 256}, "service = 256"), ({"time_status": 16}, "time_status = 16"),
     ({"data": bytes(70000)}, "octets")],
)  # fmt: skip
def test_what_is_out_of_range_is_named(said, sentence):
    report = {"apid": 1, "count": 0, "service": 17, "subtype": 2, "data": b"", "time_ns": 0}
    with pytest.raises(ValueError, match=sentence):
        TmPacket(**report | said).encode()


def sealed(octets):
    return octets + crc16(octets).to_bytes(2)


@pytest.mark.parametrize(
    ("octets", "sentence"),
    [
        (sealed(bytes.fromhex("0805 c002 0010 20 11 02 0007 0003") + bytes(7)), "23 octets needed, 22 given"),
        (sealed(bytes.fromhex("0805 c002 000e 20 11 02 0007 0003") + bytes(7)), "22 octets, the packet says 21"),
        (sealed(bytes.fromhex("0805 c002 000f 10 11 02 0007 0003") + bytes(7)), "PUS version 1, expected 2"),
        (sealed(bytes.fromhex("1805 c002 000f 20 11 02 0007 0003") + bytes(7)), "not a PUS report"),
        (sealed(bytes(8)), "octets needed"),
    ],
)
def test_a_packet_that_is_no_report(octets, sentence):
    with pytest.raises(DecodeError, match=sentence):
        TmPacket.decode(octets)


@pytest.mark.parametrize(("name", "value"), [("apid", 1 << 11), ("flags", 4), ("count", 1 << 14)])
def test_what_no_request_can_be_numbered_has_no_word(name, value):
    fields = {"apid": 1, "flags": Flags.UNSEGMENTED, "count": 1} | {name: value}
    with pytest.raises(ValueError, match=name):
        _ = RequestId(**fields).word
