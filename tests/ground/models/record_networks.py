"""Records small networks as PyTorch exports them and onnxruntime quantises them. Needs both; writes recorded/*.onnx.

python -m tests.ground.models.record_networks
"""

from pathlib import Path

from benchmarks.models.networks import export, quantised, unet

FOLDER = Path(__file__).parent / "recorded"


def classifier(torch):
    """What ResNets and MobileNets are made of: residual blocks, inverted bottlenecks, ReLU6, a pool, a dense layer."""
    nn = torch.nn

    def layer(given, made, **how):
        return nn.Sequential(nn.Conv2d(given, made, bias=False, **how), nn.BatchNorm2d(made))

    class Classifier(nn.Module):
        """Four bands, five classes."""

        def __init__(self):
            super().__init__()
            self.first = nn.Sequential(
                layer(4, 8, kernel_size=7, stride=2, padding=3), nn.ReLU(), nn.MaxPool2d(3, 2, 1)
            )
            self.block = nn.Sequential(
                layer(8, 8, kernel_size=3, padding=1), nn.ReLU(), layer(8, 8, kernel_size=3, padding=1)
            )
            self.narrow = nn.Sequential(
                layer(8, 24, kernel_size=1), nn.ReLU6(),
                layer(24, 24, kernel_size=3, stride=2, padding=1, groups=24), nn.ReLU6(), layer(24, 12, kernel_size=1),
            )  # fmt: skip
            self.last = nn.Linear(12, 5)

        def forward(self, x):
            x = self.first(x)
            x = self.narrow(torch.relu(x + self.block(x)))
            return self.last(torch.flatten(nn.functional.adaptive_avg_pool2d(nn.functional.hardswish(x), 1), 1))

    return Classifier()


def main():
    u_nets = {"unet": unet(transposed=True, width=3), "resized": unet(transposed=False, width=3)}
    for name, build in {"classifier": classifier, **u_nets}.items():
        (FOLDER / f"{name}.onnx").write_bytes(export(build, 4))
        (FOLDER / f"{name}-int8.onnx").write_bytes(quantised(build, 4, per_channel=True))


if __name__ == "__main__":
    main()
