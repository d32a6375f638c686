"""A few functions that tutorials take from torch.nn."""

from . import functional, utils

__all__ = ["functional", "utils"]
