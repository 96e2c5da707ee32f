"""Starts the ground service: joins port, archive, inbox, station and socket."""

import asyncio
import os
import sys
import tempfile
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path

from ground.archive.archive import ARCHIVE_NAME
from ground.archive.dictionaries import load_dictionary
from ground.archive.lasting import LastingArchive
from ground.products.publisher import Publisher
from ground.records import EventRecord, GroundRecord
from ground.service.answers import Answers
from ground.service.service import Service
from ground.station.inbox import Inbox
from ground.station.station import Patience, Station
from ground.station.transfer_file import TRANSFERS_NAME, TransferFile
from hal.clock import Clock, Moment
from hal.linux.claim import claim_folder
from hal.ports import open_port

FILES_NAME = "files"
RESCUED_NAME = "not-archived.jsonl"
_COMPLAINTS = ("LinkPort", "Archive")  # names of events that are printed on stderr as well begin so


def serve(
    *,
    port_url: str,
    dictionary_path: Path,
    out: Path,
    socket: Path,
    clock: Clock,
    patience: Patience,
    when_ready: Callable[[Station], None],
) -> None:
    """Serve until a signal. Raises ValueError for what a person typed, OSError for port, socket, folder and archive.

    `out` gets the archive and, under `files/`, what the node sends, products also as GeoJSON and PNG.
    If nothing can be written there, or the archive in it is damaged, the service goes on and reports it.
    """
    dictionary = load_dictionary(dictionary_path)
    with ExitStack() as held:
        held.enter_context(claim_folder(out, "a ground service"))
        archive = held.enter_context(closing(LastingArchive(out / ARCHIVE_NAME)))
        port = held.enter_context(closing(open_port(port_url, clock)))
        inbox = Inbox(out / FILES_NAME)
        kept = TransferFile(out / TRANSFERS_NAME)
        now = Moment.of(clock)
        station = Station(dictionary, archive, inbox, now, port=port_url, patience=patience, transfers=kept)
        elsewhere = Path(tempfile.gettempdir()) / f"skyrack-{os.getpid()}-{RESCUED_NAME}"  # `out` may be on a full disk
        held.callback(rescue_rest, station, (out / RESCUED_NAME, elsewhere))
        workers = held.enter_context(ThreadPoolExecutor(1))  # to draw takes longer than a frame may wait
        publisher = Publisher(inbox.folder, workers, _complain)
        publisher.catch_up()

        def observe(record: GroundRecord) -> None:
            publisher.accept(record)
            if isinstance(record, EventRecord) and record.origin == "ground" and record.name.startswith(_COMPLAINTS):
                _complain(record.message)

        answer = Answers(station, dictionary, inbox).answer
        service = Service(station, answer, port, clock, observe, station.duties)
        asyncio.run(service.run(socket, lambda: when_ready(station)))


def rescue_rest(station: Station, places: Iterable[Path]) -> None:
    """Write what could not be archived to the first of `places` that has room for all of it."""
    for place in places:
        try:
            has_rest = station.rescue(place)
        except OSError as error:
            _complain(f"{place.resolve()}: {error.strerror or error}")
            continue
        if has_rest:
            _complain(f"the archive could not take everything: the rest is in {place.resolve()}")
        return
    _complain("what the archive could not take is lost")


def _complain(sentence: str) -> None:
    print(f"skyrack ground: {sentence}", file=sys.stderr, flush=True)
