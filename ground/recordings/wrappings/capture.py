"""UDP payloads of network captures: pcap (draft-ietf-opsawg-pcap) and pcapng (draft-ietf-opsawg-pcapng)."""

import struct
from collections import Counter
from collections.abc import Callable, Iterator
from typing import NamedTuple

from ground.recordings.wrappings.network import KNOWN_LINKS, USER_LINKS, Datagram, DatagramFinder
from ground.recordings.wrappings.units import Unwrapped, WrappingError

_PCAP = {0xA1B2C3D4: 16, 0xA1B23C4D: 16, 0xA1B2CD34: 24}
"""Octets of a record's header, by magic number."""
_PCAPNG = b"\x0a\x0d\x0d\x0a"
_ORDER = {b"\x4d\x3c\x2b\x1a": "<", b"\x1a\x2b\x3c\x4d": ">"}
_SECTION, _INTERFACE, _OBSOLETE, _SIMPLE, _ENHANCED = 0x0A0D0D0A, 1, 2, 3, 6
_JUDGED = 64  # datagrams of a port that are examined
_SHOWN = 6

Fits = Callable[[bytes], bool]


class CapturedRecord(NamedTuple):
    """A captured packet with its link type (tcpdump.org/linktypes); `is_cut`: the capture kept only its beginning."""

    link: int
    octets: memoryview
    is_cut: bool


def is_capture(octets: bytes | memoryview) -> bool:
    """Whether octets begin as a capture file does."""
    head = bytes(octets[:4])
    if head == _PCAPNG:
        return bytes(octets[8:12]) in _ORDER
    return int.from_bytes(head) in _PCAP or int.from_bytes(head, "little") in _PCAP


def unwrap_capture(octets: bytes | memoryview, skip: int, port: int | None, fits: Fits) -> Unwrapped:
    """The payloads of all datagrams to `port`, each from octet `skip` on; without a port, of those that `fits` accepts.

    Raises WrappingError where there are none, or several ports and none that fits.
    """
    view = memoryview(octets)
    notes: list[str] = []
    records = list((_pcapng if bytes(view[:4]) == _PCAPNG else _pcap)(view, notes))
    links = Counter(record.link for record in records)
    others = sorted(links.keys() - KNOWN_LINKS - set(USER_LINKS))
    if others and not skip:
        raise WrappingError(
            f"a capture of link type {others[0]}, which is not supported: give the offset of the packet in each of its "
            "records with --skip OCTETS"
        )
    alone = [record.octets[skip:] for record in records if record.link not in KNOWN_LINKS]
    network = DatagramFinder()
    datagrams = [
        datagram for record in records if record.link in KNOWN_LINKS
        if (datagram := _datagram(network, record))
    ]  # fmt: skip
    chosen = _chosen([one._replace(payload=one.payload[skip:]) for one in datagrams], port, fits, notes)
    if not alone and not chosen:
        raise WrappingError(
            f"a capture without UDP datagrams{f' to port {port}' if port else ''}: {_seen(network, links)}"
        )
    cut = sum(datagram.is_cut for datagram in chosen) + sum(record.is_cut for record in records if not chosen)
    if cut:
        notes.append(f"{cut} datagrams are cut off: the capture kept their beginnings only")
    if network.fragments:
        notes.append(f"{network.fragments} fragments of datagrams are left out: the others did not come")
    return Unwrapped.of([*alone, *(datagram.payload for datagram in chosen)], notes)


def _datagram(network: DatagramFinder, record: CapturedRecord) -> Datagram | None:
    found = network.datagram(record.octets, record.link)
    return found and found._replace(is_cut=found.is_cut or record.is_cut)


def _chosen(datagrams: list[Datagram], port: int | None, fits: Fits, notes: list[str]) -> list[Datagram]:
    """The datagrams to `port`, or to the ports whose datagrams `fits` accepts."""
    ports = Counter(datagram.port for datagram in datagrams)
    wanted = set(ports)
    if port is not None:
        wanted = {port}
    elif len(ports) > 1:
        wanted = {one for one, judged in _first_by_port(datagrams).items() if _holds(judged, fits)}
        if not wanted:
            raise WrappingError(f"a capture of UDP to several ports, {_listed(ports)}: choose one with --port")
    chosen = [datagram for datagram in datagrams if datagram.port in wanted]
    if chosen:
        notes.append(f"UDP to port {_listed(Counter(datagram.port for datagram in chosen))}")
    if left := {one: ports[one] for one in ports if one not in wanted}:
        notes.append(f"left out: UDP to port {_listed(Counter(left))}")
    return chosen


def _first_by_port(datagrams: list[Datagram]) -> dict[int, list[Datagram]]:
    """The first datagrams of each port, to examine; there may be as many ports as datagrams."""
    found: dict[int, list[Datagram]] = {}
    for datagram in datagrams:
        judged = found.setdefault(datagram.port, [])
        if len(judged) < _JUDGED:
            judged.append(datagram)
    return found


def _holds(judged: list[Datagram], fits: Fits) -> bool:
    return 2 * sum(fits(bytes(datagram.payload)) for datagram in judged) > len(judged)


def _listed(ports: Counter[int]) -> str:
    shown = [f"{port} ({count})" for port, count in ports.most_common(_SHOWN)]
    return ", ".join(shown) + (", ..." if len(ports) > _SHOWN else "")


def _seen(network: DatagramFinder, links: Counter[int]) -> str:
    if not links:
        return "it is empty"
    if network.tcp:
        return f"{network.tcp} TCP segments are in it, which are not put together here; Wireshark's Follow Stream does"
    return f"{network.others} packets of other kinds are in it"


def _pcap(view: memoryview, notes: list[str]) -> Iterator[CapturedRecord]:
    order = ">" if int.from_bytes(view[:4]) in _PCAP else "<"
    header = _PCAP[struct.unpack_from(order + "I", view)[0]]
    at = 24
    link = struct.unpack_from(order + "I", view, 20)[0] & 0xFFFF if len(view) >= at else 0
    lengths = struct.Struct(order + "II")
    while at + header <= len(view):
        kept, size = lengths.unpack_from(view, at + 8)
        if at + header + kept > len(view):
            break
        yield CapturedRecord(link, view[at + header : at + header + kept], kept < size)
        at += header + kept
    if at != len(view):
        notes.append(f"the capture is cut off: its last {max(len(view) - at, 0)} octets are no whole record")


def _pcapng(view: memoryview, notes: list[str]) -> Iterator[CapturedRecord]:
    at, order = 0, "<"
    links: list[int] = []
    while at + 12 <= len(view):
        if bytes(view[at : at + 4]) == _PCAPNG:
            order, links = _ORDER.get(bytes(view[at + 8 : at + 12]), order), []
        kind, size = struct.unpack_from(order + "II", view, at)
        if size < 12 or at + size > len(view):
            break
        body = view[at + 8 : at + size - 4]
        if kind == _INTERFACE and len(body) >= 2:
            links.append(struct.unpack_from(order + "H", body)[0])
        elif record := _record(kind, body, order, links):
            yield record
        at += size + -size % 4
    if at < len(view):
        notes.append(f"the capture is cut off or damaged: its last {len(view) - at} octets are no whole block")


def _record(kind: int, body: memoryview, order: str, links: list[int]) -> CapturedRecord | None:
    """The record in a pcapng block; None for a block without one."""
    if kind in (_ENHANCED, _OBSOLETE) and len(body) >= 20:
        interface = struct.unpack_from(order + ("I" if kind == _ENHANCED else "H"), body)[0]
        kept, size = struct.unpack_from(order + "II", body, 12)
        start = 20
    elif kind == _SIMPLE and len(body) >= 4:
        interface, start = 0, 4
        (size,) = struct.unpack_from(order + "I", body)
        kept = min(size, len(body) - start)
    else:
        return None
    if interface >= len(links):
        return None
    return CapturedRecord(links[interface], body[start : start + kept], kept < size)
