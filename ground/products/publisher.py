"""Received products become the files that people use, beside them and without holding up the station."""

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

    `complain` is told, from there, what could not be written and why; the file itself stays as it was received. So does
    a received file that has the name of a map or picture: that is called `NAME.product.geojson` then.
    """

    def __init__(self, folder: Path, executor: Executor, complain: Complain) -> None:
        self._folder, self._executor, self._complain = folder, executor, complain

    def accept(self, record: GroundRecord) -> None:
        """Publish a product that has just arrived; anything else is not for us."""
        if isinstance(record, FileRecord) and record.name.endswith(SUFFIX):
            self._executor.submit(self._publish, self._folder / record.name)

    def catch_up(self) -> None:
        """Publish the products that are there without a map or picture: who should have done that was killed."""
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
        except Exception as error:  # nobody asks for what the executor's task raised, so it would be lost
            traceback.print_exc()
            self._complain(f"{file.name}: not all of map and picture: {type(error).__name__}: {error}")

    def _put(self, file: Path, ending: str, octets: bytes) -> None:
        """Give what was made of the product `file` its name, whole; what of an earlier product has it, is set aside."""
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
    """The first name that is free, or has something that was made here."""
    stem = file.name.removesuffix(SUFFIX)
    names = chain((stem, file.name), (f"{file.name}.{n}" for n in count(1)))
    places = (file.with_name(f"{name}{ending}") for name in names)
    return next(place for place in places if not os.path.lexists(place) or (place.is_file() and is_ours(place)))
