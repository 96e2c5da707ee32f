"""The recorder: packets kept with one write a batch, read back for the ground, found again at a start.

Beside SQLite with one transaction a batch and a write-ahead log, as many would keep packets; it finds no damaged row by
a CRC, and drops nothing by priority. CPU time: how long a disk takes to confirm a write is not in it.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.harness import Row, alone, compare
from fsw.recorder.recorder import Recorder
from fsw.recorder.retrieval import EVER_NS
from fsw.recorder.setting import StoreSetting
from link.pus.packets import TM_OVERHEAD, TmPacket

BATCH, BATCHES = 64, 64
PACKETS = BATCH * BATCHES
START_NS = 1_700_000_000_000_000_000
PROMISED_PACKETS, PROMISED_MB = 50_000, 50
STORE = StoreSetting(number=1, octets=1 << 28, is_storing=True, chosen=((65, 3, None),))
Timed = list[tuple[bytes, int]]


def packets(size: int) -> Timed:
    """Reports of `size` octets with their times."""
    made = []
    for number in range(PACKETS):
        data, utc_ns = number.to_bytes(4) * (size // 4), START_NS + number * 1_000_000
        packet = TmPacket(apid=65, count=number, service=3, subtype=25, data=data[: size - TM_OVERHEAD], time_ns=utc_ns)
        made.append((packet.encode(), utc_ns))
    return made


def recorder(folder: Path) -> Recorder:
    return Recorder(folder, [STORE], octets_max=1 << 29, version=bytes(8))


def append(folder: Path, what: Timed) -> Recorder:
    """Record all packets, batch by batch; what is accepted is safe at the end."""
    made = recorder(folder)
    for at in range(0, PACKETS, BATCH):
        made.accept(what[at : at + BATCH], at)
    made.flush(0)
    return made


def play(made: Recorder) -> list[bytes]:
    """All packets, as they go down."""
    found: list[bytes] = []
    made.retrieve_range(1, EVER_NS)
    while run := made.play(4096, 0):
        found += [one.packet for one in run.records]
    return found


def append_sqlite(path: Path, what: Timed) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("pragma journal_mode = wal")
        database.execute("pragma synchronous = normal")
        database.execute("create table records (number integer primary key, utc_ns integer, packet blob)")
        for at in range(0, PACKETS, BATCH):
            database.execute("begin")
            rows = [(at + place, utc_ns, packet) for place, (packet, utc_ns) in enumerate(what[at : at + BATCH])]
            database.executemany("insert into records values (?, ?, ?)", rows)
            database.execute("commit")


def play_sqlite(path: Path) -> list[bytes]:
    with closing(sqlite3.connect(path)) as database:
        return [packet for (packet,) in database.execute("select packet from records order by number")]


def rows() -> Iterator[Row]:
    for size in (64, 200, 1000):
        with TemporaryDirectory() as folder:
            yield from rows_of(size, Path(folder))


def rows_of(size: int, folder: Path) -> Iterator[Row]:
    what, fresh = packets(size), count()
    megabytes = PACKETS * size / 1e6

    def ours() -> list[bytes]:
        return play(append(folder / f"{next(fresh)}", what))

    def theirs() -> list[bytes]:
        path = folder / f"{next(fresh)}.db"
        append_sqlite(path, what)
        return play_sqlite(path)

    yield compare(f"packets of {size} kept and read back", "SQLite", ours, theirs, amount=PACKETS / 1e3, unit="k/s")
    made = append(folder / "kept", what)
    assert play(made) == [packet for packet, _ in what]
    for unit, amount, promise in (("k/s", PACKETS / 1e3, PROMISED_PACKETS / 1e3), ("MB/s", megabytes, PROMISED_MB)):
        yield alone(f"append, {size} octets", lambda: append(folder / f"{next(fresh)}", what),
                    amount=amount, unit=unit, promise=promise)  # fmt: skip
        yield alone(f"playback, {size} octets", lambda: play(made), amount=amount, unit=unit, promise=promise)
    yield alone(f"found at a start, {size} octets", lambda: recorder(folder / "kept").stores[1].octets,
                amount=megabytes, unit="MB/s", promise=PROMISED_MB)  # fmt: skip
