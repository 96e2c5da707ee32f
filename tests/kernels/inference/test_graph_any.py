"""Settings of layers of any geometry: the shapes that they make, by ONNX's formulas, and what is out of range."""

import math

import pytest

from kernels.inference.graph_any import (
    Applying,
    Arithmetic,
    Between,
    Centres,
    Combining,
    Cutting,
    FrameContent,
    Function,
    Joining,
    Padding,
    Pool,
    Pooling,
    Reducing,
    Reduction,
    Resizing,
    Sharing,
    Sliding,
)

GIVEN = (10, 20, 6)


@pytest.mark.parametrize(
    ("made", "shape"),
    [
        # (length + pads - (dilation * (kernel - 1) + 1)) / stride + 1, rounded down
        (Sliding(3, 5).made(GIVEN, 4), (8, 16, 4)),
        (Sliding(3, 5, 2, 3, 2, 1, 1, 2, 3, 4).made(GIVEN, 4), (5, 8, 4)),
        (Sliding(3, 5).made((0, 20, 6), 4), (0, 16, 4)),
        (Pooling(Pool.LARGEST, 3, 2, 2, 3, 1, 2, 1, 0, 0, 1).made(GIVEN), (5, 7, 6)),
        (Pooling(Pool.LARGEST, 3, 2, 2, 3, up=1).made(GIVEN), (5, 7, 6)),  # rounded up
        (Pooling(Pool.LARGEST, 1, 1, 3, 3, up=1).made((8, 8, 6)), (3, 3, 6)),  # none begins behind the end
        # stride * (length - 1) + output_padding + dilation * (kernel - 1) + 1 - pads
        (Sliding(3, 5, 2, 3, 2, 1, 1, 2, 3, 4, more_rows=1, more_cols=2).spread(GIVEN, 4), (20, 58, 4)),
        (Sliding(3, 5).spread((0, 20, 6), 4), (0, 24, 4)),
        (Combining(Arithmetic.ADD).made([(10, 20, 6), (1, 20, 1)]), (10, 20, 6)),
        (Combining(Arithmetic.ADD).made([(10, 1, 6), (10, 20, 1)]), (10, 20, 6)),
        (Combining(Arithmetic.ADD).made([(0, 20, 6), (10, 20, 6)]), (10, 20, 6)),
        (Reducing(Reduction.SUM, 1).made(GIVEN), (1, 20, 6)),
        (Reducing(Reduction.SUM, 2).made(GIVEN), (10, 1, 6)),
        (Reducing(Reduction.SUM, 4).made(GIVEN), (10, 20, 1)),
        (Resizing(Centres.HALF, Between.LINEAR, 1.55, 0.49).made(GIVEN), (15, 9, 6)),
        (Resizing(Centres.HALF, Between.LINEAR, 0, 0, 7, 3).made(GIVEN), (7, 3, 6)),
        (Padding(1, 2, 3, 4, 5, 6).made(GIVEN), (15, 27, 15)),
        (Padding(9, 19, 5, 0, 0, 0, FrameContent.MIRROR).made(GIVEN), (19, 39, 11)),
        (Cutting(1, -3, 0, 8, 20, 4, 2, 1, 3).made(GIVEN), (4, 3, 2)),
        (Joining(0).made([(10, 20, 6), (5, 20, 6)]), (15, 20, 6)),
        (Joining(1).made([(10, 20, 6), (10, 1, 6)]), (10, 21, 6)),
    ],
)
def test_shapes(made, shape):
    assert made == shape


def test_scales_are_output_per_input():
    assert Resizing(Centres.HALF, Between.LINEAR, 2.0, 3.0).scales(GIVEN, (20, 60, 6)) == (2.0, 3.0)
    assert Resizing(Centres.HALF, Between.LINEAR, 0, 0, 5, 60).scales(GIVEN, (5, 60, 6)) == (0.5, 3.0)


FRAMES = [tuple(-1 if at == place else 0 for at in range(4)) for place in range(4)]


@pytest.mark.parametrize(
    "settings",
    [
        *(Sliding(3, 3, 1, 1, 1, 1, *frame) for frame in FRAMES),
        *(Sliding(*(0 if at == place else 1 for at in range(6))) for place in range(6)),
        Sliding(3, 3, groups=0),
        Sliding(3, 3, more_rows=-1),
        Sliding(3, 3, more_cols=-1),
        Pooling(-1, 2, 2),
        Pooling(max(Pool) + 1, 2, 2),
        Pooling(Pool.LARGEST, 2, 2, up=2),
        *(Pooling(Pool.LARGEST, *(0 if at == place else 1 for at in range(6))) for place in range(6)),
        *(
            Pooling(Pool.LARGEST, 2, 2, 1, 1, 1, 1, *(2 if at == place else 0 for at in range(4)))
            for place in range(4)  # a window of which no pixel is inside
        ),
        Pooling(Pool.MEAN_INSIDE, 2, 2, dilation_rows=2, top=1),
        Pooling(Pool.MEAN_ALL, 2, 2, up=1),
        Combining(-1),
        Combining(max(Arithmetic) + 1),
        Applying(-1),
        Applying(max(Function) + 1),
        Applying(Function.CLIP, math.nan),
        Applying(Function.CLIP, 0.0, math.nan),
        Applying(Function.LEAKY, math.inf),
        Applying(Function.HARD_SIGMOID, 0.0, -math.inf),
        Sharing(2),
        Reducing(-1, 1),
        Reducing(max(Reduction) + 1, 1),
        Reducing(Reduction.SUM, 0),
        Reducing(Reduction.SUM, 8),
        Resizing(max(Centres) + 1, Between.LINEAR, 1, 1),
        Resizing(Centres.HALF, max(Between) + 1, 1, 1),
        Resizing(Centres.HALF, Between.LINEAR, 0, 1),
        Resizing(Centres.HALF, Between.LINEAR, 1, 0),
        Resizing(Centres.HALF, Between.LINEAR, 0, 0, 1, 0),
        Resizing(Centres.HALF, Between.LINEAR, 0, 0, 0, 1),
        Resizing(Centres.HALF, Between.LINEAR, 1, 1, -1, 1),
        Resizing(Centres.HALF, Between.LINEAR, 1, 1, 1, -1),
        *(Padding(*(-1 if at == place else 0 for at in range(6))) for place in range(6)),
        Padding(0, 0, 0, 0, 0, 0x10000),
        Padding(0, 0, 0, 0, 0, 0, -1),
        Padding(0, 0, 0, 0, 0, 0, max(FrameContent) + 1),
        Padding(0, 0, 0, 0, 0, 0, FrameContent.CONSTANT, math.nan),
        *(Cutting(*[0] * 6, *(0 if at == place else 1 for at in range(3))) for place in range(3)),
        Cutting(2**53 + 1),
        Joining(-1),
        Joining(2),
    ],
)
def test_what_is_out_of_range_is_refused(settings):
    with pytest.raises(ValueError):  # noqa: PT011  # its words are said to who wrote the file, with the operator
        settings.check()


@pytest.mark.parametrize(
    "made",
    [
        lambda: Sliding(11, 1).made(GIVEN, 4),
        lambda: Sliding(1, 1, groups=4).made(GIVEN, 4),
        lambda: Sliding(1, 1, groups=3).made(GIVEN, 4),
        lambda: Sliding(1, 1, top=10).spread(GIVEN, 4),
        lambda: Sliding(1, 1, left=20).spread(GIVEN, 4),
        lambda: Combining(Arithmetic.ADD).made([(10, 20, 6), (10, 20, 3)]),
        lambda: Resizing(Centres.HALF, Between.LINEAR, 0.01, 1).made(GIVEN),
        lambda: Padding(10, 0, 0, 0, 0, 0, FrameContent.MIRROR).made(GIVEN),
        lambda: Padding(0, 0, 0, 0, 0, 6, FrameContent.MIRROR).made(GIVEN),
        lambda: Cutting(5, end_rows=5).made(GIVEN),
        lambda: Joining(0).made([(10, 20, 6), (10, 21, 6)]),
    ],
)
def test_what_does_not_fit_is_refused(made):
    with pytest.raises(ValueError):  # noqa: PT011  # its words are said to who wrote the file, with the operator
        made()


def test_what_is_at_the_edge_of_the_ranges_is_taken():
    for settings in (
        Sliding(1, 1),
        Pooling(Pool.LARGEST, 2, 2, 1, 1, 3, 1, 3, 1, 3, 1, 1),
        Pooling(Pool.MEAN_INSIDE, 2, 2, dilation_rows=2),
        Applying(Function.CLIP, -math.inf, math.inf),
        Sharing(1),
        Reducing(Reduction.MIN, 7),
        Resizing(Centres.FIRST, Between.CEIL, 0, 0, 1, 1),
        Padding(0, 0, 0, 0, 0, 0xFFFF, FrameContent.EDGE, math.inf),
        Cutting(-(2**53)),
        Joining(1),
    ):
        settings.check()
