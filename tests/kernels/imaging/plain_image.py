"""The image kernels' contract in plain numpy and loops: slow, short, and sharing nothing with the C code."""

import numpy as np


def index(a, b):
    with np.errstate(invalid="ignore"):
        return (a.astype(np.float32) - b.astype(np.float32)) / (a.astype(np.float32) + b.astype(np.float32))


def majority(mask):
    rows, cols = mask.shape
    framed = np.pad(mask != 0, 1, mode="edge").astype(int)
    return (sum(framed[r : r + rows, c : c + cols] for r in range(3) for c in range(3)) >= 5).astype(np.uint8)


def label(mask):
    """Flood fill from each pixel in raster order; four neighbours."""
    labels, count = np.zeros(mask.shape, np.int32), 0
    for seed in map(tuple, np.argwhere(mask)):
        if labels[seed]:
            continue
        count += 1
        stack = [seed]
        while stack:
            r, c = stack.pop()
            if not (0 <= r < mask.shape[0] and 0 <= c < mask.shape[1]) or not mask[r, c] or labels[r, c]:
                continue
            labels[r, c] = count
            stack += [(r + 1, c), (r - 1, c), (r, c + 1), (r, c - 1)]
    return labels, count


def clean(mask, smallest_px):
    water = majority(mask)
    labels, count = label(water)
    for number in range(1, count + 1):
        if (labels == number).sum() < smallest_px:
            water[labels == number] = 0
    labels, count = label(water == 0)
    edges = set(labels[0]) | set(labels[-1]) | set(labels[:, 0]) | set(labels[:, -1])
    for number in set(range(1, count + 1)) - edges:
        if (labels == number).sum() < smallest_px:
            water[labels == number] = 1
    return water


def runs(mask):
    """Run lengths, land first."""
    flat = (mask != 0).ravel()
    changes = np.flatnonzero(np.diff(flat, prepend=False))
    return np.diff(changes, prepend=0, append=flat.size).tolist()


def varint(value):
    head = b""
    while value >= 0x80:
        head += bytes([value & 0x7F | 0x80])
        value >>= 7
    return head + bytes([value])
