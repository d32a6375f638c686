"""A few functions that tutorials take from torch.nn."""

from gradspec_reference.nn import functional, utils

__all__ = ["functional", "utils"]
