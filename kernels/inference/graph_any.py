"""Settings of the layers of any geometry (csrc/include/skyrack/nets_any.h), and the shapes that they make.

Shapes are rows, columns, channels; 0 rows or columns stand for any. Whatever does not fit is a ValueError.
"""

from collections.abc import Sequence
from enum import IntEnum
from math import inf, isnan
from typing import NamedTuple

import numpy as np

from kernels.library import lib

REACH_MAX: int = lib.SR_NETS_REACH_MAX
CUT_MAX = 2**53
"""Beyond the end of any axis."""

Shape = tuple[int, int, int]


class Operation(IntEnum):
    """Of two images."""

    ADD = lib.SR_NETS_ADD
    SUBTRACT = lib.SR_NETS_SUBTRACT
    MULTIPLY = lib.SR_NETS_MULTIPLY
    DIVIDE = lib.SR_NETS_DIVIDE
    MAXIMUM = lib.SR_NETS_MAXIMUM
    MINIMUM = lib.SR_NETS_MINIMUM


class Function(IntEnum):
    """Of a number."""

    CLIP = lib.SR_NETS_CLIP
    LEAKY = lib.SR_NETS_LEAKY
    HARD_SIGMOID = lib.SR_NETS_HARD_SIGMOID
    HARD_SWISH = lib.SR_NETS_HARD_SWISH
    TANH = lib.SR_NETS_TANH
    ELU = lib.SR_NETS_ELU
    EXP = lib.SR_NETS_EXP
    LOG = lib.SR_NETS_LOG
    SQRT = lib.SR_NETS_SQRT
    ABS = lib.SR_NETS_ABS
    ERF = lib.SR_NETS_ERF
    SOFTPLUS = lib.SR_NETS_SOFTPLUS


class Pool(IntEnum):
    """What becomes of a window."""

    LARGEST = lib.SR_NETS_LARGEST
    MEAN_INSIDE = lib.SR_NETS_MEAN_INSIDE
    MEAN_ALL = lib.SR_NETS_MEAN_ALL


class Reduction(IntEnum):
    """What becomes of an axis."""

    SUM = lib.SR_NETS_SUM
    MEAN = lib.SR_NETS_MEAN
    MAX = lib.SR_NETS_MAX
    MIN = lib.SR_NETS_MIN


class Centres(IntEnum):
    """Where pixels lie."""

    HALF = lib.SR_NETS_HALF
    HALF_OR_0 = lib.SR_NETS_HALF_OR_0
    CORNERS = lib.SR_NETS_CORNERS
    FIRST = lib.SR_NETS_FIRST


class Between(IntEnum):
    """What there is between pixels."""

    LINEAR = lib.SR_NETS_LINEAR_BETWEEN
    NEAREST_BEFORE = lib.SR_NETS_NEAREST_BEFORE
    NEAREST_BEHIND = lib.SR_NETS_NEAREST_BEHIND
    FLOOR = lib.SR_NETS_FLOOR
    CEIL = lib.SR_NETS_CEIL


class Framing(IntEnum):
    """What a frame shows."""

    CONSTANT = lib.SR_NETS_CONSTANT
    MIRROR = lib.SR_NETS_MIRROR
    EDGE = lib.SR_NETS_EDGE


def require(holds: bool, sentence: str) -> None:
    """Raise ValueError unless it holds."""
    if not holds:
        raise ValueError(sentence)


def slid(length: int, size: int, stride: int, dilation: int, pads: tuple[int, int], *, up: bool = False) -> int:
    """Rows or columns that a window makes; 0 of any. With `up`, also one that begins inside and hangs over the end."""
    if not length:
        return 0
    rest = length + sum(pads) - ((size - 1) * dilation + 1)
    require(rest >= 0, f"{length} rows or columns for a window of {size}")
    made = (rest + (stride - 1 if up else 0)) // stride + 1
    return made - 1 if up and (made - 1) * stride >= length + pads[0] else made


class Sliding(NamedTuple):
    """A window of any geometry, of a convolution or a transposed one; `more` rows and columns are behind the latter."""

    size_rows: int
    size_cols: int
    stride_rows: int = 1
    stride_cols: int = 1
    dilation_rows: int = 1
    dilation_cols: int = 1
    top: int = 0
    left: int = 0
    bottom: int = 0
    right: int = 0
    groups: int = 1
    more_rows: int = 0
    more_cols: int = 0

    def check(self) -> None:
        """Ranges."""
        require(min(self[:6]) >= 1 and max(self[:10]) <= REACH_MAX and min(self[6:10]) >= 0, f"a window of {self[:10]}")
        require(self.groups >= 1 and min(self[11:]) >= 0 and max(self[11:]) <= REACH_MAX, f"{self[10:]}")

    def made(self, given: Shape, outputs: int) -> Shape:
        """Of a convolution."""
        self._check_groups(given, outputs)
        rows, cols, _ = given
        return (
            slid(rows, self.size_rows, self.stride_rows, self.dilation_rows, (self.top, self.bottom)),
            slid(cols, self.size_cols, self.stride_cols, self.dilation_cols, (self.left, self.right)),
            outputs,
        )

    def spread(self, given: Shape, outputs: int) -> Shape:
        """Of a transposed convolution."""
        self._check_groups(given, outputs)
        rows, cols, _ = given
        down = (self.size_rows - 1) * self.dilation_rows + 1 - self.top - self.bottom + self.more_rows
        across = (self.size_cols - 1) * self.dilation_cols + 1 - self.left - self.right + self.more_cols
        made = (rows - 1) * self.stride_rows + down, (cols - 1) * self.stride_cols + across
        require(not rows or min(made) > 0, f"an image of {made}")
        return (made[0] if rows else 0), (made[1] if cols else 0), outputs

    def _check_groups(self, given: Shape, outputs: int) -> None:
        whole = given[2] % self.groups == 0 and outputs % self.groups == 0
        require(whole, f"{given[2]} channels and {outputs} outputs in {self.groups} groups")


class Pooling(NamedTuple):
    """A pool of any geometry; `up`: a window may hang over the end."""

    pooling: int
    size_rows: int
    size_cols: int
    stride_rows: int = 1
    stride_cols: int = 1
    dilation_rows: int = 1
    dilation_cols: int = 1
    top: int = 0
    left: int = 0
    bottom: int = 0
    right: int = 0
    up: int = 0

    def check(self) -> None:
        """Ranges; each window has to have a pixel inside."""
        require(0 <= self.pooling < lib.SR_NETS_POOLINGS and self.up in (0, 1), f"a pool of kind {self.pooling}")
        require(min(self[1:7]) >= 1 and max(self[1:]) <= REACH_MAX and min(self[7:]) >= 0, f"a window of {self[1:]}")
        dilated = (self.size_rows - 1) * self.dilation_rows + 1, (self.size_cols - 1) * self.dilation_cols + 1
        inside = max(self.top, self.bottom) < dilated[0] and max(self.left, self.right) < dilated[1]
        plain = self.dilation_rows == self.dilation_cols == 1 or not any(self[7:11])
        require(inside and (plain or self.pooling == lib.SR_NETS_LARGEST), f"a window of {self[1:]}")
        require(not self.up or self.pooling != lib.SR_NETS_MEAN_ALL, "a mean with zeros of windows over the end")

    def made(self, given: Shape) -> Shape:
        """The shape of what comes of it."""
        rows, cols, channels = given
        return (
            slid(rows, self.size_rows, self.stride_rows, self.dilation_rows, (self.top, self.bottom), up=bool(self.up)),
            slid(cols, self.size_cols, self.stride_cols, self.dilation_cols, (self.left, self.right), up=bool(self.up)),
            channels,
        )


class Combining(NamedTuple):
    """Two images, number by number; axes of which one has a single plane are repeated."""

    operation: int

    def check(self) -> None:
        """Ranges."""
        require(0 <= self.operation < lib.SR_NETS_OPERATIONS, f"operation {self.operation}")

    def made(self, given: Sequence[Shape]) -> Shape:
        """The shape of what comes of it."""
        joint = [
            a if a == b or b == 1 else b if a == 1 else max(a, b) if not min(a, b) else -1
            for a, b in zip(*given, strict=True)
        ]
        require(min(joint) >= 0, f"images of {given[0]} and {given[1]}")
        return joint[0], joint[1], joint[2]


class Applying(NamedTuple):
    """A function of each number, with its parameters."""

    function: int
    p: float = 0.0
    q: float = 0.0

    def check(self) -> None:
        """Ranges."""
        require(0 <= self.function < lib.SR_NETS_FUNCTIONS, f"function {self.function}")
        require(not isnan(self.p) and not isnan(self.q), "a parameter that is no number")
        require(self.function == lib.SR_NETS_CLIP or abs(self.p) + abs(self.q) < inf, "a parameter that is not finite")


class Sharing(NamedTuple):
    """Softmax over channels, or its logarithm."""

    logarithms: int = 0

    def check(self) -> None:
        """Ranges."""
        require(self.logarithms in (0, 1), f"logarithms = {self.logarithms}")


class Reducing(NamedTuple):
    """Over the axes whose bit is set: 1 rows, 2 columns, 4 channels."""

    reduction: int
    axes: int

    def check(self) -> None:
        """Ranges."""
        require(0 <= self.reduction < lib.SR_NETS_REDUCTIONS and 0 < self.axes < 8, f"axes {self.axes}")

    def made(self, given: Shape) -> Shape:
        """The shape of what comes of it."""
        rows, cols, channels = (1 if self.axes >> axis & 1 else length for axis, length in enumerate(given))
        return rows, cols, channels


class Resizing(NamedTuple):
    """To `rows` and `cols` or, where they are 0, to as many times as the scales say."""

    centres: int
    between: int
    scale_rows: float
    scale_cols: float
    rows: int = 0
    cols: int = 0

    def check(self) -> None:
        """Ranges."""
        known = 0 <= self.centres < lib.SR_NETS_CENTRES and 0 <= self.between < lib.SR_NETS_BETWEENS
        require(known and self.rows >= 0 and self.cols >= 0, f"resizing {self[:2]}")
        scaled = 0 < self.scale_rows < 1e6 and 0 < self.scale_cols < 1e6
        require(scaled or (self.rows > 0 and self.cols > 0), f"scales {self.scale_rows}, {self.scale_cols}")

    def made(self, given: Shape) -> Shape:
        """The shape of what comes of it."""
        rows, cols, channels = given
        made = self.rows or _times(rows, self.scale_rows), self.cols or _times(cols, self.scale_cols)
        require(not rows or min(made) > 0, f"an image of {made}")
        return *made, channels

    def scales(self, given: Shape, made: Shape) -> tuple[float, float]:
        """Output per input."""
        return (
            made[0] / given[0] if self.rows else self.scale_rows,
            made[1] / given[1] if self.cols else self.scale_cols,
        )


def _times(length: int, scale: float) -> int:
    """As many as a scale makes, in binary32 as those who write it reckon: 10 times 1.3 are 13, and not 12.99."""
    return int(np.float32(length) * np.float32(scale))


class Padding(NamedTuple):
    """A frame of rows, columns and channels."""

    before_rows: int
    before_cols: int
    before_channels: int
    after_rows: int
    after_cols: int
    after_channels: int
    framing: int = 0
    value: float = 0.0

    def check(self) -> None:
        """Ranges."""
        require(min(self[:6]) >= 0 and max(self[:6]) <= 0xFFFF, f"a frame of {self[:6]}")
        require(0 <= self.framing < lib.SR_NETS_FRAMINGS and not isnan(self.value), f"framing {self.framing}")

    def made(self, given: Shape) -> Shape:
        """The shape of what comes of it."""
        frames = [before + after for before, after in zip(self[:3], self[3:6], strict=True)]
        for length, before, after in zip(given, self[:3], self[3:6], strict=True):
            mirrored = self.framing == lib.SR_NETS_MIRROR and length
            require(not mirrored or max(before, after) < length, f"a mirror of {max(before, after)} of {length}")
        rows, cols, channels = (length + frame if length else 0 for length, frame in zip(given, frames, strict=True))
        return rows, cols, channels


class Cutting(NamedTuple):
    """From start to before end by steps, of rows, columns and channels; what is below 0 counts from the end."""

    start_rows: int = 0
    start_cols: int = 0
    start_channels: int = 0
    end_rows: int = CUT_MAX
    end_cols: int = CUT_MAX
    end_channels: int = CUT_MAX
    step_rows: int = 1
    step_cols: int = 1
    step_channels: int = 1

    def check(self) -> None:
        """Ranges."""
        require(max(map(abs, self)) <= CUT_MAX and min(self[6:]) >= 1, f"a part {self}")

    def ranges(self, given: Shape) -> list[range]:
        """Of each axis; empty ones of an axis of any length."""
        bounds = zip(self[:3], self[3:6], self[6:], given, strict=True)
        return [range(length)[start:end:step] for start, end, step, length in bounds]

    def made(self, given: Shape) -> Shape:
        """The shape of what comes of it."""
        rows, cols, channels = map(len, self.ranges(given))
        require(
            all(made or not length for made, length in zip((rows, cols, channels), given, strict=True)), "an empty part"
        )
        return rows, cols, channels


class Joining(NamedTuple):
    """One behind the other along rows (0) or columns (1)."""

    axis: int

    def check(self) -> None:
        """Ranges."""
        require(self.axis in (0, 1), f"axis {self.axis}")

    def made(self, given: Sequence[Shape]) -> Shape:
        """The shape of what comes of it."""
        others = {shape[: self.axis] + shape[self.axis + 1 :] for shape in given}
        require(len(others) == 1, f"images of {given}")
        lengths = [shape[self.axis] for shape in given]
        whole = list(given[0])
        whole[self.axis] = sum(lengths) if all(lengths) else 0
        return whole[0], whole[1], whole[2]


class Stepping(NamedTuple):
    """To whole numbers and back: (q - back_zero) * back_step of q = round(x / step) + zero, within low..high."""

    step: float
    back_step: float
    zero: int
    low: int
    high: int
    back_zero: int

    def check(self) -> None:
        """Ranges."""
        require(-255 <= self.low <= self.high <= 255, f"numbers of {self.low}..{self.high}")
        require(max(abs(self.zero), abs(self.back_zero)) <= 255, f"zeros {self.zero}, {self.back_zero}")
        require(0 < self.step < inf and 0 < self.back_step < inf, f"steps {self.step}, {self.back_step}")


class Holding(NamedTuple):
    """A constant image of this shape; its numbers are the node's weights."""

    rows: int
    cols: int
    channels: int

    def check(self) -> None:
        """Ranges."""
        require(min(self) > 0, f"an image of {tuple(self)}")


class Scaling(NamedTuple):
    """A factor and a shift for each channel, which are the node's weights and bias."""

    def check(self) -> None:
        """Nothing to say."""


Settings = (
    Sliding | Pooling | Combining | Applying | Sharing | Reducing | Resizing | Padding | Cutting | Joining | Stepping
    | Holding | Scaling
)  # fmt: skip
