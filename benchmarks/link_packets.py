"""Space packets compared with other Python libraries: whole recordings, and one packet at a time."""

import io
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import construct as cs
import numpy as np

from benchmarks.dictionary_decode import columns, objects
from benchmarks.harness import Row, compare, peer
from kernels.coding.crc import crc16, crc16_batch
from link.packets.index import encode_packets, index_packets
from link.packets.space_packet import HEADER, SpacePacket
from link.pus.packets import TmPacket

RANDOM = np.random.default_rng(1)
PACKETS, FEW = 100_000, 1000  # libraries that make an object of each packet get only the first FEW
SIZES = RANDOM.integers(64, 1025, PACKETS)
BODIES = RANDOM.integers(0, 256, (PACKETS, 56), np.uint8)
TIME_NS = 1_700_000_000 * 10**9

XTCE_INTEGER = """<IntegerParameterType name="{0}_T" signed="false">
    <IntegerDataEncoding sizeInBits="{1}"/></IntegerParameterType>"""
XTCE = """<SpaceSystem name="Mixed" xmlns="http://www.omg.org/spec/XTCE/20180204"><TelemetryMetaData>
    <ParameterTypeSet>{integers}<BinaryParameterType name="DATA_T"><BinaryDataEncoding><SizeInBits><DynamicValue>
    <ParameterInstanceRef parameterRef="PKT_LEN"/><LinearAdjustment intercept="8" slope="8"/>
    </DynamicValue></SizeInBits></BinaryDataEncoding></BinaryParameterType></ParameterTypeSet>
    <ParameterSet>{parameters}</ParameterSet><ContainerSet><SequenceContainer name="CCSDSPacket">
    <EntryList>{entries}</EntryList></SequenceContainer></ContainerSet></TelemetryMetaData></SpaceSystem>"""


def mixed() -> list[bytes]:
    """Packets of 64..1024 octets, of 16 APIDs, each with its CRC."""
    noise = RANDOM.bytes(2048)
    packets = (
        SpacePacket(n % 16, n % 16384, noise[n % 1024 :][: size - 6], False, True) for n, size in enumerate(SIZES)
    )
    bodies = (packet.encode()[:-2] for packet in packets)
    return [body + crc16(body).to_bytes(2) for body in bodies]


def against_few(
    name: str, against: str, ours: Callable[[], Any], theirs: Callable[[], Any] | None, *, hold: float,
    equal: Callable[[Any, Any], bool],
) -> Row:  # fmt: skip
    """A row in packets per second: we get all packets, the peer the first FEW; `equal` compares those."""
    return compare(
        name, against, ours, theirs, amount=PACKETS / 1e6, their_amount=FEW / 1e6, unit="M/s", hold=hold,
        equal=equal)  # fmt: skip


def recordings() -> Iterator[Row]:
    packets = mixed()
    stream, few = b"".join(packets), b"".join(packets[:FEW])
    ccsds, spp = peer("spacepackets.ccsds"), peer("space_packet_parser")
    ids = ccsds and [ccsds.PacketId(ccsds.PacketType.TM, True, apid) for apid in range(16)]
    yield against_few("header index, mixed, mean 543 B", "spacepackets", partial(index_packets, stream, checked=False),
                      ccsds and (lambda: ccsds.parse_space_packets(few, ids).tm_list), hold=20,
                      equal=lambda index, found: cut(stream, index)[:FEW] == [bytes(one) for one in found] and
                      cut(stream, index) == packets)  # fmt: skip
    definition = spp and variable_length(spp)
    yield against_few("CRC, payload offsets, mean 543 B", "space_packet_parser", partial(index_packets, stream),
                      spp and (lambda: decoded(spp, definition, few)), hold=200,
                      equal=lambda index, found: [packet[6:] for packet in cut(stream, index)[:FEW]] ==
                      [bytes(one["DATA"]) for one in found] and cut(stream, index) == packets)  # fmt: skip


def cut(stream: bytes, index: Any) -> list[bytes]:
    """The packets of an index."""
    pairs = zip(index.offset.tolist(), index.size.tolist(), strict=True)
    return [stream[offset : offset + size] for offset, size in pairs]


def variable_length(spp: Any) -> Any:
    """Definition in XTCE of a header and a data field of the length that the header gives."""
    sizes = {"VERSION": 3, "TYPE": 1, "SEC_HDR_FLG": 1, "PKT_APID": 11, "SEQ_FLGS": 2, "SRC_SEQ_CTR": 14, "PKT_LEN": 16}
    names = [*sizes, "DATA"]
    document = XTCE.format(
        integers="".join(XTCE_INTEGER.format(name, bits) for name, bits in sizes.items()),
        parameters="".join(f'<Parameter name="{name}" parameterTypeRef="{name}_T"/>' for name in names),
        entries="".join(f'<ParameterRefEntry parameterRef="{name}"/>' for name in names),
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mixed.xml"
        path.write_text(document, encoding="utf-8")
        return spp.load_xtce(path)


def decoded(spp: Any, definition: Any, stream: bytes) -> list[Any]:
    return [definition.parse_bytes(packet) for packet in spp.ccsds_generator(io.BytesIO(stream))]


def single_packets() -> Iterator[Row]:
    tm = peer("spacepackets.ecss.tm")
    data = bytes(range(42))
    report = TmPacket(apid=3, count=5, service=3, subtype=25, data=data, time_ns=TIME_NS).encode()

    def ours() -> bytes:
        return TmPacket(apid=3, count=5, service=3, subtype=25, data=data, time_ns=TIME_NS).encode()

    def theirs() -> Any:
        return tm.PusTm(service=3, message_subtype=25, timestamp=stamp, source_data=data, apid=3, seq_count=5).pack()

    stamp = report[13:20]  # the peer takes the time stamp as octets

    yield compare("encode one report of 64 B, CRC", "spacepackets", ours, tm and theirs, amount=1e-3, unit="k/s",
                  hold=2)  # fmt: skip
    yield compare("one report of 64 B to an object, CRC", "spacepackets", lambda: TmPacket.decode(report).data,
                  tm and (lambda: bytes(tm.PusTm.unpack(report, 7).source_data)), amount=1e-3, unit="k/s",
                  hold=3)  # fmt: skip
    few = [body.tobytes() for body in BODIES[:FEW]]
    ccsds = peer("spacepackets.ccsds")
    yield compare("encode 100,000 of 64 B, CRC", "spacepackets", lambda: encode_packets(3, 0, BODIES),
                  ccsds and (lambda: [wrapped(ccsds, count, body) for count, body in enumerate(few)]),
                  amount=PACKETS / 1e6, their_amount=FEW / 1e6, unit="M/s", hold=50,
                  equal=lambda a, b: [one.tobytes() for one in a[:FEW]] == b and
                  np.array_equal(crc16_batch(a[:, :-2]), a[:, -2:].copy().view(">u2")[:, 0]))  # fmt: skip


def wrapped(ccsds: Any, count: int, body: bytes) -> bytes:
    """One packet around a body, with its CRC."""
    kind, header = ccsds.PacketType.TM, ccsds.SpacePacketHeader
    packet = header(kind, apid=3, seq_count=count, data_len=len(body) + 1, sec_header_flag=False).pack() + body
    return bytes(packet + crc16(packet).to_bytes(2))


def declared_headers() -> Iterator[Row]:
    bits, octets = HEADER.oracle(), SpacePacket(3, 5, b"x").encode()[:6]
    fields = bits.parse(octets)

    def same(a: Any, b: Any) -> bool:
        return [a[name] for name in HEADER.widths] == [b[name] for name in HEADER.widths]

    yield compare("Construct header, parse", "construct BitStruct", lambda: HEADER.parse(octets),
                  lambda: bits.parse(octets), amount=1e-3, unit="k/s", hold=8, equal=same)  # fmt: skip
    record = HEADER.parse(octets)
    yield compare("Construct header, build", "construct BitStruct", lambda: HEADER.build(record),
                  lambda: bits.build(fields), amount=1e-3, unit="k/s", hold=8)  # fmt: skip
    nested, nested_bits = cs.Struct("head" / HEADER), cs.Struct("head" / bits)
    yield compare("Construct header within a Struct, parse", "construct BitStruct", lambda: nested.parse(octets).head,
                  lambda: nested_bits.parse(octets).head, amount=1e-3, unit="k/s", equal=same)  # fmt: skip


def rows() -> Iterator[Row]:
    yield from columns()
    yield from recordings()
    yield from objects()
    yield from single_packets()
    yield from declared_headers()
