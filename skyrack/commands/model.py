"""Turn a trained model into a signed bundle that a node will take, and look at bundles.

skyrack model keygen --out team
skyrack model import model.txt --golden tile.npz --divisor 10000 --key team.key --out clouds.bundle
skyrack model check clouds.bundle --trust team.pub
skyrack model show clouds.bundle --json

MODEL is LightGBM's text file, XGBoost's JSON, a forest described in JSON (ground/models/described.py writes that of a
scikit-learn estimator), or a network as ONNX (ground/models/onnx names the operators). The tile has `samples` (bands,
rows, columns), and may have `expected`, what the library that trained the model gives for them, and `bands`, their
names. A bundle is only written where the kernels give what is expected; without `expected`, its manifest says
that it is not verified.
"""

import argparse
import errno
import json
import os
import re
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hal.linux.whole_file import whole_file
from kernels.usage import UsageError, given, read_file, shown
from skyrack.options.bundle_files import BUNDLE_OCTETS_MAX, KEY_OCTETS_MAX, check_place, public_key_in
from skyrack.parser import subcommand, within

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ground.models.importing import Imported
    from link.models.bundle import Bundle
    from link.models.manifest import Tensor
    from skyrack.options.golden_tile import GoldenTile

_NOT_VERIFIED = "not verified: nobody said what the library that trained it gives"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the subcommands and their options."""
    commands = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    _add_import(subcommand(commands, "import", "a model file as a signed bundle"))
    for name, text in (("show", "what a bundle says of itself"), ("check", "whether a node would take it")):
        command = subcommand(commands, name, text)
        command.add_argument("file", type=Path, metavar="BUNDLE")
        command.add_argument("--json", action="store_true", help="as one JSON object")
    command.add_argument("--trust", type=Path, action="append", required=True, metavar="PUB", help="key that may sign")
    keygen = subcommand(commands, "keygen", "a new pair of keys: NAME.key signs, NAME.pub is for the nodes")
    keygen.add_argument("--out", type=Path, required=True, metavar="NAME", help="without ending")


def _add_import(command: argparse.ArgumentParser) -> None:
    command.add_argument("model", type=Path, metavar="MODEL")
    command.add_argument(
        "--golden", type=Path, metavar="TILE", help="samples and answers, .npz; default: noise, and nothing is verified"
    )
    command.add_argument("--out", type=Path, required=True, metavar="BUNDLE")
    command.add_argument("--key", type=Path, required=True, help="private key that signs")
    command.add_argument("--name", help="of the model; default: that of BUNDLE without its ending")
    command.add_argument("--model-version", default="1", metavar="VERSION", help="default: 1")
    command.add_argument("--unit", default="", help="of the samples, for those who read the manifest")
    command.add_argument(
        "--divisor", type=within(float, 1e-9, 1e9), help="the model takes samples divided by this; default: as they are"
    )
    command.add_argument(
        "--tolerance", type=within(float, 0, 1e9), default=0.0, help="largest difference; default: 0, bit for bit"
    )
    command.add_argument(
        "--timeout-s", type=within(float, 0.001, 86_400), default=10.0, help="of a job that runs it; default: 10"
    )
    command.add_argument(
        "--memory-mib", type=within(int, 1, 2**20), default=256, help="of a job that runs it; default: 256"
    )
    command.add_argument(
        "--all-trees", action="store_true", help="of XGBoost: also those behind the best iteration, if training stopped"
    )
    command.add_argument("--json", action="store_true", help="the manifest on stdout")


def run(options: argparse.Namespace) -> int:
    """Run the subcommand."""
    actions: dict[str, Callable[[argparse.Namespace], int]] = {
        "import": _import,
        "show": _show,
        "check": _check,
        "keygen": _keygen,
    }
    return actions[options.action](options)


def _import(options: argparse.Namespace) -> int:
    check_place(options.out)
    key = read_file(options.key, KEY_OCTETS_MAX)
    bundle, remark = _bundled(options)
    with given(options.key):
        octets = bundle.encode(key)
    with whole_file(options.out) as file:
        file.write(octets)
    if remark:
        print(f"{options.model}: {remark}", file=sys.stderr)
    print(bundle.manifest.encode().decode() if options.json else _summary(bundle.manifest.name, len(octets), bundle))
    return 0


def _bundled(options: argparse.Namespace) -> "tuple[Bundle, str]":
    """The bundle of a model that agrees with its golden tile, and a remark on the model."""
    from ground.models.importing import read_model
    from link.bundles.envelope import NAME
    from link.models.bundle import make_bundle
    from link.models.manifest import FREE, ModelContract, Tensor, WorkerLimits
    from skyrack.options.golden_tile import compare

    name = options.name or options.out.stem
    if not re.fullmatch(NAME, name):
        raise UsageError(
            f"{name!r} is no name of a model: --name gives one of up to 40 letters, digits, '.', '_' and '-'"
        )
    octets = read_file(options.model, BUNDLE_OCTETS_MAX)
    with given(options.model):
        imported = read_model(octets, whole=options.all_trees, beside=partial(_beside, options.model.parent))
    tile = _tile(options, imported)
    free = (FREE,) * (tile.samples.ndim - 1)
    taken = Tensor(
        dtype=tile.samples.dtype.name,
        shape=(len(tile.samples), *free),
        unit=options.unit,
        bands=tile.bands,
        divisor=options.divisor,
    )
    with given(options.golden or options.model):
        found = _answer(imported, taken, tile.samples)
    if tile.expected is not None:
        compare(options.golden, found, tile.expected, options.tolerance)
    with given("bundle"):
        bundle = make_bundle(
            name=name,
            version=options.model_version,
            kind=imported.kind,
            weights=imported.weights,
            contract=ModelContract(input=taken, output=Tensor(dtype=found.dtype.name, shape=(FREE,) * found.ndim)),
            golden=(tile.samples, found),
            verified=tile.expected is not None,
            tolerance=options.tolerance,
            limits=WorkerLimits(timeout_s=options.timeout_s, memory_octets=options.memory_mib << 20),
        )
    return bundle, imported.remark


def _beside(folder: Path, name: str) -> bytes:
    """The content of a file of weights in the model's folder or below it. Raises ValueError for any other place."""
    path = Path(name)
    if not name or path.is_absolute() or ".." in path.parts:
        raise ValueError(f"weights in {name!r}, expected a file beside the model")
    return read_file(folder / path, BUNDLE_OCTETS_MAX)


def _tile(options: argparse.Namespace, imported: "Imported") -> "GoldenTile":
    from link.models.bundle import decode_weights, image_of
    from skyrack.options.golden_tile import noise_tile, read_tile

    if options.golden:
        with given(options.golden):
            return read_tile(options.golden)
    return noise_tile(*image_of(decode_weights(imported.kind, imported.weights)), options.divisor)


def _answer(imported: "Imported", taken: "Tensor", samples: "NDArray[Any]") -> "NDArray[Any]":
    """The kernels' output. Raises ValueError for samples that the model does not accept, or that overflow in it."""
    from fsw.pipelines.models import scorer_of
    from kernels.errors import UpsetError
    from link.models.bundle import decode_weights, inputs_of

    integers = ("uint8", "uint16")
    if samples.dtype.name not in (*integers, *imported.floats):
        raise ValueError(f"samples are {samples.dtype}, expected {', '.join((*integers, *imported.floats))}")
    weights = decode_weights(imported.kind, imported.weights)
    if len(samples) != inputs_of(weights):
        raise ValueError(f"the model takes {inputs_of(weights)} bands, samples have {len(samples)}, {samples.shape}")
    if 0 in samples.shape:
        raise ValueError(f"samples are of shape {samples.shape}: there is nothing in them")
    try:
        return scorer_of(weights, taken).run(samples)
    except UpsetError:  # checksums of infinite numbers prove nothing, so a node refuses them too
        raise ValueError("with these samples the numbers in the model grow beyond those of float32") from None


def _show(options: argparse.Namespace) -> int:
    from link.bundles.envelope import BUNDLE_MAGIC
    from link.errors import DecodeError
    from link.models.bundle import read_manifest

    octets = read_file(options.file, BUNDLE_OCTETS_MAX)
    try:
        key, manifest = read_manifest(octets)
    except DecodeError as error:
        foreign = "" if octets.startswith(BUNDLE_MAGIC[:3]) else "; `skyrack model import` makes one of a trained model"
        raise UsageError(f"{shown(options.file)}: {error}{foreign}") from None
    said = json.loads(manifest.encode())
    if options.json:
        print(json.dumps({"key": key, "octets": len(octets), "manifest": said}, indent=2))
        return 0
    print(f"says key     {key}, not checked")
    for name, value in said.items():
        print(f"{name:12} {value if isinstance(value, str) else json.dumps(value)}")
    return 0


def _check(options: argparse.Namespace) -> int:
    """Check a bundle as a node would: 1 if a node would refuse it; the reason is on stderr."""
    from fsw.pipelines.models import Model, ModelError
    from kernels.library import select_level, supported_levels

    trusted = tuple(map(public_key_in, options.trust))
    levels = {}
    try:
        for level in supported_levels():
            select_level(level)
            start = time.thread_time()
            model = Model(options.file, trusted)
            levels[level] = round(1000 * (time.thread_time() - start), 1)
    except ModelError as error:
        print(f"skyrack model: {error}", file=sys.stderr)
        return 1
    finally:
        select_level()
    if options.json:
        said = {
            "name": model.manifest.name,
            "version": model.manifest.version,
            "verified": model.manifest.golden.verified,
        }
        print(json.dumps({**said, "load_ms": levels}))
        return 0
    doubt = "" if model.manifest.golden.verified else f", {_NOT_VERIFIED}"
    print(f"{options.file}: {model.manifest.name} {model.manifest.version} is fit for use{doubt}")
    times = ", ".join(f"{taken} ms on {level}" for level, taken in levels.items())
    print(f"loaded and verified in {times}", file=sys.stderr)
    return 0


def _keygen(options: argparse.Namespace) -> int:
    from link.bundles.keys import new_private_key, public_pem

    if options.out.name in ("", ".."):
        raise UsageError(f"--out {shown(options.out)}: expected a name, from which NAME.key and NAME.pub are made")
    private = options.out.with_name(f"{options.out.name}.key")
    public = options.out.with_name(f"{options.out.name}.pub")
    for path in (private, public):
        if path.exists():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))
    pem = new_private_key()
    with whole_file(private) as file:
        os.fchmod(file.fileno(), 0o600)  # before the key is written to it
        file.write(pem)
    with whole_file(public) as file:
        file.write(public_pem(pem))
    print(f"{private}\n{public}")
    return 0


def _summary(name: str, octets: int, bundle: "Bundle") -> str:
    golden = bundle.manifest.golden
    pixels, doubt = "x".join(map(str, golden.input)), "" if golden.verified else f", {_NOT_VERIFIED}"
    return f"{name} {bundle.manifest.version}: {bundle.manifest.kind}, {octets} octets, golden vector {pixels}{doubt}"
