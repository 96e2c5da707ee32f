"""Received products become the files that people use, beside them and without holding up the station."""

import traceback
from collections.abc import Callable
from concurrent.futures import Executor
from pathlib import Path

from ground.products.files import write_products
from ground.records import FileRecord, Record
from hal.kernels.errors import CorruptError
from link.errors import DecodeError

SUFFIX = ".product"

Complain = Callable[[str], None]


class Publisher:
    """Watches news for product files below `folder`; writes a map and a picture of each in `executor`.

    `complain` is told, from there, what could not be written and why; the file itself stays as it was received.
    """

    def __init__(self, folder: Path, executor: Executor, complain: Complain) -> None:
        self._folder, self._executor, self._complain = folder, executor, complain

    def take(self, record: Record) -> None:
        """Publish a product that has just arrived; anything else is not for us."""
        if isinstance(record, FileRecord) and record.name.endswith(SUFFIX):
            self._executor.submit(self._publish, self._folder / record.name)

    def _publish(self, file: Path) -> None:
        try:
            write_products(file.read_bytes(), file.parent, file.name.removesuffix(SUFFIX))
        except ImportError as error:
            self._complain(f"{file.name}: no map or picture: {error.name} is missing; `pip install 'skyrack[ground]'`")
        except (OSError, DecodeError, CorruptError) as error:
            self._complain(f"{file.name}: not all of map and picture: {error}")
        except Exception as error:  # nobody asks for what the executor's task raised, so it would be lost
            traceback.print_exc()
            self._complain(f"{file.name}: not all of map and picture: {type(error).__name__}: {error}")
