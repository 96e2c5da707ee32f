"""One packet as one line, for people or for programs."""

import json
import math
from typing import Any

from ground.recordings.frames.intake import Channel
from link.dictionary.codec.invalid import Invalid
from link.dictionary.codec.packets import Packet
from link.packets.encapsulation import Protocol
from link.packets.index import PacketIndex
from link.packets.size import ENCAPSULATION
from link.packets.space_packet import Flags

PROTOCOLS = {one.value: one.name.lower() for one in Protocol}
_SHOWN_OCTETS = 16
_SHOWN_ITEMS = 6
_PARTS = {
    Flags.UNSEGMENTED: "",
    Flags.FIRST: "first segment ",
    Flags.CONTINUATION: "continuing segment ",
    Flags.LAST: "last segment ",
}


def packet_line(packet: bytes, read: Packet | None, channel: Channel | None = None) -> str:
    """Channel, header and values of a packet; its first octets if it was not decoded."""
    if packet[0] >> 5 == ENCAPSULATION and read is None:
        return _encapsulation_line(packet, f"{channel.spacecraft_id}/{channel.vc} " if channel else "")
    header = PacketIndex.of([packet])
    part = _PARTS[Flags(int(header.flags[0]))]
    where = f"{channel.spacecraft_id}/{channel.vc} " if channel else ""
    head = f"{where}apid {header.apid[0]} count {header.count[0]} {part}{len(packet)} octets"
    if read is None:
        return f"{head} {_value(packet[6:])}"
    return f"{head} {read.name} " + " ".join(f"{name}={_value(value)}" for name, value in read.values.items())


def packet_json(packet: bytes, read: Packet | None, channel: Channel | None, utc_ns: int | None) -> str:
    """A packet as an object with stable keys; `kind` and `values` are null for one that is not described."""
    return json.dumps(
        {
            "utc_ns": utc_ns,
            "spacecraft_id": channel and channel.spacecraft_id,
            "vc": channel and channel.vc,
            "packet": packet.hex(),
            "kind": read and read.name,
            "values": read and _finite(read.values),
        },
        default=plain_text,
    )


def _finite(value: Any) -> Any:
    """A value with None in place of infinity and NaN, which JSON does not have."""
    match value:
        case float():
            return value if math.isfinite(value) else None
        case list():
            return [_finite(one) for one in value]
        case dict():
            return {name: _finite(one) for name, one in value.items()}
    return value


def _encapsulation_line(packet: bytes, where: str) -> str:
    """The line of an encapsulation packet; its header may contradict itself."""
    protocol = packet[0] >> 2 & 7
    name = PROTOCOLS.get(protocol, "reserved")
    header = (1, 2, 4, 8)[packet[0] & 3]
    return f"{where}encapsulation protocol {protocol} ({name}) {len(packet)} octets {_value(packet[header:])}"


def plain_text(value: Any) -> str:
    """Text for values that JSON cannot hold: octets, and invalid values."""
    return value.hex() if isinstance(value, bytes) else str(value)


def _value(value: Any) -> str:
    match value:
        case Invalid(raw=raw):
            return f"{_value(raw)}(invalid)"
        case bytes():
            return value[:_SHOWN_OCTETS].hex() + "..." * (len(value) > _SHOWN_OCTETS)
        case float():
            return f"{value:.9g}"
        case list():
            return "[" + ",".join(map(_value, value[:_SHOWN_ITEMS])) + ",..." * (len(value) > _SHOWN_ITEMS) + "]"
        case dict():
            return "{" + ",".join(f"{name}:{_value(one)}" for name, one in value.items()) + "}"
    return str(value)
