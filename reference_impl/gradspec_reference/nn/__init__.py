"""Modules and their functions, under torch's names (torch.nn)."""

from gradspec_reference.nn import functional, init, modules, utils
from gradspec_reference.nn.modules import *
from gradspec_reference.nn.parameter import Buffer, Parameter

__all__ = ["Buffer", "Parameter", "functional", "init", "modules", "utils"]
__all__ += modules.__all__
