"""One packet as one line."""

from typing import Any

from link.dictionary.packets import Packet
from link.intake import Channel
from link.packet_index import PacketIndex
from link.space_packet import Flags

_SHOWN_OCTETS = 16
_SHOWN_ITEMS = 6
_PARTS = {
    Flags.UNSEGMENTED: "",
    Flags.FIRST: "first segment ",
    Flags.CONTINUATION: "continuing segment ",
    Flags.LAST: "last segment ",
}


def packet_line(packet: bytes, read: Packet | None, channel: Channel | None = None) -> str:
    """Where it came from, its header, and its values; without them, its first octets."""
    header = PacketIndex.of([packet])
    part = _PARTS[Flags(int(header.flags[0]))]
    where = f"{channel.spacecraft_id}/{channel.vc} " if channel else ""
    head = f"{where}apid {header.apid[0]} count {header.count[0]} {part}{len(packet)} octets"
    if read is None:
        return f"{head} {_value(packet[6:])}"
    return f"{head} {read.name} " + " ".join(f"{name}={_value(value)}" for name, value in read.values.items())


def _value(value: Any) -> str:
    match value:
        case bytes():
            return value[:_SHOWN_OCTETS].hex() + "..." * (len(value) > _SHOWN_OCTETS)
        case float():
            return f"{value:.9g}"
        case list():
            return "[" + ",".join(map(_value, value[:_SHOWN_ITEMS])) + ",..." * (len(value) > _SHOWN_ITEMS) + "]"
    return str(value)
