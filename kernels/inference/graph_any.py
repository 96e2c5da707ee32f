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
"""An end or start of a cut that lies beyond the end of any axis."""

Shape = tuple[int, int, int]


class Arithmetic(IntEnum):
    """Arithmetic of two images, number by number."""

    ADD = lib.SR_NETS_ADD
    SUBTRACT = lib.SR_NETS_SUBTRACT
    MULTIPLY = lib.SR_NETS_MULTIPLY
    DIVIDE = lib.SR_NETS_DIVIDE
    MAXIMUM = lib.SR_NETS_MAXIMUM
    MINIMUM = lib.SR_NETS_MINIMUM


class Function(IntEnum):
    """Function of each number of an image."""

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
    """What a pool makes of each window."""

    LARGEST = lib.SR_NETS_LARGEST
    MEAN_INSIDE = lib.SR_NETS_MEAN_INSIDE
    MEAN_ALL = lib.SR_NETS_MEAN_ALL


class Reduction(IntEnum):
    """What a reduction makes of the numbers along an axis."""

    SUM = lib.SR_NETS_SUM
    MEAN = lib.SR_NETS_MEAN
    MAX = lib.SR_NETS_MAX
    MIN = lib.SR_NETS_MIN


class Centres(IntEnum):
    """Where the pixels of the output lie between those of the input when an image is resized."""

    HALF = lib.SR_NETS_HALF
    HALF_OR_0 = lib.SR_NETS_HALF_OR_0
    CORNERS = lib.SR_NETS_CORNERS
    FIRST = lib.SR_NETS_FIRST


class Between(IntEnum):
    """How a resized image takes values between the pixels of the input."""

    LINEAR = lib.SR_NETS_LINEAR_BETWEEN
    NEAREST_BEFORE = lib.SR_NETS_NEAREST_BEFORE
    NEAREST_BEHIND = lib.SR_NETS_NEAREST_BEHIND
    FLOOR = lib.SR_NETS_FLOOR
    CEIL = lib.SR_NETS_CEIL


class FrameContent(IntEnum):
    """What padding is filled with."""

    CONSTANT = lib.SR_NETS_CONSTANT
    MIRROR = lib.SR_NETS_MIRROR
    EDGE = lib.SR_NETS_EDGE


def require_that(holds: bool, sentence: str) -> None:
    """Raise ValueError with `sentence` unless `holds`."""
    if not holds:
        raise ValueError(sentence)


def slid(length: int, size: int, stride: int, dilation: int, pads: tuple[int, int], *, up: bool = False) -> int:
    """Rows or columns that a sliding window makes; 0 if `length` is 0, which stands for any.

    With `up`, a last window that begins inside and hangs over the end counts too (ONNX: ceil_mode).
    """
    if not length:
        return 0
    rest = length + sum(pads) - ((size - 1) * dilation + 1)
    require_that(rest >= 0, f"{length} rows or columns, padded by {sum(pads)}, are too few for a window of {size}")
    made = (rest + (stride - 1 if up else 0)) // stride + 1
    return made - 1 if up and (made - 1) * stride >= length + pads[0] else made


class Sliding(NamedTuple):
    """Window of a convolution or a transposed one, of any geometry.

    `more_rows` and `more_cols` are appended to the output of the latter (ONNX: output_padding).
    """

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
        """Raise ValueError for a setting out of its range."""
        require_that(
            min(self[:6]) >= 1 and max(self[:10]) <= REACH_MAX and min(self[6:10]) >= 0, f"a window of {self[:10]}"
        )
        require_that(self.groups >= 1 and min(self[11:]) >= 0 and max(self[11:]) <= REACH_MAX, f"{self[10:]}")

    def made(self, given: Shape, outputs: int) -> Shape:
        """The shape of the output of a convolution."""
        self._check_groups(given, outputs)
        rows, cols, _ = given
        return (
            slid(rows, self.size_rows, self.stride_rows, self.dilation_rows, (self.top, self.bottom)),
            slid(cols, self.size_cols, self.stride_cols, self.dilation_cols, (self.left, self.right)),
            outputs,
        )

    def spread(self, given: Shape, outputs: int) -> Shape:
        """The shape of the output of a transposed convolution."""
        self._check_groups(given, outputs)
        rows, cols, _ = given
        down = (self.size_rows - 1) * self.dilation_rows + 1 - self.top - self.bottom + self.more_rows
        across = (self.size_cols - 1) * self.dilation_cols + 1 - self.left - self.right + self.more_cols
        made = (rows - 1) * self.stride_rows + down, (cols - 1) * self.stride_cols + across
        require_that(not rows or min(made) > 0, f"an output of {made}, expected at least one pixel")
        return (made[0] if rows else 0), (made[1] if cols else 0), outputs

    def _check_groups(self, given: Shape, outputs: int) -> None:
        whole = given[2] % self.groups == 0 and outputs % self.groups == 0
        require_that(whole, f"{given[2]} channels and {outputs} outputs, expected multiples of {self.groups} groups")


class Pooling(NamedTuple):
    """Settings of a pool of any geometry; `up`: a window may hang over the end (ONNX: ceil_mode)."""

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
        """Raise ValueError for a setting out of its range, or a window that could have no pixel inside."""
        require_that(0 <= self.pooling < lib.SR_NETS_POOLINGS and self.up in (0, 1), f"a pool of kind {self.pooling}")
        require_that(
            min(self[1:7]) >= 1 and max(self[1:]) <= REACH_MAX and min(self[7:]) >= 0, f"a window of {self[1:]}"
        )
        dilated = (self.size_rows - 1) * self.dilation_rows + 1, (self.size_cols - 1) * self.dilation_cols + 1
        inside = max(self.top, self.bottom) < dilated[0] and max(self.left, self.right) < dilated[1]
        plain = self.dilation_rows == self.dilation_cols == 1 or not any(self[7:11])
        require_that(inside and (plain or self.pooling == lib.SR_NETS_LARGEST), f"a window of {self[1:]}")
        counted = self.up and self.pooling == lib.SR_NETS_MEAN_ALL
        require_that(not counted, "a mean that counts padding, of windows that hang over the end, is not supported")

    def made(self, given: Shape) -> Shape:
        """The shape of the output."""
        rows, cols, channels = given
        return (
            slid(rows, self.size_rows, self.stride_rows, self.dilation_rows, (self.top, self.bottom), up=bool(self.up)),
            slid(cols, self.size_cols, self.stride_cols, self.dilation_cols, (self.left, self.right), up=bool(self.up)),
            channels,
        )


class Combining(NamedTuple):
    """Settings of arithmetic of two images; an axis of length 1 is repeated to the other image's length."""

    operation: int

    def check(self) -> None:
        """Raise ValueError for a setting out of its range."""
        require_that(0 <= self.operation < lib.SR_NETS_OPERATIONS, f"operation {self.operation}")

    def made(self, given: Sequence[Shape]) -> Shape:
        """The shape of the output."""
        joint = [
            a if a == b or b == 1 else b if a == 1 else max(a, b) if not min(a, b) else -1
            for a, b in zip(*given, strict=True)
        ]
        require_that(min(joint) >= 0, f"images of {given[0]} and {given[1]}, expected axes of the same length, or of 1")
        return joint[0], joint[1], joint[2]


class Applying(NamedTuple):
    """Settings of a function of each number: which one, and its parameters."""

    function: int
    p: float = 0.0
    q: float = 0.0

    def check(self) -> None:
        """Raise ValueError for a setting out of its range."""
        require_that(0 <= self.function < lib.SR_NETS_FUNCTIONS, f"function {self.function}")
        require_that(not isnan(self.p) and not isnan(self.q), "a parameter is NaN")
        require_that(self.function == lib.SR_NETS_CLIP or abs(self.p) + abs(self.q) < inf, "a parameter is not finite")


class Sharing(NamedTuple):
    """Settings of softmax over channels; with `logarithms` 1, of its logarithm."""

    logarithms: int = 0

    def check(self) -> None:
        """Raise ValueError for a setting out of its range."""
        require_that(self.logarithms in (0, 1), f"logarithms = {self.logarithms}, expected 0 or 1")


class Reducing(NamedTuple):
    """Settings of a reduction over the axes whose bit is set: 1 rows, 2 columns, 4 channels."""

    reduction: int
    axes: int

    def check(self) -> None:
        """Raise ValueError for a setting out of its range."""
        known = 0 <= self.reduction < lib.SR_NETS_REDUCTIONS
        require_that(
            known and 0 < self.axes < 8, f"reduction {self.reduction} over axes {self.axes}, expected axes 1..7"
        )

    def made(self, given: Shape) -> Shape:
        """The shape of the output."""
        rows, cols, channels = (1 if self.axes >> axis & 1 else length for axis, length in enumerate(given))
        return rows, cols, channels


class Resizing(NamedTuple):
    """Settings of a resize to `rows` and `cols` or, where these are 0, by `scale_rows` and `scale_cols`."""

    centres: int
    between: int
    scale_rows: float
    scale_cols: float
    rows: int = 0
    cols: int = 0

    def check(self) -> None:
        """Raise ValueError for a setting out of its range."""
        known = 0 <= self.centres < lib.SR_NETS_CENTRES and 0 <= self.between < lib.SR_NETS_BETWEENS
        require_that(known and self.rows >= 0 and self.cols >= 0, f"unknown way of resizing: {self}")
        scaled = 0 < self.scale_rows < 1e6 and 0 < self.scale_cols < 1e6
        scales = f"scales {self.scale_rows}, {self.scale_cols}, expected above 0 and below 1e6"
        require_that(scaled or (self.rows > 0 and self.cols > 0), scales)

    def made(self, given: Shape) -> Shape:
        """The shape of the output."""
        rows, cols, channels = given
        made = self.rows or _times(rows, self.scale_rows), self.cols or _times(cols, self.scale_cols)
        require_that(not rows or min(made) > 0, f"an output of {made}, expected at least one pixel")
        return *made, channels

    def scales(self, given: Shape, made: Shape) -> tuple[float, float]:
        """Rows and columns of the output to one of the input."""
        return (
            made[0] / given[0] if self.rows else self.scale_rows,
            made[1] / given[1] if self.cols else self.scale_cols,
        )


def _times(length: int, scale: float) -> int:
    """Length times scale, rounded down; in binary32, as ONNX computes it: 10 times 1.3 is 13, not 12.99."""
    return int(np.float32(length) * np.float32(scale))


class Padding(NamedTuple):
    """Settings of padding: rows, columns and channels before and after the image."""

    before_rows: int
    before_cols: int
    before_channels: int
    after_rows: int
    after_cols: int
    after_channels: int
    framing: int = 0
    value: float = 0.0

    def check(self) -> None:
        """Raise ValueError for a setting out of its range."""
        require_that(min(self[:6]) >= 0 and max(self[:6]) <= 0xFFFF, f"padding of {self[:6]}, expected 0..65535 each")
        require_that(0 <= self.framing < lib.SR_NETS_FRAMINGS and not isnan(self.value), f"framing {self.framing}")

    def made(self, given: Shape) -> Shape:
        """The shape of the output."""
        frames = [before + after for before, after in zip(self[:3], self[3:6], strict=True)]
        for length, before, after in zip(given, self[:3], self[3:6], strict=True):
            mirrored = self.framing == lib.SR_NETS_MIRROR and length
            most = max(before, after)
            require_that(
                not mirrored or most < length, f"mirrored padding of {most}, expected less than the axis, {length}"
            )
        rows, cols, channels = (length + frame if length else 0 for length, frame in zip(given, frames, strict=True))
        return rows, cols, channels


class Cutting(NamedTuple):
    """Settings of a slice: start, end (excluded) and step of rows, columns and channels; a negative start or end
    counts from the end of its axis, as in Python.
    """

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
        """Raise ValueError for a setting out of its range."""
        right = max(map(abs, self)) <= CUT_MAX and min(self[6:]) >= 1
        require_that(right, f"a slice {self}, expected steps of at least 1 and numbers up to {CUT_MAX}")

    def ranges(self, given: Shape) -> list[range]:
        """Indices that the slice takes of each axis; none of an axis of length 0, which stands for any."""
        bounds = zip(self[:3], self[3:6], self[6:], given, strict=True)
        return [range(length)[start:end:step] for start, end, step, length in bounds]

    def made(self, given: Shape) -> Shape:
        """The shape of the output."""
        rows, cols, channels = map(len, self.ranges(given))
        require_that(
            all(made or not length for made, length in zip((rows, cols, channels), given, strict=True)),
            f"a slice of {given} is empty: {self}",
        )
        return rows, cols, channels


class Joining(NamedTuple):
    """Settings of a concatenation along rows (axis 0) or columns (axis 1)."""

    axis: int

    def check(self) -> None:
        """Raise ValueError for a setting out of its range."""
        require_that(self.axis in (0, 1), f"axis {self.axis}, expected 0 (rows) or 1 (columns)")

    def made(self, given: Sequence[Shape]) -> Shape:
        """The shape of the output."""
        others = {shape[: self.axis] + shape[self.axis + 1 :] for shape in given}
        require_that(len(others) == 1, f"images of {given}, expected the same but for axis {self.axis}")
        lengths = [shape[self.axis] for shape in given]
        whole = list(given[0])
        whole[self.axis] = sum(lengths) if all(lengths) else 0
        return whole[0], whole[1], whole[2]


class Stepping(NamedTuple):
    """Settings of quantisation and back: q = round(x / step) + zero, limited to low..high, gives
    (q - back_zero) * back_step.
    """

    step: float
    back_step: float
    zero: int
    low: int
    high: int
    back_zero: int

    def check(self) -> None:
        """Raise ValueError for a setting out of its range."""
        require_that(-255 <= self.low <= self.high <= 255, f"limits {self.low}..{self.high}, expected within -255..255")
        zeros = f"zero points {self.zero}, {self.back_zero}, expected -255..255"
        require_that(max(abs(self.zero), abs(self.back_zero)) <= 255, zeros)
        steps = f"steps {self.step}, {self.back_step}, expected positive and finite"
        require_that(0 < self.step < inf and 0 < self.back_step < inf, steps)


class Holding(NamedTuple):
    """A constant image of this shape; its numbers are the node's weights."""

    rows: int
    cols: int
    channels: int

    def check(self) -> None:
        """Raise ValueError for a setting out of its range."""
        require_that(min(self) > 0, f"an image of {tuple(self)}, expected at least one pixel and channel")


class Scaling(NamedTuple):
    """A factor and a shift for each channel, which are the node's weights and bias."""

    def check(self) -> None:
        """Accept always: there are no settings."""


LayerSettings = (
    Sliding | Pooling | Combining | Applying | Sharing | Reducing | Resizing | Padding | Cutting | Joining | Stepping
    | Holding | Scaling
)  # fmt: skip
