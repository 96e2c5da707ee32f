"""The same octets by other people's libraries, where they are installed (the `bench` extra; tshark from Debian).

Left out, because the peer is wrong (spacepackets 0.32): text forms of sequence flags; CDS times before 1970 as dates.
ccsdspy 2.0: the count with which its writer begins.
"""

import io
import random
import shutil
import struct
import subprocess

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from link.packet_index import index_packets
from link.space_packet import Flags, SpacePacket
from link.time_code import Cds
from link.uslp_frame import DataField, Rule, UslpFrame
from tests.link.strategies import space_packets
from tests.link.times import utc_ns

TIMES = st.integers(utc_ns("1970-01-01T00:00:00"), utc_ns("2137-06-06T00:00:00")).map(lambda ns: ns // 10**6 * 10**6)


@given(space_packets)
def test_space_packet_headers_by_spacepackets(packet):
    ccsds = pytest.importorskip("spacepackets.ccsds")
    kind = ccsds.PacketType.TC if packet.is_command else ccsds.PacketType.TM
    flags = ccsds.SequenceFlags(packet.flags)
    theirs = ccsds.SpacePacketHeader(
        kind, packet.apid, packet.count, len(packet.data) - 1, packet.has_secondary, flags
    ).pack()
    assert packet.encode() == bytes(theirs) + packet.data
    read = ccsds.SpacePacketHeader.unpack(packet.encode())
    assert (read.apid, read.seq_count, read.packet_len) == (packet.apid, packet.count, packet.size)
    assert (read.sec_header_flag, read.packet_type, read.seq_flags) == (packet.has_secondary, kind, flags)


@given(TIMES)
def test_day_segmented_times_by_spacepackets(time_ns):
    ccsds = pytest.importorskip("spacepackets.ccsds")
    theirs = ccsds.CdsShortTimestamp.unpack(Cds().preamble + Cds().encode(time_ns))
    days, of_day_ns = divmod(time_ns, 86_400 * 10**9)
    assert (theirs.ccsds_days, theirs.ms_of_day) == (days + 4383, of_day_ns // 10**6)
    assert Cds().decode(bytes(theirs.pack())[1:]) == time_ns


@given(
    st.integers(0, 65535),
    st.integers(0, 62),
    st.integers(0, 15),
    st.integers(1, 7),
    st.booleans(),
    st.none() | st.binary(min_size=4, max_size=4),
    st.binary(min_size=1, max_size=80),
    st.data(),
)
def test_uslp_frames_by_spacepackets(spacecraft_id, channel, map_id, count_octets, to_spacecraft, ocf, zone, data):
    uslp = pytest.importorskip("spacepackets.uslp")
    count = data.draw(st.integers(0, 256**count_octets - 1))
    theirs = uslp.TransferFrame(
        header=uslp.PrimaryHeader(
            scid=spacecraft_id,
            src_dest=uslp.SourceOrDestField(to_spacecraft),
            vcid=channel,
            map_id=map_id,
            frame_len=0,
            op_ctrl_flag=ocf is not None,
            vcf_count_len=count_octets,
            vcf_count=count,
        ),
        tfdf=uslp.TransferFrameDataField(
            uslp.TfdzConstructionRules.VpNoSegmentation,
            uslp.UslpProtocolIdentifier.SPACE_PACKETS_ENCAPSULATION_PACKETS,
            zone,
        ),
        op_ctrl_field=ocf,
        has_fecf=False,
    )
    theirs.set_frame_len_in_header()
    ours = UslpFrame(
        spacecraft_id=spacecraft_id,
        channel=channel,
        map_id=map_id,
        field=DataField(Rule.WHOLE, zone),
        count=count,
        count_octets=count_octets,
        to_spacecraft=to_spacecraft,
        ocf=None if ocf is None else int.from_bytes(ocf),
    )
    assert ours.encode(fecf=False) == bytes(theirs.pack())


@given(st.lists(st.tuples(st.integers(0, 16383), st.integers(0, 3)), min_size=1, max_size=20), st.integers(0, 2047))
def test_columns_by_ccsdspy(headers, apid):
    ccsdspy = pytest.importorskip("ccsdspy")
    packets = [SpacePacket(apid, count, bytes([n] * 4), flags=Flags(flags)) for n, (count, flags) in enumerate(headers)]
    stream = b"".join(packet.encode() for packet in packets)
    layout = ccsdspy.FixedLength([ccsdspy.PacketField(name="data", data_type="uint", bit_length=32)])
    theirs = layout.load(io.BytesIO(stream), include_primary_header=True)
    ours = index_packets(stream, checked=False)
    assert theirs["CCSDS_APID"].tolist() == ours.apid.tolist()
    assert theirs["CCSDS_SEQUENCE_COUNT"].tolist() == ours.count.tolist()
    assert theirs["CCSDS_SEQUENCE_FLAG"].tolist() == ours.flags.tolist()
    assert (theirs["CCSDS_PACKET_LENGTH"] + 7).tolist() == ours.size.tolist()
    assert theirs["data"].astype(">u4").tobytes() == ours.rows(6, 10).tobytes()


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")
def test_headers_by_wireshark():
    """Its dissector reads a pcap of user link type 147; only the primary header, for it takes any other for its own."""
    dice = random.Random(1)
    packets = [
        SpacePacket(
            dice.randrange(2047), dice.randrange(16384), bytes(dice.randrange(1, 99)), flags=dice.choice(list(Flags))
        )
        for _ in range(200)
    ]
    pcap = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 147)
    for packet in packets:
        pcap += struct.pack("<IIII", 0, 0, packet.size, packet.size) + packet.encode()
    fields = ("version", "type", "secheader", "apid", "seqflag", "seqnum", "length")
    dissector = 'uat:user_dlts:"User 0 (DLT=147)","ccsds","0","","0",""'
    columns = [argument for field in fields for argument in ("-e", f"ccsds.{field}")]
    command = ["tshark", "-r", "-", "-o", dissector, "-T", "fields", *columns]
    lines = subprocess.run(command, input=pcap, capture_output=True, check=True).stdout.decode().splitlines()
    read = np.array([[int(value, 0) for value in line.split("\t")] for line in lines])
    expected = [(0, 0, 0, packet.apid, packet.flags, packet.count, packet.size - 7) for packet in packets]
    assert read.tolist() == [list(map(int, row)) for row in expected]
