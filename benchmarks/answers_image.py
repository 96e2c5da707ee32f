"""Water index, threshold, clean-up, components, outlines and runs."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.harness import Row, at_level, compare, peer
from kernels.imaging import image

COAST = Path(__file__).parents[1] / "examples" / "scenes" / "landsat7_olinda.npz"
THRESHOLD = 0.2


def rows() -> Iterator[Row]:
    yield from index_rows("uint8, 352 x 349", *coast(), hold=7)  # ratios on two machines: 8.4, above 10
    yield from index_rows("uint16, 1408 x 1396", *sharp_coast(), hold=10)
    with at_level("portable"):
        yield from index_rows("uint8, 352 x 349", *coast(), hold=4)
    water = patches()
    yield from clean_rows(water)
    yield from component_rows(water)
    yield from outline_rows(water)


def coast() -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Green and SWIR-1 of the coast scene."""
    with np.load(COAST) as scene:
        names = scene["band"].tolist()
        return scene["dn"][names.index("green")].copy(), scene["dn"][names.index("swir1")].copy()


def sharp_coast() -> tuple[NDArray[np.uint16], NDArray[np.uint16]]:
    """The same scene as 16-bit reflectance, each pixel four wide and four high with some grain: 1408 x 1396."""
    grain = np.random.default_rng(1).integers(0, 40, (2, 1408, 1396), np.uint16)
    green, swir1 = (np.kron(band, np.ones((4, 4), np.uint16)) * np.uint16(40) for band in coast())
    return green + grain[0], swir1 + grain[1]


def patches() -> NDArray[np.uint8]:
    """A mask of 1024 x 1024 with lakes and islands of all sizes."""
    noise = np.random.default_rng(2).random((1064, 1064))
    for axis in (0, 1, 0, 1, 0, 1):
        noise = sum((np.roll(noise, step, axis) for step in (1, 2, 3, 5)), start=noise)
    noise = noise[40:, 40:]
    return (noise > np.quantile(noise, 0.6)).astype(np.uint8)


def numpy_index(a: NDArray[Any], b: NDArray[Any]) -> NDArray[np.float32]:
    a, b = a.astype(np.float32), b.astype(np.float32)
    index: NDArray[np.float32] = (a - b) / (a + b)
    return index


def index_rows(name: str, green: NDArray[Any], swir1: NDArray[Any], *, hold: float) -> Iterator[Row]:
    megapixels = green.size / 1e6
    yield compare(
        f"water index > threshold, {name}", "numpy", lambda: image.water_mask(green, swir1, threshold=THRESHOLD),
        lambda: (numpy_index(green, swir1) > np.float32(THRESHOLD)).astype(np.uint8),
        amount=megapixels, unit="Mpx/s", hold=hold, equal=np.array_equal)  # fmt: skip
    yield compare(
        f"water index, {name}", "numpy", lambda: image.normalised_difference(green, swir1),
        lambda: numpy_index(green, swir1), amount=megapixels, unit="Mpx/s", equal=np.array_equal)  # fmt: skip


def clean_rows(water: NDArray[np.uint8]) -> Iterator[Row]:
    cv2 = single_threaded_cv2()
    yield compare(
        "majority of 3 x 3, 1024 x 1024", "cv2.medianBlur", lambda: image.clean_mask(water, smallest_px=1),
        cv2 and (lambda: cv2.medianBlur(water, 3)),
        amount=water.size / 1e6, unit="Mpx/s", equal=np.array_equal)  # fmt: skip
    ndimage = peer("scipy.ndimage")
    yield compare(
        "majority, small water and holes, 1024 x 1024", "scipy.ndimage",
        lambda: image.clean_mask(water, smallest_px=16), ndimage and (lambda: scipy_clean(ndimage, water, 16)),
        amount=water.size / 1e6, unit="Mpx/s", hold=5, equal=np.array_equal)  # fmt: skip


def scipy_clean(ndimage: Any, mask: NDArray[np.uint8], smallest_px: int) -> NDArray[np.uint8]:
    """The clean-up with functions of scipy: a median, and labels with their counts."""
    water = ndimage.median_filter(mask, 3, mode="nearest")
    labels, count = ndimage.label(water)
    water &= np.bincount(labels.ravel(), minlength=count + 1)[labels] >= smallest_px
    labels, count = ndimage.label(water == 0)
    is_hole = np.bincount(labels.ravel(), minlength=count + 1) < smallest_px
    for edge in (labels[0], labels[-1], labels[:, 0], labels[:, -1]):
        is_hole[edge] = False
    is_hole[0] = False
    return np.asarray(water | is_hole[labels], np.uint8)


def component_rows(water: NDArray[np.uint8]) -> Iterator[Row]:
    ndimage, cv2 = peer("scipy.ndimage"), single_threaded_cv2()
    yield compare(
        "components, areas, boxes, 1024 x 1024", "scipy.ndimage", lambda: image.components(water),
        ndimage and (lambda: scipy_components(ndimage, water)),
        amount=water.size / 1e6, unit="Mpx/s", hold=2, equal=same_components)  # fmt: skip
    yield compare(
        "components, areas, boxes, 1024 x 1024", "cv2", lambda: image.components(water),
        cv2 and (lambda: cv2_components(cv2, water)),
        amount=water.size / 1e6, unit="Mpx/s", hold=1.5, equal=same_components)  # fmt: skip


def scipy_components(ndimage: Any, mask: NDArray[np.uint8]) -> image.LabelledComponents:
    labels, _ = ndimage.label(mask)
    boxes = [(r.start, c.start, r.stop, c.stop) for r, c in ndimage.find_objects(labels)]
    return image.LabelledComponents(labels, np.bincount(labels.flat)[1:].astype(np.int32), np.array(boxes))


def cv2_components(cv2: Any, mask: NDArray[np.uint8]) -> image.LabelledComponents:
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=4)
    x, y, width, height, area = stats[1:].T
    return image.LabelledComponents(labels, area, np.stack([y, x, y + height, x + width], axis=1))


def same_components(ours: image.LabelledComponents, theirs: image.LabelledComponents) -> bool:
    return all(map(np.array_equal, ours, theirs))


def outline_rows(water: NDArray[np.uint8]) -> Iterator[Row]:
    features = peer("rasterio.features")
    yield compare(
        "outlines as polygons, 1024 x 1024", "rasterio (GDAL)",
        lambda: image.decode_outlines(image.encode_outlines(water), water.shape),
        features and (lambda: [shape for shape, _ in features.shapes(water, mask=water != 0, connectivity=4)]),
        amount=water.size / 1e6, unit="Mpx/s", hold=5, equal=same_areas)  # fmt: skip
    yield compare(
        "runs, 1024 x 1024", "numpy", lambda: image.encode_runs(water), lambda: numpy_runs(water),
        amount=water.size / 1e6, unit="Mpx/s", hold=5,
        equal=lambda ours, theirs: theirs == numpy_runs(image.decode_runs(ours, water.shape)))  # fmt: skip


def same_areas(ours: list[image.Polygon], theirs: list[dict[str, Any]]) -> bool:
    """Whether there are as many polygons with the same areas; order and first vertices differ in the peer."""
    shapes = [[np.array(ring) for ring in shape["coordinates"]] for shape in theirs]
    return sorted(map(area, ours)) == sorted(map(area, shapes))


def area(polygon: list[NDArray[Any]]) -> float:
    exterior, *holes = map(enclosed, polygon)
    return exterior - sum(holes)


def enclosed(ring: NDArray[Any]) -> float:
    """Area of a ring by the shoelace formula."""
    (x, y), (next_x, next_y) = ring.T, np.roll(ring, -1, 0).T
    return abs(float((x * next_y - next_x * y).sum())) / 2


def numpy_runs(mask: NDArray[np.uint8]) -> bytes:
    """The run lengths alone, four octets each: a lower bound of the time that numpy needs."""
    changes = np.flatnonzero(np.diff(mask.ravel(), prepend=0))
    return np.diff(changes, prepend=0, append=mask.size).astype(np.uint32).tobytes()


def single_threaded_cv2() -> Any:
    if cv2 := peer("cv2"):
        cv2.setNumThreads(1)
    return cv2
