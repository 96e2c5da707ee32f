"""The same octets by other people's libraries, where they are installed (the `bench` extra; tshark from Debian).

Left out, because the peer is wrong:
- spacepackets 0.32: the text of sequence flags (FIRST raises, LAST says FIRST); CDS times before 1970, one millisecond
  added to the last of a day; setters that take an APID of 5000 or a count of 20000; TM frames of 2048 octets, refused.
- ccsdspy 2.0: the count with which its writer begins, the meaning of sequence flags in its documentation.
- Wireshark 4.0: it takes any secondary header for one of NASA's, and calls packets too short for that malformed.
"""

import io
import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ground.recordings.output.pcap import pcap_header, pcap_record
from link.frames.uslp import DataField, Rule, UslpFrame
from link.packets.index import index_packets
from link.packets.space_packet import Flags, SpacePacket
from link.time.binary import Cds, Cuc
from tests.examples import examples
from tests.link.pus.test_packets import reports, requests
from tests.link.strategies import space_packets
from tests.link.test_codecs import tm_frames
from tests.link.time.times import utc_ns

CFDP_APID = 2045
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


@given(requests)
def test_requests_by_spacepackets(ours):
    ecss = pytest.importorskip("spacepackets.ecss")
    theirs = ecss.PusTc(
        ours.service,
        ours.subtype,
        apid=ours.apid,
        app_data=ours.data,
        seq_count=ours.count,
        source_id=ours.source,
        ack_flags=int(ours.acknowledge),
    )
    assert bytes(theirs.pack()) == ours.encode()
    read = ecss.PusTc.unpack(ours.encode())
    assert (read.apid, read.seq_count, read.source_id, read.app_data) == (
        ours.apid, ours.count, ours.source, ours.data,
    )  # fmt: skip


@given(reports)
def test_reports_by_spacepackets(ours):
    ecss = pytest.importorskip("spacepackets.ecss")
    theirs = ecss.PusTm(
        ours.service,
        ours.subtype,
        timestamp=Cuc(4, 3).encode(ours.time_ns),
        source_data=ours.data,
        apid=ours.apid,
        seq_count=ours.count,
        message_counter=ours.counter,
        destination_id=ours.destination,
    )
    theirs.pus_tm_sec_header.spacecraft_time_ref = ours.time_status
    assert bytes(theirs.pack()) == ours.encode()
    read = ecss.PusTm.unpack(ours.encode(), timestamp_len=7)
    assert (read.service, read.seq_count, read.source_data) == (ours.service, ours.count, ours.data)


@given(tm_frames, st.booleans())
def test_telemetry_frames_by_spacepackets(ours, fecf):
    tm = pytest.importorskip("spacepackets.ccsds.tm_frame")
    octets = ours.encode(fecf=fecf)
    read = tm.TmTransferFrame.unpack(octets, len(octets), fecf)
    head, status = read.primary_header, read.primary_header.frame_datafield_status
    assert (head.master_channel_id.spacecraft_id, head.vc_id) == (ours.spacecraft_id, ours.channel)
    assert (head.master_ch_frame_count, head.vc_frame_count) == (ours.master_count, ours.channel_count)
    assert (status.sync_flag, status.packet_order_flag) == (ours.unsynchronised, ours.packet_order)
    assert (status.segment_len_id, status.first_header_pointer) == (ours.segment_length, ours.first_header)
    assert (read.secondary_header.data_field if read.secondary_header else b"") == ours.secondary
    assert (read.data_field, read.op_ctrl_field) == (ours.data, None if ours.ocf is None else ours.ocf.to_bytes(4))
    assert read.pack() == octets


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


dissected = st.builds(  # without what its dissector takes for a secondary header of NASA's, or for CFDP
    SpacePacket,
    apid=st.integers(0, 2046).filter(lambda apid: apid != CFDP_APID),
    count=st.integers(0, 16383),
    data=st.binary(min_size=1, max_size=80),
    is_command=st.booleans(),
    flags=st.sampled_from(Flags),
)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")
@examples(8)
@given(st.lists(dissected, min_size=1, max_size=200), st.integers(0, 2**31))
def test_headers_by_wireshark(packets, second):
    """Its dissector of primary headers, and its reading of our capture files, of user link type 147."""
    capture = pcap_header() + b"".join(
        pcap_record(packet.encode(), (second * 10**9) + number) for number, packet in enumerate(packets)
    )
    fields = ("version", "type", "secheader", "apid", "seqflag", "seqnum", "length")
    dissector = 'uat:user_dlts:"User 0 (DLT=147)","ccsds","0","","0",""'
    columns = [
        argument for field in ("frame.time_epoch", *(f"ccsds.{name}" for name in fields)) for argument in ("-e", field)
    ]
    command = ["tshark", "-r", "-", "-o", dissector, "-T", "fields", *columns]
    lines = subprocess.run(command, input=capture, capture_output=True, check=True).stdout.decode().splitlines()
    assert [[line.split("\t")[0], *(int(value, 0) for value in line.split("\t")[1:])] for line in lines] == [
        [f"{second}.{number:09}", 0, packet.is_command, 0, packet.apid, packet.flags, packet.count, packet.size - 7]
        for number, packet in enumerate(packets)
    ]
