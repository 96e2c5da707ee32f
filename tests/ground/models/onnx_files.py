"""ONNX files written for tests, and what onnxruntime gives for them."""

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from ground.models.onnx import read_onnx
from kernels.inference.nets import Network


def file_of(*operators, arrays=None, image=(1, 2, 8, 8), answer="y", opset=17):
    """A file whose input is `x`."""
    body = helper.make_graph(
        list(operators), "test", [helper.make_tensor_value_info("x", TensorProto.FLOAT, image)],
        [helper.make_tensor_value_info(answer, TensorProto.FLOAT, None)],
        [numpy_helper.from_array(array, name) for name, array in (arrays or {}).items()],
    )  # fmt: skip
    return helper.make_model(body, opset_imports=[helper.make_opsetid("", opset)], ir_version=8).SerializeToString()


def op(kind, *inputs, out="y", **attributes):
    """An operator; `out` may be several names."""
    return helper.make_node(kind, list(inputs), [out] if isinstance(out, str) else list(out), **attributes)


def noise(*shape, seed=1):
    return np.random.default_rng(seed).normal(0, 1, shape).astype(np.float32)


def theirs(octets, image, *, optimised=True, name="x"):
    """What onnxruntime gives for an image as the file wants it."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    if not optimised:
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    return onnxruntime.InferenceSession(octets, options, providers=["CPUExecutionProvider"]).run(None, {name: image})[0]


def ours(octets, image):
    """What we give, channels first as the file has it; channels may be its last axis where they are ours."""
    turned = np.ascontiguousarray(image[0].transpose(1, 2, 0))
    answer = Network(read_onnx(octets)).run(turned, checked=True)
    return answer if answer.ndim == 2 else answer.transpose(2, 0, 1)


def alike(octets, image=None, seed=1, tolerance=1e-5):
    """Whether we give what onnxruntime gives, but for rounding, in the order of its numbers."""
    image = noise(1, 2, 8, 8, seed=seed) if image is None else image
    expected = theirs(octets, image)
    found = ours(octets, image).reshape(-1)
    expected = expected.reshape(-1)
    return found.shape == expected.shape and np.abs(found - expected).max() <= tolerance * max(
        1, np.abs(expected).max()
    )
