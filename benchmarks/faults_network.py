"""The campaign of benchmarks/network_flips.py as rows of the table; the cost is that for the flood network."""

from collections.abc import Iterator

import numpy as np

from benchmarks.answers_nets import DATA, LAYERS, flood, layer, noise
from benchmarks.faults import Finding, overhead
from benchmarks.network_flips import campaign, false_alarms
from kernels.inference.nets import Network

CLEAN_RUNS = 1000
SITES = {
    "input": "image that it is given",
    "image": "image between layers",
    "weights": "weights, before the run",
    "cached": "weights, while one layer runs",
}


def findings(flips: int) -> Iterator[Finding]:
    alarms, cost_share = false_alarms(CLEAN_RUNS), cost()
    for site, share, harmful in campaign(flips):
        yield Finding(
            f"network: {SITES[site]}", "sums of tiles and weights", flips, harmful, round(share * harmful), CLEAN_RUNS,
            alarms, cost_share,
        )  # fmt: skip


def cost() -> float:
    """Overhead of the checks on a part of the Spanish image; without that file, on a layer of a U-Net."""
    channels, outputs, side = LAYERS[1]
    graph, image = flood("simplecnn") if DATA.is_dir() else (layer(channels, outputs), noise(side, side, channels))
    network, part = Network(graph), np.ascontiguousarray(image[:128, :128])
    return overhead(lambda: network.run(part), lambda: network.run(part, checked=True))
