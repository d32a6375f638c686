"""Transforms of functions (torch.func)."""

from gradspec_reference.func.vmap import vmap

__all__ = ["vmap"]
