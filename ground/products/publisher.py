"""Makes maps and pictures of received products, beside them, without delaying the station."""

import os
import traceback
from collections.abc import Callable
from concurrent.futures import Executor
from itertools import chain, count
from pathlib import Path

from ground.products.files import MAP, PICTURE, is_ours, make_files
from ground.records import FileRecord, GroundRecord
from hal.linux.own_folder import OwnFolder, set_aside
from hal.medium import HOST
from kernels.errors import CorruptError
from link.errors import DecodeError

SUFFIX = ".product"
_WORKSHOP = ".publishing"

Complain = Callable[[str], None]


class Publisher:
    """Watches news for product files below `folder`; writes a map and a picture of each in `executor`.

    `complain` is called in `executor` with what could not be written and why. The product stays as received; so does
    a received file with the name of a map or picture, which then is called `NAME.product.geojson` instead.
    """

    def __init__(self, folder: Path, executor: Executor, complain: Complain) -> None:
        self._folder, self._executor, self._complain = folder, executor, complain

    def accept(self, record: GroundRecord) -> None:
        """Publish the product that `record` reports as received; other records are ignored."""
        if isinstance(record, FileRecord) and record.name.endswith(SUFFIX):
            self._executor.submit(self._publish, self._folder / record.name)

    def catch_up(self) -> None:
        """Publish the products that have no map or picture, because a service was killed before it made them."""
        self._executor.submit(self._catch_up)

    def _catch_up(self) -> None:
        for file in sorted(self._folder.rglob(f"*{SUFFIX}")):
            hidden = any(part.startswith(".") for part in file.relative_to(self._folder).parts)
            stem = file.name.removesuffix(SUFFIX)
            if not hidden and not all(file.with_name(stem + ending).exists() for ending in (PICTURE, MAP)):
                self._publish(file)

    def _publish(self, file: Path) -> None:
        try:
            for ending, octets in make_files(file.read_bytes()):
                self._put(file, ending, octets)
        except ImportError as error:
            self._complain(f"{file.name}: no map or picture: {error.name} is missing; `pip install 'skyrack[ground]'`")
        except (OSError, DecodeError, CorruptError) as error:
            self._complain(f"{file.name}: not all of map and picture: {error}")
        except Exception as error:  # no caller reads the result of the executor's task, so the error would be lost
            traceback.print_exc()
            self._complain(f"{file.name}: not all of map and picture: {type(error).__name__}: {error}")

    def _put(self, file: Path, ending: str, octets: bytes) -> None:
        """Write a file made of the product `file` in one step; one of an earlier product with its name is set aside."""
        target = _place(file, ending)
        if target.exists():
            if target.read_bytes() == octets:
                return
            set_aside(target)
        workshop = OwnFolder(self._folder / _WORKSHOP, "publisher")
        part = workshop.path / "part"
        HOST.write(part, octets)
        HOST.sync(part)
        workshop.replace(part, target)


def _place(file: Path, ending: str) -> Path:
    """The first name that is free, or that a file made here has."""
    stem = file.name.removesuffix(SUFFIX)
    names = chain((stem, file.name), (f"{file.name}.{n}" for n in count(1)))
    places = (file.with_name(f"{name}{ending}") for name in names)
    return next(place for place in places if not os.path.lexists(place) or (place.is_file() and is_ours(place)))
