"""The reader function of each ONNX operator."""

from ground.models.onnx import convolutions, numbers, pools, resizing, rounding, shapes
from ground.models.onnx.numbers import OperatorReader

READERS: dict[str, OperatorReader] = {
    **numbers.READINGS,
    "Conv": convolutions.convolution, "ConvTranspose": convolutions.transposed, "Gemm": convolutions.gemm,
    "MatMul": convolutions.matmul, "BatchNormalization": convolutions.normalization,
    "DepthToSpace": convolutions.depth_to_space,
    "MaxPool": pools.max_pool, "AveragePool": pools.average_pool, "GlobalAveragePool": pools.global_mean,
    "GlobalMaxPool": pools.global_max, "ReduceMean": pools.reduction, "ReduceSum": pools.reduction,
    "ReduceMax": pools.reduction, "ReduceMin": pools.reduction, "ArgMax": pools.argmax,
    "Resize": resizing.resize, "Upsample": resizing.resize,
    "QuantizeLinear": rounding.quantize, "DequantizeLinear": rounding.dequantize,
    "Identity": shapes.same, "Dropout": shapes.same, "Cast": shapes.cast, "Flatten": shapes.flatten,
    "Reshape": shapes.reshape, "Squeeze": shapes.squeeze, "Unsqueeze": shapes.unsqueeze, "Transpose": shapes.transpose,
    "Concat": shapes.concat, "Slice": shapes.cut, "Split": shapes.split, "Pad": shapes.pad,
}  # fmt: skip
