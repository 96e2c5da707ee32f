"""A small signed bundle to test with."""

import numpy as np

from link.bundles.keys import new_private_key, public_key
from link.models.bundle import make_bundle
from link.models.forest import ForestActivation, Split, build_forest
from link.models.manifest import FREE, ModelContract, Tensor, WorkerLimits

PRIVATE = new_private_key()
PUBLIC = public_key(PRIVATE)
BANDS = ("red", "nir")
FOREST = build_forest([Split(1, 0.25, -1.0, Split(0, 0.5, 2.0, 0.5))], 2, activation=ForestActivation.LOGISTIC)
GIVEN = np.array([[[100, 6000, 0]], [[2000, 3000, 65535]]], np.uint16)
WANTED = 1 / (1 + np.exp([[1.0, -0.5, -2.0]]))
CONTRACT = ModelContract(
    input=Tensor(dtype="uint16", shape=(2, FREE, FREE), unit="DN", bands=BANDS, divisor=10_000),
    output=Tensor(dtype="float64", shape=(FREE, FREE), unit="probability"),
)


def bundle(**changes):
    """Two bands, one tree, three pixels of golden vector."""
    said = {
        "name": "stump",
        "version": "1.0",
        "kind": "forest",
        "weights": FOREST.encode(),
        "contract": CONTRACT,
        "golden": (GIVEN, WANTED),
        "tolerance": 0.0,
        "limits": WorkerLimits(timeout_s=10, memory_octets=2**28),
    }
    return make_bundle(**(said | changes))
