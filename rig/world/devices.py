"""The devices and stores of a world's node and ground: a camera, jobs and stores whose right contents are known."""

import errno
from collections.abc import Callable, Sequence
from random import Random
from typing import Any, NoReturn

import msgspec
import numpy as np
from numpy.typing import NDArray

from fsw.jobs.inline import InlineRunner
from fsw.jobs.job import Job
from fsw.pipelines.run import Made, Work
from fsw.pipelines.stage import File, ModelUsed
from fsw.pipelines.trial import ModelTrial
from ground.archive.archive import Archive
from ground.archive.rows import Item
from ground.errors import ArchiveError
from ground.station.file_service import OpenTransfers
from hal.camera import CameraError, Frame
from hal.views import view_of
from kernels.imaging.georeference import Georeference
from link.cfdp.filestore import MemoryReader, MemoryStore, MemoryWriter
from rig.world.clocks import EndClock

_PLACE = Georeference(epsg=0, easting_m=0.0, northing_m=0.0, pixel_m=10.0)
_OCTETS = (20, 6_000)  # size of a product
_SUFFIX = ".product"
JOB_NS = 40_000_000


def content_of(name: str) -> bytes:
    """The right content of the file `name`: its size and octets are drawn from its name alone."""
    random = Random(name)
    return random.randbytes(random.randint(*_OCTETS))


class Payload:
    """A camera that sees any target, and jobs that make products of its frames; all can be made to fail.

    `captured` names the targets of all frames that were taken by commands that the node remembers (not `forgets`),
    `products` the number of each target's product. `hang` does not return. `trouble` is why jobs end without an answer,
    `lasts_ns` how long they take, `mutiny` what the tenant does. `after_mark` is called in the middle of a command that
    makes a mark.
    """

    def __init__(self, clock: EndClock, forgets: Callable[[], bool], hang: Callable[[], NoReturn]) -> None:
        self._clock, self._forgets, self._hang = clock, forgets, hang
        self.captured: list[str] = []
        self.products: dict[str, int] = {}
        self.is_blind = self.is_stuck = False
        self.trouble = self._mutiny = ""
        self.has_mutinied = False
        self.lasts_ns = JOB_NS
        self.models: Callable[[Work], list[ModelUsed]] = lambda _: []
        self.try_model: Callable[[ModelTrial], bytes] = lambda _: b""
        self.after_mark: Callable[[], None] = lambda: None

    @property
    def mutiny(self) -> str:
        """What the tenant does; nothing while it is empty."""
        return self._mutiny

    @mutiny.setter
    def mutiny(self, what: str) -> None:
        self._mutiny = what
        self.has_mutinied |= bool(what)

    def capture(self, target: str) -> Frame:
        """A frame of a few pixels. Raises CameraError while it `is_blind`; never returns while it `is_stuck`."""
        if self.is_stuck:
            self._hang()
        if self.is_blind:
            raise CameraError("no frame comes")
        self.captured += [target] * (not self._forgets())
        dn = np.zeros((1, 2, 2), np.uint8)
        now_ns = self._clock.utc_ns()
        return Frame(target=target, samples=view_of(dn), bands=("grey",), georeference=_PLACE, captured_utc_ns=now_ns)

    def work(self, samples: NDArray[Any], parameters: dict[str, Any]) -> bytes:  # noqa: ARG002 - a pipeline takes both
        """One file for each capture, whose content depends on its name. Raises RuntimeError in `trouble`."""
        if self.trouble:
            raise RuntimeError(self.trouble)
        work = msgspec.convert(parameters, Work)
        about, models = work.about, self.models(work)
        self.products[about.target] = about.product_id
        content = content_of(f"{about.product_id:06d}-{about.target}{_SUFFIX}")
        return msgspec.msgpack.encode(Made([File(suffix=_SUFFIX, octets=content)], 0, models))

    def trial(self, samples: NDArray[Any], parameters: dict[str, Any]) -> bytes:  # noqa: ARG002 - as `work`
        """A trial of a model. Raises RuntimeError in `trouble`, and ValueError where the model fails."""
        if self.trouble:
            raise RuntimeError(self.trouble)
        return self.try_model(msgspec.convert(parameters, ModelTrial))


class WorldRunner(InlineRunner):
    """Runs jobs as long as `payload` says that they take: one that hangs is ended by the limit of its time."""

    def __init__(self, clock: EndClock, payload: Payload) -> None:
        super().__init__(clock, {"stages": payload.work, "trial": payload.trial}, duration_ns=JOB_NS, waiting_max=4)
        self._payload = payload

    def submit(self, job: Job) -> None:
        """Compute the job now, and keep its outcome until its end."""
        self._duration_ns = self._payload.lasts_ns
        super().submit(job)


class WorldArchive(Archive):
    """An archive in memory, which survives the station; while it `refuses`, nothing can be written."""

    refuses = False

    def write(self, items: Sequence[Item]) -> list[bool]:
        """Store all of `items` or, raising ArchiveError, none."""
        if self.refuses and items:
            raise ArchiveError("archive: the disk is full")
        return super().write(items)


class WorldInbox(MemoryStore):
    """The store of files that the ground receives; they survive the station. While it `is_full`, it takes no octets.

    `outgoing`: the files that it sends, by name.
    """

    is_full = False

    def __init__(self) -> None:
        super().__init__()
        self.outgoing: dict[str, bytes] = {}

    def open(self, name: str) -> MemoryReader:
        """A file to be sent. Raises FileNotFoundError."""
        if name not in self.outgoing:
            raise FileNotFoundError(f"no file {name!r}")
        return MemoryReader(self.outgoing[name])

    def create(self) -> "InboxWriter":
        """A new file without a name."""
        self.check_room()
        return InboxWriter(self)

    def check_room(self) -> None:
        """Raises OSError while it is full."""
        if self.is_full:
            raise OSError(errno.ENOSPC, "No space left on device")


class WorldShelf:
    """The transfers that a station keeps, in memory; they survive it."""

    def __init__(self) -> None:
        self.kept = OpenTransfers()

    def load(self) -> OpenTransfers:
        """What was saved last."""
        return self.kept

    def save(self, transfers: OpenTransfers) -> None:
        """Keep this."""
        self.kept = transfers


class InboxWriter(MemoryWriter):
    """Writes one file as long as there is room."""

    def __init__(self, inbox: WorldInbox) -> None:
        super().__init__(inbox)
        self._inbox = inbox

    def write(self, offset: int, octets: bytes) -> None:
        """Put octets at `offset`. Raises OSError."""
        self._inbox.check_room()
        super().write(offset, octets)
