"""Flags and gradients of leaves, and leaving the engine."""

from gradspec_reference.errors.refusal import GradError


class NonleafFlagError(GradError, RuntimeError, kind="nonleaf-flag", clause="leaf-006"):
    """The flag requires_grad can be changed on leaves only."""


class FlagTypeError(GradError, RuntimeError, kind="flag-type", clause="leaf-014"):
    """The flag requires_grad is a boolean."""


class NonfloatRequiresGradError(
    GradError, RuntimeError, kind="nonfloat-requires-grad", clause="leaf-014a"
):
    """Only floating-point tensors can require grad."""


class ReadOnlyError(GradError, AttributeError, kind="read-only", clause="leaf-013"):
    """The attribute cannot be assigned."""


class GradShapeError(GradError, RuntimeError, kind="grad-shape", clause="leaf-019"):
    """An assigned gradient does not have its tensor's shape."""


class GradDtypeError(GradError, RuntimeError, kind="grad-dtype", clause="leaf-020"):
    """An assigned gradient does not have its tensor's grad_dtype."""


class GradIsSelfError(GradError, RuntimeError, kind="grad-is-self", clause="leaf-021"):
    """A tensor cannot be its own gradient."""


class GradTypeError(GradError, TypeError, kind="grad-type", clause="leaf-022"):
    """An assigned gradient is neither a tensor nor None."""


class GradDtypeNonleafError(GradError, RuntimeError, kind="grad-dtype-nonleaf", clause="leaf-027"):
    """The attribute grad_dtype belongs to leaves."""


class RetainWithoutGradError(GradError, RuntimeError, kind="retain-without-grad", clause="ret-008"):
    """A tensor that does not require grad has no gradient to retain."""


class ArrayRequiresGradError(
    GradError, RuntimeError, kind="array-requires-grad", clause="leaf-038"
):
    """A tensor that requires grad does not become a NumPy array."""


class NonleafCopyError(GradError, RuntimeError, kind="nonleaf-copy", clause="leaf-042"):
    """A tensor with history cannot be deep-copied."""


class DeprecatedError(GradError, RuntimeError, kind="deprecated", clause="leaf-046"):
    """The function was withdrawn."""
