"""Activations as modules, and dropout."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gradspec_reference.names import factories
from gradspec_reference.nn import functional as F  # noqa: N812 - torch's custom
from gradspec_reference.nn.modules.made import NEEDED, layer
from gradspec_reference.nn.modules.module import Module
from gradspec_reference.nn.parameter import Parameter

if TYPE_CHECKING:
    from gradspec_reference.engine.tensor import Tensor

ReLU = layer("ReLU", F.relu, inplace=False)
ReLU6 = layer("ReLU6", F.relu6, inplace=False)
Sigmoid = layer("Sigmoid", F.sigmoid)
Tanh = layer("Tanh", F.tanh)
ELU = layer("ELU", F.elu, "alpha", alpha=1.0, inplace=False)
CELU = layer("CELU", F.celu, "alpha", alpha=1.0, inplace=False)
SELU = layer("SELU", F.selu, inplace=False)
GELU = layer("GELU", F.gelu, "approximate", approximate="none")
SiLU = layer("SiLU", F.silu, inplace=False)
Mish = layer("Mish", F.mish, inplace=False)
Softplus = layer("Softplus", F.softplus, "beta threshold", beta=1.0, threshold=20.0)
Softsign = layer("Softsign", F.softsign)
LeakyReLU = layer("LeakyReLU", F.leaky_relu, "negative_slope", negative_slope=0.01, inplace=False)
RReLU = layer("RReLU", F.rrelu, "lower upper", lower=1 / 8, upper=1 / 3, inplace=False)
Hardtanh = layer(
    "Hardtanh", F.hardtanh, "min_val max_val", min_val=-1.0, max_val=1.0, inplace=False
)
Hardsigmoid = layer("Hardsigmoid", F.hardsigmoid, inplace=False)
Hardswish = layer("Hardswish", F.hardswish, inplace=False)
LogSigmoid = layer("LogSigmoid", F.logsigmoid)
Tanhshrink = layer("Tanhshrink", F.tanhshrink)
Softshrink = layer("Softshrink", F.softshrink, "lambd", lambd=0.5)
Hardshrink = layer("Hardshrink", F.hardshrink, "lambd", lambd=0.5)
Threshold = layer(
    "Threshold",
    F.threshold,
    "threshold value",
    threshold=NEEDED,
    value=NEEDED,
    inplace=False,
)
GLU = layer("GLU", F.glu, "dim", dim=-1)
Softmax = layer("Softmax", F.softmax, "dim", dim=None)
LogSoftmax = layer("LogSoftmax", F.log_softmax, "dim", dim=None)
Softmin = layer("Softmin", F.softmin, "dim", dim=None)
PixelShuffle = layer("PixelShuffle", F.pixel_shuffle, "upscale_factor", upscale_factor=NEEDED)
PixelUnshuffle = layer(
    "PixelUnshuffle", F.pixel_unshuffle, "downscale_factor", downscale_factor=NEEDED
)
CosineSimilarity = layer("CosineSimilarity", F.cosine_similarity, dim=1, eps=1e-8)
PairwiseDistance = layer("PairwiseDistance", F.pairwise_distance, p=2.0, eps=1e-6, keepdim=False)


class Dropout(layer("Dropout", F.dropout, "p inplace", p=0.5, inplace=False)):  # type: ignore[misc]
    """Drops entries at random while it is trained (torch.nn.Dropout)."""

    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        if not 0 <= p <= 1:
            raise ValueError(f"Dropout was given p={p}; a probability lies in 0 to 1")
        super().__init__(p, inplace)


class PReLU(Module):
    """A rectifier that learns its slopes below zero (torch.nn.PReLU)."""

    def __init__(self, num_parameters: int = 1, init: float = 0.25) -> None:
        super().__init__()
        self.num_parameters = num_parameters
        self.weight = Parameter(factories.full((num_parameters,), init))

    def forward(self, input: Tensor) -> Tensor:
        """Return x above zero, and the weight times x below."""
        return F.prelu(input, self.weight)

    def extra_repr(self) -> str:
        """Show the number of slopes."""
        return f"num_parameters={self.num_parameters}"


__all__ = [
    "CELU",
    "ELU",
    "GELU",
    "GLU",
    "SELU",
    "CosineSimilarity",
    "Dropout",
    "Hardshrink",
    "Hardsigmoid",
    "Hardswish",
    "Hardtanh",
    "LeakyReLU",
    "LogSigmoid",
    "LogSoftmax",
    "Mish",
    "PReLU",
    "PairwiseDistance",
    "PixelShuffle",
    "PixelUnshuffle",
    "RReLU",
    "ReLU",
    "ReLU6",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "Softmin",
    "Softplus",
    "Softshrink",
    "Softsign",
    "Tanh",
    "Tanhshrink",
    "Threshold",
]
