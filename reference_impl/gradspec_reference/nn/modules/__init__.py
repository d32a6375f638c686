"""Modules: layers, losses and what holds them (torch.nn.modules)."""

from gradspec_reference.nn.modules.containers import (
    ModuleDict,
    ModuleList,
    ParameterList,
    Sequential,
)
from gradspec_reference.nn.modules.linear import Bilinear, Flatten, Identity, Linear, Unflatten
from gradspec_reference.nn.modules.module import Module

__all__ = [
    "Bilinear",
    "Flatten",
    "Identity",
    "Linear",
    "Module",
    "ModuleDict",
    "ModuleList",
    "ParameterList",
    "Sequential",
    "Unflatten",
]
