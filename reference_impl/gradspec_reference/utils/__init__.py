"""What torch.utils has that belongs to derivatives."""

from gradspec_reference.utils import checkpoint

__all__ = ["checkpoint"]
