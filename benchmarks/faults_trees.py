"""Flips in the memory of boosted trees, which is protected by a CRC-32C before and after each tile.

Harmful: a probability in the tile is wrong by more than 0.001, or the kernel refuses to score. No flip may lead the
kernel outside its memory: this process scores with all of them, and must not crash.
"""

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.faults import Finding, overhead
from ground.models.lightgbm import read_lightgbm
from kernels.errors import CorruptError
from kernels.inference.trees import Trees

MODEL = Path(__file__).parents[2] / "shared" / "data" / "eo" / "s2cloudless_lightgbm_v0.1.txt.gz"
TILE_PX, LARGE_PX, HARM, CLEAN_RUNS = 1024, 65536, 1e-3, 300


def findings(flips: int) -> Iterator[Finding]:
    if not MODEL.exists():
        return
    trees = Trees(read_lightgbm(gzip.decompress(MODEL.read_bytes()).decode()).trees[0])
    memory: NDArray[np.uint8] = trees._loaded.view(np.uint8).reshape(-1)
    codes = tile(trees, TILE_PX, 1)
    right, known = probabilities(trees, codes), trees.crc()
    random, harmful, seen = np.random.default_rng(1), 0, 0
    for _ in range(flips):
        at, bit = int(random.integers(memory.size)), np.uint8(1 << random.integers(8))
        memory[at] ^= bit
        if is_harmful(trees, codes, right):
            harmful += 1
            seen += trees.crc() != known
        memory[at] ^= bit
    yield Finding(
        "cloud model: nodes and leaves", "CRC-32C before and after a tile", flips, harmful, seen, CLEAN_RUNS,
        false_alarms(trees, known), cost(trees),
    )  # fmt: skip


def tile(trees: Trees, pixels: int, seed: int) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 254, (trees.columns, pixels), np.uint8)


def probabilities(trees: Trees, codes: NDArray[np.uint8]) -> NDArray[Any]:
    return 1 / (1 + np.exp(-trees.sums(codes)))


def is_harmful(trees: Trees, codes: NDArray[np.uint8], right: NDArray[Any]) -> bool:
    try:
        with np.errstate(all="ignore"):
            return not bool((np.abs(probabilities(trees, codes) - right) <= HARM).all())
    except CorruptError:
        return True


def false_alarms(trees: Trees, known: int) -> int:
    alarms = 0
    for seed in range(CLEAN_RUNS):
        trees.sums(tile(trees, 64, seed))
        alarms += trees.crc() != known
    return alarms


def cost(trees: Trees) -> float:
    """Overhead of two CRCs for a tile of 256 x 256."""
    codes = tile(trees, LARGE_PX, 2)

    def watched() -> None:
        trees.crc()
        trees.sums(codes)
        trees.crc()

    return overhead(lambda: trees.sums(codes), watched)
