"""Random networks that fit together, for tests of whatever takes one."""

import numpy as np
from hypothesis import strategies as st

from kernels.inference.graph import Activation, Graph, Layer, LayerKind, derive_shapes, weights_shape

PIXELS_MAX = 300
"""Of what is scaled up, or made one row of numbers."""
SLIDING = (LayerKind.CONVOLUTION, LayerKind.DEPTHWISE, LayerKind.MAX_POOL, LayerKind.AVERAGE_POOL)


def with_weights(node, given, random):
    """The node with weights of the right shape, about as large as keeps numbers near 1."""
    shape = weights_shape(node, given)
    if shape is None:
        return node
    summed = max(1, np.prod(shape[:-1]))
    fields = {name: getattr(node, name) for name in node.__slots__}
    weights = random.normal(0, summed**-0.5, shape).astype(np.float32)
    return Layer(**{**fields, "weights": weights, "bias": random.normal(0, 0.5, shape[-1:]).astype(np.float32)})


@st.composite
def graphs(draw):
    """Up to six nodes over a small image; each takes the image before it."""
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    image = tuple(draw(st.tuples(st.integers(4, 12), st.integers(4, 31), st.integers(1, 9))))
    nodes = []
    for number in range(draw(st.integers(1, 5))):
        shapes = derive_shapes(image, nodes)
        nodes.append(with_weights(draw(node(number, shapes)), shapes[number], random))
    if draw(st.booleans()):
        nodes.append(Layer(kind=LayerKind.ARGMAX, inputs=(len(nodes),)))
    return Graph(image, tuple(nodes))


def node(number, shapes):
    """A node that takes image `number` and, to add or join, any other of the same rows and columns."""
    rows, cols, _ = shapes[number]
    activations, curves = st.sampled_from(Activation), st.sampled_from([Activation.RELU, Activation.SIGMOID])
    alike = [image for image, shape in enumerate(shapes) if shape == shapes[number]]
    beside = [image for image, shape in enumerate(shapes) if shape[:2] == (rows, cols)]
    same = st.just((number,))
    kinds = [
        sliding(number, min(rows, cols)),
        st.builds(Layer, kind=st.just(LayerKind.ADD), inputs=pairs(number, alike), activation=activations),
        st.builds(Layer, kind=st.just(LayerKind.CONCAT), inputs=pairs(number, beside)),
        st.builds(Layer, kind=st.just(LayerKind.ACTIVATION), inputs=same, activation=curves),
        st.builds(Layer, kind=st.just(LayerKind.MEAN), inputs=same),
    ]
    if rows * cols <= PIXELS_MAX:
        kinds += [
            st.builds(Layer, kind=st.just(LayerKind.BILINEAR), inputs=same),
            st.builds(Layer, kind=st.just(LayerKind.NEAREST), inputs=same, size=st.integers(1, 3)),
            st.builds(
                Layer, kind=st.just(LayerKind.DENSE), inputs=same, outputs=st.integers(1, 40), activation=activations
            ),
        ]
    return st.one_of(kinds)


def pairs(number, images):
    return st.tuples(st.just(number), st.sampled_from(images))


@st.composite
def sliding(draw, number, side):
    kind = draw(st.sampled_from(SLIDING))
    size = draw(st.integers(1, min(side, 3)))
    convolving = kind in (LayerKind.CONVOLUTION, LayerKind.DEPTHWISE)
    pads = st.integers(0, size - 1)
    return Layer(
        kind=kind,
        inputs=(number,),
        size=size,
        stride=draw(st.integers(1, 2)),
        padding=draw(st.tuples(pads, pads, pads, pads)),
        outputs=draw(st.sampled_from([1, 3, 32, 33])) if kind is LayerKind.CONVOLUTION else 0,
        activation=draw(st.sampled_from(Activation)) if convolving else Activation.LINEAR,
    )
