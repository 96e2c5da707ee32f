"""Show a live link decoded, without saying a word on it: frames, packets and, with a dictionary, their values.

skyrack tap 'udp://192.168.1.20:10015?bind=10015' --dictionary mission.xml
skyrack tap tcp://127.0.0.1:5100 --frames tm --dictionary coastwatch.json --pcap seen.pcap
skyrack tap 'serial:///dev/ttyUSB0?baud=115200' --frames aos --frame-octets 892 --cadu --json

Ends on ^C, SIGTERM, or when the port goes away; then it says on stderr what came. @OPTIONS reads options from a file.
"""

import argparse
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from skyrack.options.intake import add_intake_arguments, decoder_of, reception_of
from skyrack.options.stop_signal import StopSignal

if TYPE_CHECKING:
    from ground.recordings.frames.intake import Channel
    from hal.port import Port
    from link.dictionary.codec.packets import Packet

_ENCAPSULATION = 7  # packet version number of encapsulation packets (CCSDS 133.1-B-3)
_READ_OCTETS = 65536
_NEVER_NS = 3600 * 10**9


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options: the link, its format, and the capture file."""
    parser.fromfile_prefix_chars = "@"
    parser.add_argument("port", metavar="URL", help="serial:///dev/NAME?baud=RATE, tcp://, tcp-listen:// or udp://")
    parser.add_argument("--pcap", type=Path, metavar="FILE", help="keep the packets too, for Wireshark")
    parser.add_argument("--json", action="store_true", help="one JSON object a packet")
    add_intake_arguments(parser)


def run(options: argparse.Namespace) -> int:
    """0 when asked to end, 1 when the port went away."""
    from ground.recordings.output.places import check_places
    from ground.recordings.output.summary import summary_lines
    from hal.linux.clock import HostClock
    from hal.port import PortClosed
    from hal.ports import open_port

    reception, decoder = reception_of(options), decoder_of(options)
    if options.pcap:
        check_places(options.pcap, options.dictionary or (), decoder.definition)
    with ExitStack() as devices:
        tap = _Tap(options, devices)
        port = open_port(options.port, HostClock())
        devices.callback(port.close)
        stop = devices.enter_context(StopSignal())
        print(f"skyrack tap: listening to {options.port}", file=sys.stderr, flush=True)
        try:
            while octets := _next(port, stop):
                for batch in reception.feed(octets):
                    for packet, channel in batch:
                        is_space = packet[0] >> 5 != _ENCAPSULATION
                        tap.show(packet, decoder.read(packet) if is_space else None, channel)
        except PortClosed as closed:
            print(f"skyrack tap: {closed}", file=sys.stderr)
        account = {**reception.account(), **decoder.account(), "written": [options.pcap] if options.pcap else []}
        print("\n".join(summary_lines(account)), file=sys.stderr)
        return 0 if stop.requested else 1


def _next(port: "Port", stop: StopSignal) -> bytes:
    """The octets received next; empty when it is time to stop. Raises PortClosed."""
    from hal.linux.clock import HostClock
    from hal.port import PortClosed

    clock = HostClock()
    while not stop.requested:
        if octets := port.read(_READ_OCTETS):
            return octets
        if port.state.losses:
            raise PortClosed(port.state.away)
        clock.wait(clock.monotonic_ns() + _NEVER_NS, [port, stop])
    return b""


class _Tap:
    """The output of packets: to stdout, and to a capture file."""

    def __init__(self, options: argparse.Namespace, devices: ExitStack) -> None:
        from ground.recordings.output.pcap import pcap_header
        from hal.linux.clock import HostClock

        self._json, self._described, self._clock = options.json, bool(options.dictionary), HostClock()
        self._capture = devices.enter_context(options.pcap.open("wb")) if options.pcap else None
        if self._capture:
            self._capture.write(pcap_header())

    def show(self, packet: bytes, read: "Packet | None", channel: "Channel | None") -> None:
        """Print a packet that was just received, and add it to the capture file."""
        from ground.recordings.output.packet_line import packet_json, packet_line
        from ground.recordings.output.pcap import pcap_record

        now_ns = self._clock.utc_ns()
        if self._capture:
            self._capture.write(pcap_record(packet, now_ns))
            self._capture.flush()  # so that Wireshark sees it at once
        if self._json:
            print(packet_json(packet, read, channel, now_ns), flush=True)
        else:
            print(packet_line(packet, read if self._described else None, channel), flush=True)
