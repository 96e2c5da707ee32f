"""Boosted trees: the real cloud model on a real scene, beside LightGBM and onnxruntime; numbers to probabilities."""

import gzip
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.harness import Row, alone, at_level, compare, peer
from fsw.pipelines.models import Model
from ground.models.lightgbm import read_lightgbm
from kernels.inference.trees import CodeTables, Trees, logistic, quantise
from kernels.library import supported_levels
from link.bundles.keys import new_private_key, public_key
from link.models.bundle import make_bundle
from link.models.manifest import FREE, ModelContract, Tensor, WorkerLimits

DATA = Path(__file__).parents[2] / "shared" / "data" / "eo"
BANDS = [0, 1, 3, 4, 7, 8, 9, 10, 11, 12]
SIDE = 256  # of the tile: a quarter of the image, because LightGBM takes a second for it
GOLDEN = 32  # side of the golden vector
CHECKED = 1 / 1.08  # least relative speed with checks before and after a tile: they take 8 % at most
LOADS = 20.0  # models per second: one is loaded and verified in 50 ms


def rows() -> Iterator[Row]:
    if not DATA.is_dir():
        return
    text = gzip.decompress((DATA / "s2cloudless_lightgbm_v0.1.txt.gz").read_bytes()).decode()
    with np.load(DATA / "flood_Spain_7370579.npz") as chip:
        dn = np.ascontiguousarray(chip["s2_dn"][BANDS, :SIDE, :SIDE])
    yield from _scores(text, dn.reshape(len(BANDS), -1))
    yield from _codes(text, dn.reshape(len(BANDS), -1))
    with tempfile.TemporaryDirectory() as folder:
        yield from _models(text, dn, Path(folder))


def _scores(text: str, dn: NDArray[np.uint16]) -> Iterator[Row]:
    forest = read_lightgbm(text)
    model = Trees(forest.trees[0])
    tables = CodeTables(forest.columns, np.arange(65536, dtype=np.float32) / np.float32(10_000))
    reflectance = np.ascontiguousarray(dn.T, np.float32) / np.float32(10_000)

    def ours() -> NDArray[np.float64]:
        return logistic(model.sums(tables.codes(dn)))

    peers: dict[str, tuple[Callable[[], Any] | None, dict[str, float], Callable[[Any, Any], Any]]] = {
        "LightGBM": (_lightgbm(text, reflectance), {"portable": 12.0, "avx512": 40.0}, np.array_equal),
        "onnxruntime": (_onnxruntime(text, reflectance), {"avx512": 15.0}, _nearly),
    }
    for name, (theirs, holds, equal) in peers.items():
        for level in supported_levels():
            with at_level(level):
                yield compare(
                    "cloud model, 170 trees of 770 leaves", name, ours, theirs, equal=equal, amount=SIDE * SIDE / 1e6,
                    unit="Mpixel/s", hold=holds.get(level))  # fmt: skip


def _lightgbm(text: str, reflectance: NDArray[np.float32]) -> Callable[[], Any] | None:
    lightgbm = peer("lightgbm")
    if lightgbm is None:
        return None
    booster = lightgbm.Booster(model_str=text)
    return lambda: booster.predict(reflectance, num_threads=1)


def _onnxruntime(text: str, reflectance: NDArray[np.float32]) -> Callable[[], Any] | None:
    """Converting the model takes half a minute."""
    runtime, lightgbm, tools = peer("onnxruntime"), peer("lightgbm"), peer("onnxmltools")
    if None in (runtime, lightgbm, tools):
        return None
    kind = tools.convert.common.data_types.FloatTensorType([None, len(BANDS)])
    converted = tools.convert_lightgbm(
        lightgbm.Booster(model_str=text), initial_types=[("input", kind)], zipmap=False
    ).SerializeToString()
    options = runtime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = runtime.InferenceSession(converted, options, providers=["CPUExecutionProvider"])
    return lambda: session.run(["probabilities"], {"input": reflectance})[0][:, 1]


def _nearly(ours: NDArray[Any], theirs: NDArray[Any]) -> bool:
    """Whether results agree within the error of onnxruntime, which adds in single precision."""
    return bool(np.abs(ours - theirs).max() < 1e-5)


def _codes(text: str, dn: NDArray[np.uint16]) -> Iterator[Row]:
    columns = read_lightgbm(text).columns
    reflectance = dn.astype(np.float32) / np.float32(10_000)
    limits = [column.limits for column in columns]
    for level in supported_levels():
        with at_level(level):
            yield compare(
                "codes of reflectance, 10 bands", "numpy", lambda: quantise(reflectance, columns),
                lambda: np.array([np.searchsorted(*pair) for pair in zip(limits, reflectance, strict=True)], np.uint8),
                equal=np.array_equal, amount=SIDE * SIDE / 1e6, unit="Mpixel/s")  # fmt: skip


def _models(text: str, dn: NDArray[np.uint16], folder: Path) -> Iterator[Row]:
    """The same model as on a node: verified when it is loaded, its memory checked before and after a tile."""
    path, keys = _bundle(text, dn[:, :GOLDEN, :GOLDEN], folder)
    model = Model(path, keys)
    for level in supported_levels():
        with at_level(level):
            yield compare(
                "a tile between two checks of memory", "(no checks)", lambda: model.run(dn),
                lambda: model._scorer.run(dn), equal=np.array_equal, amount=SIDE * SIDE / 1e6, unit="Mpixel/s",
                hold=CHECKED)  # fmt: skip
            yield alone(
                "load and verify the bundle", lambda: Model(path, keys), amount=1, unit="models/s",
                promise=LOADS)  # fmt: skip


def _bundle(text: str, tile: NDArray[np.uint16], folder: Path) -> tuple[Path, tuple[bytes, ...]]:
    forest, key = read_lightgbm(text), new_private_key()
    taken = Tensor(dtype="uint16", shape=(len(BANDS), FREE, FREE), divisor=10_000)
    codes = CodeTables(forest.columns, np.arange(65536, dtype=np.float32) / np.float32(10_000)).codes(
        np.ascontiguousarray(tile.reshape(len(BANDS), -1))
    )
    answer = logistic(Trees(forest.trees[0]).sums(codes)).reshape(tile.shape[1:])
    bundle = make_bundle(
        name="clouds", version="1", kind="forest", weights=forest.encode(), golden=(tile, answer), tolerance=0,
        contract=ModelContract(input=taken, output=Tensor(dtype="float64", shape=(FREE, FREE))),
        limits=WorkerLimits(timeout_s=60, memory_octets=2**29),
    )  # fmt: skip
    octets = bundle.encode(key)
    assert len(octets) <= 1.4e6, f"the bundle has {len(octets)} octets"
    path = folder / "clouds.bundle"
    path.write_bytes(octets)
    return path, (public_key(key),)
