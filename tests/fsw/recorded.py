"""Recorders and packets for their tests, on a medium that tests can cut the power of."""

from pathlib import Path

from fsw.recorder.recorder import Recorder
from fsw.recorder.setting import StoreSetting, SyncPolicy
from link.pus.packets import TmPacket
from tests.hal.recording_medium import RecordingMedium

FOLDER = Path("/recorder")
SEGMENTS = FOLDER / "segments"
VERSION = b"version1"
DAY_NS = 86_400_000_000_000
START_NS = 1_700_000_000_000_000_000
SECOND_NS = 1_000_000_000


def setting(number=1, **options):
    return StoreSetting(
        **{"number": number, "octets": 1 << 20, "is_storing": True, "chosen": ((65, None, None),)} | options
    )


def recorder(medium=None, *stores, octets_max=1 << 22, **options):
    stores = stores or (setting(),)
    options = {"patience_s": 30} | options
    return Recorder(
        FOLDER, stores, octets_max=octets_max, version=VERSION, medium=medium or RecordingMedium(), **options
    )


def packet(number, size=0, *, apid=65, service=3, subtype=25, utc_ns=None):
    """A report and its time, which differ for each number."""
    utc_ns = START_NS + number * SECOND_NS if utc_ns is None else utc_ns
    data = number.to_bytes(4) + bytes([number % 251]) * size
    made = TmPacket(apid=apid, count=number % 16384, service=service, subtype=subtype, data=data, time_ns=utc_ns)
    return made.encode(), utc_ns


def packets(*numbers, size=0, **options):
    return [packet(number, size, **options) for number in numbers]


def held(store):
    """The recorded packets of a store by their numbers."""
    return {one.number: (one.packet, one.utc_ns) for segment in store.segments for one in store.read(segment)}


def played(recorder, monotonic_ns=0, octets_max=1000):
    """Number and packet of all that goes down now."""
    found = []
    while run := recorder.play(octets_max, monotonic_ns):
        found += [(one.number, (one.packet, one.utc_ns)) for one in run.records]
    return found


EAGER = SyncPolicy(octets=1)
"""Everything is made safe at once."""
