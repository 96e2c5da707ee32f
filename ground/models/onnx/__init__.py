"""Read networks that training tools wrote as ONNX files: one image in, one answer out, of the operators named here.

Convolutions of any geometry, also transposed; Gemm and MatMul with constant weights; BatchNormalization; pools; Add,
Sub, Mul, Div, Min, Max, Pow by 2 or 0.5; Relu, Clip, Sigmoid and other functions of a number; Softmax and LogSoftmax
over channels; ReduceMean, -Sum, -Max, -Min; Resize and Upsample, nearest and linear; Pad, Slice, Split, Concat;
Flatten, Reshape, Squeeze, Unsqueeze, Transpose; ArgMax over channels; DepthToSpace in the mode CRD (PixelShuffle);
QuantizeLinear and DequantizeLinear around any of them. What is computed of constants and of the size of an image alone
is computed when the file is read.

Everything else in a file is refused by name: operators, attributes and inputs that no reader here has used.
"""

from ground.models.onnx.file import Beside, read_onnx

__all__ = ["Beside", "read_onnx"]
