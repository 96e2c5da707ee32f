"""Networks exported from PyTorch, in binary32 and quantised by onnxruntime."""

import io
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.models.table import Array, Case, Made

SIDE = 64
"""Rows and columns of the images."""

Build = Callable[[Any], Any]


def cases() -> Iterator[Case]:
    """Each network as the exporters write it, then quantised to 8 bits around its operators."""
    for name, build, bands in NETWORKS:
        for dynamo in (False, True):
            how = "torch.onnx.export" + (", dynamo" if dynamo else "")
            yield Case("PyTorch", f"{name}: {how}", partial(_exported, build, bands, dynamo=dynamo))
    for name, build, bands in NETWORKS[:3]:
        for per_channel in (False, True):
            what = "int8, weights by " + ("channel" if per_channel else "tensor")
            yield Case("onnxruntime", f"{name}: {what}", partial(_quantised, build, bands, per_channel=per_channel))
    yield Case("onnxruntime", "MobileNetV2: dynamic quantisation", partial(_dynamic, NETWORKS[1][1], 3))


def _exported(build: Build, bands: int, *, dynamo: bool) -> Made:
    octets, image = export(build, bands, dynamo=dynamo), images(bands, 1)[0]
    return Made(octets, image[0], run(octets, image)[0])


def export(build: Build, bands: int, *, dynamo: bool = False) -> bytes:
    """The octets of a network with weights and statistics drawn from a seed."""
    torch = import_module("torch")
    torch.manual_seed(1)
    torch.set_num_threads(1)
    network = build(torch)
    for name, numbers in network.named_buffers():
        if name.endswith("running_mean"):
            numbers.normal_(0, 0.1)
        elif name.endswith("running_var"):
            numbers.uniform_(0.5, 1.5)
    for parameter in network.parameters():  # so that signals neither die out nor grow from layer to layer
        with torch.no_grad():
            if parameter.dim() > 1:
                parameter.normal_(0, (1.5 * parameter[0].numel() ** -1) ** 0.5)
            else:
                parameter.uniform_(-0.1, 0.1)
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(module.weight, 0.7, 1.3)
    network.eval()
    example, out = torch.zeros(1, bands, SIDE, SIDE), io.BytesIO()
    if dynamo:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "model.onnx"
            torch.onnx.export(network, (example,), path, dynamo=True, verbose=False, external_data=False)
            return path.read_bytes()
    torch.onnx.export(network, (example,), out, dynamo=False)
    return out.getvalue()


def images(bands: int, count: int) -> list[Array]:
    """Images (1, bands, rows, columns), of noise and gradients."""
    random = np.random.default_rng(3)
    slope = np.linspace(-1, 1, SIDE, dtype=np.float32)
    return [
        (random.normal(0, 0.7, (1, bands, SIDE, SIDE)) + slope + slope[:, np.newaxis]).astype(np.float32)
        for _ in range(count)
    ]


def run(octets: bytes, image: Array) -> Array:
    """The result of onnxruntime with its default options."""
    runtime = import_module("onnxruntime")
    options = runtime.SessionOptions()
    options.log_severity_level, options.intra_op_num_threads = 3, 1
    session = runtime.InferenceSession(octets, options, providers=["CPUExecutionProvider"])
    return np.asarray(session.run(None, {session.get_inputs()[0].name: image})[0])


def _quantised(build: Build, bands: int, *, per_channel: bool) -> Made:
    octets, image = quantised(build, bands, per_channel=per_channel), images(bands, 1)[0]
    answer = run(octets, image)
    steps = np.diff(np.unique(answer))
    return Made(octets, image[0], answer[0], step=float(steps.min()) if steps.size else 1.0)


def quantised(build: Build, bands: int, *, per_channel: bool) -> bytes:
    """The octets of a network quantised to 8 bits around its operators, calibrated with four images."""
    quantization = import_module("onnxruntime.quantization")
    onnx = import_module("onnx")
    given = images(bands, 4)

    class Reader(quantization.CalibrationDataReader):  # type: ignore[misc, name-defined]
        """The images, one after the other."""

        left = iter(given)

        def get_next(self) -> Any:
            image = next(self.left, None)
            return None if image is None else {name: image}

    with tempfile.TemporaryDirectory() as folder:
        before, after = Path(folder) / "before.onnx", Path(folder) / "after.onnx"
        whole = onnx.load_model_from_string(export(build, bands))
        name = whole.graph.input[0].name
        onnx.save(whole, str(before))
        pre = import_module("onnxruntime.quantization.shape_inference")
        pre.quant_pre_process(str(before), str(before), skip_symbolic_shape=True)
        quantization.quantize_static(
            str(before), str(after), Reader(), quant_format=quantization.QuantFormat.QDQ, per_channel=per_channel,
            activation_type=quantization.QuantType.QUInt8, weight_type=quantization.QuantType.QInt8,
        )  # fmt: skip
        return after.read_bytes()


def _dynamic(build: Build, bands: int) -> Made:
    quantization = import_module("onnxruntime.quantization")
    with tempfile.TemporaryDirectory() as folder:
        before, after = Path(folder) / "before.onnx", Path(folder) / "after.onnx"
        before.write_bytes(export(build, bands))
        quantization.quantize_dynamic(str(before), str(after))
        octets = after.read_bytes()
    image = images(bands, 1)[0]
    return Made(octets, image[0], run(octets, image)[0])


def _torchvision(name: str, **parameters: Any) -> Build:
    def build(torch: Any) -> Any:
        return getattr(_torchvision_models(torch), name)(weights=None, **parameters)

    return build


def _torchvision_models(torch: Any) -> Any:
    """torchvision.models, without torchvision's C++ operators, which are not needed and some machines cannot load."""
    registered = torch.library.register_fake
    try:
        torch.library.register_fake = lambda *_, **__: lambda function: function
        return import_module("torchvision.models")
    finally:
        torch.library.register_fake = registered


def unet(*, transposed: bool, width: int = 16) -> Build:
    """A U-Net: down by pools, up by transposed convolutions or by resizing to the size of the image joined there."""

    def build(torch: Any) -> Any:
        nn = torch.nn

        def block(given: int, made: int) -> Any:
            layers = [nn.Conv2d(given, made, 3, padding=1), nn.BatchNorm2d(made), nn.ReLU(inplace=True)]
            return nn.Sequential(
                *layers, nn.Conv2d(made, made, 3, padding=1), nn.BatchNorm2d(made), nn.ReLU(inplace=True)
            )

        class UNet(nn.Module):  # type: ignore[misc, name-defined]
            """A U-Net of three levels and four classes."""

            def __init__(self) -> None:
                super().__init__()
                self.down = nn.ModuleList([block(4, width), block(width, 2 * width), block(2 * width, 4 * width)])
                self.up = nn.ModuleList(
                    [nn.ConvTranspose2d(4 * width, 2 * width, 2, 2), nn.ConvTranspose2d(2 * width, width, 2, 2)]
                )
                self.thin = nn.ModuleList([nn.Conv2d(4 * width, 2 * width, 1), nn.Conv2d(2 * width, width, 1)])
                self.join = nn.ModuleList([block(4 * width, 2 * width), block(2 * width, width)])
                self.last = nn.Conv2d(width, 4, 1)

            def forward(self, x: Any) -> Any:
                kept = []
                for number, down in enumerate(self.down):
                    x = down(x if not number else nn.functional.max_pool2d(x, 2))
                    kept.append(x)
                for up, thin, join, beside in zip(self.up, self.thin, self.join, kept[-2::-1], strict=True):
                    larger = (
                        up(x)
                        if transposed
                        else nn.functional.interpolate(
                            thin(x), size=beside.shape[2:], mode="bilinear", align_corners=False
                        )
                    )
                    x = join(torch.cat([beside, larger], 1))
                return torch.softmax(self.last(x), 1)

        return UNet()

    return build


NETWORKS: list[tuple[str, Build, int]] = [
    ("ResNet-18", _torchvision("resnet18", num_classes=10), 3),
    ("MobileNetV2", _torchvision("mobilenet_v2", num_classes=10), 3),
    ("U-Net, transposed convolutions", unet(transposed=True), 4),
    ("U-Net, resized", unet(transposed=False), 4),
    ("MobileNetV3 small", _torchvision("mobilenet_v3_small", num_classes=10), 3),
    ("SqueezeNet", _torchvision("squeezenet1_1", num_classes=10), 3),
    ("DenseNet-121", _torchvision("densenet121", num_classes=10), 3),
    ("EfficientNet-B0", _torchvision("efficientnet_b0", num_classes=10), 3),
    ("RegNet-Y 400MF", _torchvision("regnet_y_400mf", num_classes=10), 3),
    ("ShuffleNetV2", _torchvision("shufflenet_v2_x0_5", num_classes=10), 3),
    ("GoogLeNet", _torchvision("googlenet", num_classes=10, aux_logits=False, init_weights=False), 3),
    ("ConvNeXt tiny", _torchvision("convnext_tiny", num_classes=10), 3),
    ("ViT", _torchvision("vit_b_16", num_classes=10, image_size=64), 3),
]
