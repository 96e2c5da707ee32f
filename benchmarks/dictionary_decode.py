"""The dictionary's codecs compared with other ways to read the same 38 fields: objects, columns, definitions."""

import io
import struct
import tempfile
from collections.abc import Iterator
from dataclasses import make_dataclass
from pathlib import Path
from typing import Any

import construct as cs
import numpy as np

from benchmarks.harness import Row, alone, compare, peer
from benchmarks.native import BEST, built
from kernels.coding.crc import crc16_batch
from link.dictionary import Integer, Telemetry, wire
from link.dictionary.batch.columns import Columns
from link.dictionary.conditions import Comparison
from link.dictionary.definition import Definition
from link.dictionary.kinds import Field
from link.dictionary.model import Container
from link.dictionary.xtce.reader import read_xtce
from link.dictionary.xtce.writer import write_xtce
from link.pus.packets import TmPacket

WIDTHS = (16,) * 10 + (8,) * 14 + (4, 4, 4, 4, 1, 3, 12, 4, 2, 6, 8, 4, 4, 4)
"""Bits of 38 fields, 42 octets in all: with the headers and the CRC of a PUS report, a packet of 64 octets."""
NAMES = tuple(f"f{number}" for number in range(len(WIDTHS)))
PACKETS, HEADERS = 100_000, 20
RANDOM = np.random.default_rng(1)
BY_HAND = make_dataclass("ByHand", NAMES, slots=True)
LAYOUT = struct.Struct(">10H14BBBHI")


def packets() -> list[bytes]:
    """Reports of random values, one after the other."""
    bodies = RANDOM.integers(0, 256, (PACKETS, 42), np.uint8)
    return [
        TmPacket(apid=3, count=n % 16384, service=3, subtype=25, data=body.tobytes(), time_ns=10**18).encode()
        for n, body in enumerate(bodies)
    ]


def declared() -> type[Telemetry]:
    body: dict[str, Any] = {name: wire(Integer(bits)) for name, bits in zip(NAMES, WIDTHS, strict=True)}
    form: Any = type(Telemetry)  # the class of report classes
    made: type[Telemetry] = form("Report", (Telemetry,), {"__annotations__": dict.fromkeys(NAMES, int), **body}, id=1)
    return made


def by_hand(data: bytes) -> Any:
    """Decoding as written by hand, without a dictionary: one unpack, then shifts."""
    v = LAYOUT.unpack(data)
    a, b, c, d = v[24:]
    return BY_HAND(
        *v[:24], a >> 4, a & 15, b >> 4, b & 15, c >> 15, c >> 12 & 7, c & 4095, d >> 28, d >> 26 & 3, d >> 20 & 63,
        d >> 12 & 255, d >> 8 & 15, d >> 4 & 15, d & 15)  # fmt: skip


def objects() -> Iterator[Row]:
    tm, form, octets = peer("spacepackets.ecss.tm"), declared(), packets()[0]

    def theirs() -> Any:
        return by_hand(tm.PusTm.unpack(octets, 7).source_data)

    def same(a: Any, b: Any) -> bool:
        return [getattr(a, name) for name in NAMES] == [getattr(b, name) for name in NAMES]

    yield compare("38 fields to an object, header and CRC", "spacepackets + struct",
                  lambda: form.decode(TmPacket.decode(octets).data), tm and theirs, amount=1e-3, unit="k/s", hold=3,
                  equal=same)  # fmt: skip


def definition() -> Iterator[Row]:
    """Our codec beside Construct, which reads the same fields from the same kind of declaration."""
    octets, form = packets()[0], declared()
    body = TmPacket.decode(octets).data
    bits = cs.BitStruct(*(name / cs.BitsInteger(width) for name, width in zip(NAMES, WIDTHS, strict=True)))

    def same(a: Any, b: Any) -> bool:
        return [getattr(a, name) for name in NAMES] == [b[name] for name in NAMES]

    yield compare("38 fields to an object", "Construct", lambda: form.decode(body), lambda: bits.parse(body),
                  amount=1e-3, unit="k/s", equal=same)  # fmt: skip


def columns() -> Iterator[Row]:
    ccsdspy, stream = peer("ccsdspy"), b"".join(packets())
    reader = Columns([Field(name=name, kind=Integer(bits)) for name, bits in zip(NAMES, WIDTHS, strict=True)])

    frames, offsets = np.frombuffer(stream, np.uint8).reshape(-1, 64), np.arange(PACKETS, dtype=np.int64) * 64 + HEADERS

    def ours() -> dict[str, Any]:
        assert not crc16_batch(frames).any()
        return reader.read(stream, offsets)

    def same(a: Any, b: Any) -> bool:
        return all((a[name] == b[name]).all() for name in NAMES) and bool(crc16_batch(damaged).all())

    damaged = frames ^ np.eye(1, frames.shape[1], HEADERS, dtype=np.uint8)  # one bit of each packet
    yield compare("38 fields to columns, CRC checked", "ccsdspy", ours, ccsdspy and loader(ccsdspy, stream),
                  amount=PACKETS / 1e6, unit="M/s", hold=3, equal=same)  # fmt: skip
    special = specialised(stream)
    yield compare("38 fields to columns", "C written for them", lambda: reader.read(stream, offsets), special,
                  amount=PACKETS / 1e6, unit="M/s", equal=same)  # fmt: skip


def loader(ccsdspy: Any, stream: bytes) -> Any:
    """ccsdspy on the same packets; headers that it does not know are declared as fill."""
    fields = [ccsdspy.PacketField("head", "fill", 8 * (HEADERS - 6))]
    fields += [ccsdspy.PacketField(name, "uint", bits) for name, bits in zip(NAMES, WIDTHS, strict=True)]
    definition = ccsdspy.FixedLength([*fields, ccsdspy.PacketField("crc", "uint", 16)])
    return lambda: definition.load(io.BytesIO(stream))


def specialised(stream: bytes) -> Any:
    """A loop in C made for the layout: every shift is a compile-time constant."""
    source, at = ["#include <stdint.h>", "void cut(const uint8_t *p, long n, void **out) {"], 0
    lines = []
    for number, bits in enumerate(WIDTHS):
        kind = "uint8_t" if bits <= 8 else "uint16_t"
        source.append(f" {kind} *restrict c{number} = out[{number}];")
        first, last = at // 8, (at + bits - 1) // 8
        word = "|".join(f"(uint32_t)p[{HEADERS + octet}] << {8 * (last - octet)}" for octet in range(first, last + 1))
        lines.append(f"  c{number}[i] = ({kind})((({word}) >> {8 * (last + 1) - at - bits}) & {(1 << bits) - 1});")
        at += bits
    source += [" for (long i = 0; i < n; i++, p += 64) {", *lines, " }", "}"]
    native = built("void cut(const uint8_t *p, long n, void **out);", "\n".join(source), *BEST)
    if native is None:
        return None
    ffi, library = native

    def run() -> dict[str, Any]:
        found = {name: np.empty(PACKETS, f"u{1 if bits <= 8 else 2}") for name, bits in zip(NAMES, WIDTHS, strict=True)}
        pointers = ffi.new("void *[]", [ffi.from_buffer(column) for column in found.values()])
        library.cut(ffi.from_buffer(stream), PACKETS, pointers)
        return found

    return run


def definitions() -> Iterator[Row]:
    """A definition of the size of a real mission's: 39 containers with 9,491 parameters together."""
    spp = peer("space_packet_parser")
    head = tuple(Field(name=name, kind=Integer(bits)) for name, bits in (("version", 5), ("apid", 11), ("rest", 32)))
    containers = [Container(name="Packet", fields=head, abstract=True)]
    for number in range(38):
        fields = tuple(
            Field(name=f"f{n}", kind=Integer(1 + n % 32), unit=f"u{n % 40}") for n in range(250 - 12 * (number == 0))
        )
        criteria = Comparison("apid", number)
        containers.append(Container(name=f"P{number}", fields=fields, base="Packet", criteria=criteria))
    octets = write_xtce(Definition(name="Large", packets=tuple(containers)))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "large.xml"
        path.write_bytes(octets)
        yield compare("load 9,491 parameters of XTCE", "space_packet_parser", lambda: read_xtce(octets),
                      spp and (lambda: spp.load_xtce(path)), amount=1, unit="/s",
                      equal=same_parameters)  # fmt: skip
        yield alone("load 9,491 parameters of XTCE in 150 ms", lambda: read_xtce(octets),
                    amount=1, unit="/s", promise=1 / 0.15)  # fmt: skip


def same_parameters(ours: Definition, theirs: Any) -> bool:
    """The same containers, each with the same parameters in the same order, each of the same size."""
    found = {
        name: [(entry.name, entry.parameter_type.encoding.size_in_bits) for entry in container.entry_list]
        for name, container in theirs.containers.items()
    }
    return found == {
        packet.name: [(field.name, getattr(field.kind, "bits", None)) for field in packet.fields]
        for packet in ours.packets
    }


def rows() -> Iterator[Row]:
    yield from objects()
    yield from definition()
    yield from columns()
    yield from definitions()
