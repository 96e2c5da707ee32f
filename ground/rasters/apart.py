"""Reads foreign images in a process of its own, so that a damaged file can end only that process.

It is bounded in memory and time, and what its libraries print is discarded. The result comes back through shared
memory: one line of JSON, then the numbers, then one bit for each number, set where it is data.
"""

import json
import os
import resource
import signal
import subprocess
import sys
from dataclasses import asdict
from importlib.util import find_spec
from io import BufferedRandom
from pathlib import Path
from typing import IO, Any

import numpy as np

from ground.rasters.raster import Raster, RasterError, Window
from kernels.imaging.georeference import Georeference

_MEMORY_OCTETS_MAX, _CPU_S_MAX, _WAIT_S = 12 << 30, 120, 240.0
_NAMES = {int(number): number.name for number in signal.Signals}


def read_apart(path: Path, driver: str, window: Window | None) -> Raster:
    """Like ground.rasters.gdal.read_image. Raises RasterError; ModuleNotFoundError without rasterio."""
    if find_spec("rasterio") is None:
        raise ModuleNotFoundError("rasterio is missing", name="rasterio")
    said = {"path": str(path.absolute()), "driver": driver, "window": None if window is None else asdict(window)}
    with os.fdopen(os.memfd_create("raster"), "w+b") as room:
        command = [sys.executable, "-m", "ground.rasters.apart", str(room.fileno())]
        try:
            done = subprocess.run(
                command,
                input=json.dumps(said).encode(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=(room.fileno(),),
                timeout=_WAIT_S,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise RasterError(f"cannot be read within {_WAIT_S:g} s") from None
        if done.returncode:
            raise RasterError(_in_words(done.returncode))
        room.seek(0)
        return _received(room)


def _in_words(code: int) -> str:
    if -code == signal.SIGXCPU:
        return f"cannot be read within {_CPU_S_MAX} s of processor time"
    how = f"was ended by {_NAMES.get(-code, -code)}" if code < 0 else f"ended with code {code}"
    return f"cannot be read: the reader {how}: the file is probably damaged"


def _send(raster: Raster, room: IO[bytes]) -> None:
    numbers = np.ascontiguousarray(raster.numbers)
    head = {
        "dtype": numbers.dtype.str,
        "shape": numbers.shape,
        "names": raster.names,
        "scales": raster.scales,
        "offsets": raster.offsets,
        "place": asdict(raster.place),
        "notes": raster.notes,
    }
    room.write(json.dumps(head).encode() + b"\n")
    room.write(numbers.data)
    room.write(np.packbits(raster.data).data)


def _received(room: BufferedRandom) -> Raster:
    """The raster that the reader process sent. Raises RasterError where it refused the file."""
    head: dict[str, Any] = json.loads(room.readline())
    if "refused" in head:
        raise RasterError(head["refused"])
    shape, dtype = tuple(head["shape"]), np.dtype(head["dtype"])
    numbers = np.empty(shape, dtype)
    room.readinto(numbers.reshape(-1).view(np.uint8).data)
    data = np.unpackbits(np.frombuffer(room.read(), np.uint8), count=numbers.size).view(bool).reshape(shape)
    said = {name: tuple(head[name]) for name in ("names", "scales", "offsets")}
    return Raster(numbers=numbers, data=data, place=Georeference(**head["place"]), notes=head["notes"], **said)


def main(room: int) -> None:
    """Run the reader process: read the image that standard input names, and write it to the descriptor `room`."""
    from ground.rasters.gdal import read_image

    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_OCTETS_MAX, _MEMORY_OCTETS_MAX))
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_S_MAX, _CPU_S_MAX + 1))
    said = json.load(sys.stdin)
    window = None if said["window"] is None else Window(**said["window"])
    with os.fdopen(room, "wb") as out:
        try:
            raster = read_image(Path(said["path"]), said["driver"], window)
        except RasterError as error:
            out.write(json.dumps({"refused": str(error)}).encode() + b"\n")
        except MemoryError:
            out.write(json.dumps({"refused": "takes more memory than a reader is given"}).encode() + b"\n")
        else:
            _send(raster, out)


if __name__ == "__main__":
    main(int(sys.argv[1]))
