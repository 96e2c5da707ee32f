"""Scenes as a node reads them, made of images as people have them: GeoTIFF, JPEG 2000, PNG, npy.

Importing is done on the ground, once; the node reads nothing but the .npz that comes of it (hal/scene_file.py).
What is no data stays none: `nodata` of a file, its mask, its alpha band, NaN, and what --nodata says.

skyrack scene import lake.tif --bands blue,green,red,nir,swir1,swir2
skyrack scene import B03.jp2 B11.jp2 --bands green,swir1 --out lake.npz
skyrack scene import lake.npy --axes row,column,band --bands red,green,blue --nodata 0
skyrack scene show lake.npz --json
"""

import argparse
import json
import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hal.linux.whole_file import whole_file
from kernels.usage import UsageError, given, shown
from skyrack.parser import subcommand

if TYPE_CHECKING:
    from ground.rasters.raster import Raster, Window
    from ground.rasters.scene import ImportedScene

_TYPES = ("uint8", "uint16", "float32")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the subcommands: `import` images, `show` a scene."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="import|show")
    command = subcommand(actions, "import", "make a scene of an image, or of several that hold a band or more each")
    command.add_argument("file", type=Path, nargs="+", metavar="FILE", help="TIFF, JPEG 2000, PNG, JPEG, npy or npz")
    command.add_argument("--out", type=Path, metavar="SCENE.npz", help="default: beside FILE, with the ending .npz")
    command.add_argument("--replace", action="store_true", help="overwrite a scene that exists")
    command.add_argument("--bands", type=_words, default=(), metavar="NAME,NAME", help="default: what the file says")
    command.add_argument("--axes", type=_words, metavar="AXIS,AXIS,AXIS", help="of an array: row,column,band, say")
    command.add_argument("--array", metavar="NAME", help="which array of an npz")
    command.add_argument("--nodata", type=float, metavar="NUMBER", help="a stored number that is no data")
    for name, what in (("scale", "times which"), ("offset", "plus which")):
        command.add_argument(
            f"--{name}",
            type=_numbers,
            default=(),
            metavar="NUMBER",
            help=f"{what} a stored number is meant; or by band",
        )
    command.add_argument("--raw", action="store_true", help="keep the stored numbers: apply no scale or offset")
    command.add_argument("--dtype", choices=_TYPES, help="convert to this type, if it represents every number exactly")
    command.add_argument(
        "--window", type=int, nargs=4, metavar=("ROW", "COLUMN", "ROWS", "COLUMNS"), help="import only this part"
    )
    show = subcommand(actions, "show", "show a scene file: bands, size, share of data")
    show.add_argument("file", type=Path, metavar="SCENE.npz")
    for action in actions.choices.values():
        action.add_argument("--json", action="store_true", help="one JSON object on stdout")


def run(options: argparse.Namespace) -> int:
    """Run the subcommand; 0 if it imported or showed. Raises UsageError for an image that cannot be a scene."""
    found = _import(options) if options.action == "import" else _shown(options.file)
    print(json.dumps(found, indent=2) if options.json else "\n".join(_lines(found)))
    return 0


def _import(options: argparse.Namespace) -> dict[str, Any]:
    from ground.rasters.scene import Wish, scene_of

    for folder in filter(Path.is_dir, options.file):
        raise UsageError(f"{shown(folder)}: a folder, expected an image")
    out = options.out or options.file[0].with_suffix(".npz")
    _check_place(out, options)
    wish = Wish(
        names=options.bands,
        nodata=options.nodata,
        scales=options.scale,
        offsets=options.offset,
        is_raw=options.raw,
        dtype=options.dtype,
    )
    if options.raw and (options.scale or options.offset):
        raise UsageError("--raw keeps the stored numbers, --scale and --offset do not: expected one of them")
    rasters = [_read(file, options) for file in options.file]
    with given(options.file[0]):
        scene = scene_of(rasters, wish)
    _write(scene, out)
    return _facts(out, scene)


def _read(file: Path, options: argparse.Namespace) -> "Raster":
    from ground.rasters.files import read_raster

    bands = len(options.bands) if len(options.file) == 1 else 0
    with given(file):
        return read_raster(file, axes=options.axes, bands=bands, array=options.array, window=_window(options.window))


def _window(said: Sequence[int] | None) -> "Window | None":
    from ground.rasters.raster import Window

    return None if said is None else Window(row=said[0], column=said[1], rows=said[2], columns=said[3])


def _check_place(out: Path, options: argparse.Namespace) -> None:
    """Raises UsageError if the scene would overwrite a file that is not a scene, or a scene without --replace."""
    from hal.camera import CameraError
    from hal.scene_file import read_form

    if out.suffix != ".npz":
        raise UsageError(f"--out {shown(out)}: expected the ending .npz")
    if not out.exists():
        return
    if any(out.samefile(file) for file in options.file if file.exists()):
        raise UsageError(f"{shown(out)} is what is imported: --out gives the scene another name")
    try:
        read_form(out)
    except CameraError:
        raise UsageError(f"{shown(out)} is there and is no scene: --out gives another name") from None
    if not options.replace:
        raise UsageError(f"{shown(out)} is there already: --replace, or --out gives another name")


def _write(scene: "ImportedScene", out: Path) -> None:
    import numpy as np

    with whole_file(out) as file:
        np.savez(file, dn=scene.dn, band=np.array(scene.names), valid=scene.valid)


def _facts(out: Path, scene: "ImportedScene") -> dict[str, Any]:
    import msgspec
    import numpy as np

    return _form_facts(out) | {
        "valid_pixels": int(np.count_nonzero(scene.valid)),
        "place": msgspec.to_builtins(scene.place),
        "notes": scene.notes,
    }


def _form_facts(file: Path) -> dict[str, Any]:
    from hal.scene_file import read_form

    form = read_form(file)
    return {"scene": shown(file), "bands": list(form.bands), "dtype": form.dtype, "shape": list(form.shape)}


def _shown(file: Path) -> dict[str, Any]:
    """The properties of a scene file. Raises UsageError for a file that is not a scene."""
    import numpy as np

    from hal.camera import CameraError
    from hal.scene_file import read_samples

    try:
        facts, (_, _, valid) = _form_facts(file), read_samples(file)
    except CameraError as error:
        raise UsageError(str(error)) from None
    return facts | ({} if valid is None else {"valid_pixels": int(np.count_nonzero(valid))})


def _lines(found: dict[str, Any]) -> list[str]:
    """The properties as lines of text; after an import, with the table for a mission file."""
    bands, rows, columns = found["shape"]
    lines = [
        f"{found['scene']}: {bands} bands of {rows} x {columns} pixels, {found['dtype']}: {', '.join(found['bands'])}"
    ]
    if "valid_pixels" in found:
        lines += [f"{found['valid_pixels'] / (rows * columns):.1%} of the pixels are data"]
    lines += [f"note: {note}" for note in found.get("notes", ())]
    return [*lines, *_table(found)] if "place" in found else lines


def _table(found: dict[str, Any]) -> list[str]:
    file = Path(found["scene"])
    target = re.sub(r"[^a-z0-9_-]+", "-", file.stem.lower())[:40] or "scene"
    place = (f"{name} = {value}" for name, value in found["place"].items())
    return ["", "[[scene]]", f'target = "{target}"', f"file = {json.dumps(file.name)}", *place]


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(","))


def _numbers(text: str) -> tuple[float, ...]:
    numbers = tuple(float(word) for word in text.split(","))
    if not all(map(math.isfinite, numbers)):
        raise argparse.ArgumentTypeError(f"{text}: expected finite numbers")
    return numbers


_numbers.__name__ = "number, or numbers with commas"
