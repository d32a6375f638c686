"""Modules: layers, losses and what holds them (torch.nn.modules)."""

from gradspec_reference.nn.modules import activations, losses, pooling
from gradspec_reference.nn.modules.activations import *
from gradspec_reference.nn.modules.attention import MultiheadAttention
from gradspec_reference.nn.modules.containers import (
    ModuleDict,
    ModuleList,
    Sequential,
)
from gradspec_reference.nn.modules.convolutional import (
    Conv1d,
    Conv2d,
    Conv3d,
    ConvTranspose1d,
    ConvTranspose2d,
)
from gradspec_reference.nn.modules.linear import Bilinear, Flatten, Identity, Linear, Unflatten
from gradspec_reference.nn.modules.losses import *
from gradspec_reference.nn.modules.module import Module
from gradspec_reference.nn.modules.normalising import (
    BatchNorm1d,
    BatchNorm2d,
    BatchNorm3d,
    Embedding,
    GroupNorm,
    LayerNorm,
    RMSNorm,
)
from gradspec_reference.nn.modules.parameters import ParameterDict, ParameterList
from gradspec_reference.nn.modules.pooling import *

__all__ = [
    "BatchNorm1d",
    "BatchNorm2d",
    "BatchNorm3d",
    "Bilinear",
    "Conv1d",
    "Conv2d",
    "Conv3d",
    "ConvTranspose1d",
    "ConvTranspose2d",
    "Embedding",
    "Flatten",
    "GroupNorm",
    "Identity",
    "LayerNorm",
    "Linear",
    "Module",
    "ModuleDict",
    "ModuleList",
    "MultiheadAttention",
    "ParameterDict",
    "ParameterList",
    "RMSNorm",
    "Sequential",
    "Unflatten",
]
__all__ += activations.__all__
__all__ += losses.__all__
__all__ += pooling.__all__
