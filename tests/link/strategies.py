"""Packets and streams as Hypothesis draws them."""

from hypothesis import strategies as st

from link.packets.encapsulation import EncapsulationPacket
from link.packets.space_packet import Flags, SpacePacket

space_packets = st.builds(
    SpacePacket,
    apid=st.integers(0, 2047),
    count=st.integers(0, 16383),
    data=st.binary(min_size=1, max_size=300),
    is_command=st.booleans(),
    has_secondary=st.booleans(),
    flags=st.sampled_from(Flags),
)

_data = st.binary(max_size=200)
encapsulation_packets = st.one_of(
    st.just(EncapsulationPacket(protocol=0, length_of_length=0)),
    st.builds(EncapsulationPacket, protocol=st.integers(0, 7), data=_data),
    st.builds(
        EncapsulationPacket,
        protocol=st.integers(0, 7),
        data=_data,
        length_of_length=st.just(2),
        user=st.integers(0, 15),
        extension=st.integers(0, 15),
    ),
    st.builds(
        EncapsulationPacket,
        protocol=st.integers(0, 7),
        data=_data,
        length_of_length=st.just(3),
        user=st.integers(0, 15),
        extension=st.integers(0, 15),
        ccsds=st.integers(0, 65535),
    ),
)


@st.composite
def chunked(draw, octets):
    """The same octets in pieces of any size."""
    cuts = sorted(draw(st.lists(st.integers(0, len(octets)), max_size=8)))
    return [octets[a:b] for a, b in zip([0, *cuts], [*cuts, len(octets)], strict=True)]
