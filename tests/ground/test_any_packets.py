"""Whatever packets a node sends, each is archived, a stray, or told of: none is lost without a word."""

from hypothesis import given
from hypothesis import strategies as st

from ground.archive.archive import Archive
from ground.station.station import Patience, Station
from hal.clock import Moment
from link.cfdp import MemoryStore
from link.packets.space_packet import SpacePacket
from link.pus.packets import TmPacket
from tests.examples import examples
from tests.ground.example_dictionary import APID, SECOND, UTC_NS
from tests.ground.flown import DICTIONARY, Relay

START = Moment(0, UTC_NS)
PATIENCE = Patience(round_trip_ms=1000, command_ms=20_000)

apids = st.sampled_from([APID, 0x7FD, 77])
raw_packets = st.builds(
    lambda apid, data: SpacePacket(apid, 0, data).encode(), apids, st.binary(min_size=1, max_size=60)
)
reports = st.builds(
    lambda service, subtype, data, time_ns: TmPacket(
        apid=APID, count=0, service=service, subtype=subtype, data=data, time_ns=UTC_NS + time_ns
    ).encode(),
    st.sampled_from([1, 3, 5, 17, 99]),
    st.sampled_from([1, 2, 4, 5, 6, 8, 25]),
    st.binary(max_size=30),
    st.integers(0, 10**12),
)


@examples(50)
@given(st.lists(raw_packets | reports, max_size=8))
def test_whatever_packets_come_each_is_somewhere(packets):
    archive = Archive()
    station = Station(DICTIONARY, archive, MemoryStore(), START, patience=PATIENCE)
    relay = Relay()
    for packet in packets:
        assert relay.sender.offer("housekeeping", packet)
    now_ns = 1
    while relay.sender.waiting or now_ns < SECOND:
        station.feed(relay.pass_on(b""), Moment(now_ns, UTC_NS + now_ns))
        station.step(Moment(now_ns, UTC_NS + now_ns))
        now_ns += SECOND // 10
    link = station.status(Moment(now_ns, UTC_NS)).link
    assert link.frames_lost == link.frames_uncorrectable == 0
    assert link.packets + len(archive.strays()) == len(packets)
