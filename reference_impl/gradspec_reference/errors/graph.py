"""The life of a graph: what it can do no more, or never could."""

from gradspec_reference.errors.refusal import GradError


class NoDerivativeError(GradError, RuntimeError, kind="no-derivative", clause="op-107"):
    """A pass came to an operator that has no derivative."""


class NoRuleError(NoDerivativeError, NotImplementedError):
    """A pass came to an operator that has a node of its own, and no rule in it."""


class GraphFreedError(GradError, RuntimeError, kind="graph-freed", clause="life-001"):
    """The saved values were freed by an earlier backward pass."""


class StaleSavedTensorError(GradError, RuntimeError, kind="stale-saved-tensor", clause="inp-010"):
    """A saved value was written in place after it was saved."""


class DetachedSavedTensorError(
    GradError, RuntimeError, kind="detached-saved-tensor", clause="det-205"
):
    """A saved value was cut off from its history by detach_() after it was saved."""


class LeafMovedError(GradError, RuntimeError, kind="leaf-inplace", clause="inp-260"):
    """A gradient arrives at a leaf that an operation in place made a non-leaf since."""


class MutationOutsideError(GradError, AssertionError, kind="mutation-outside", clause="inp-051"):
    """A graph whose saved tensors may be written is walked outside the block that allows it."""


class NestedModeError(GradError, RuntimeError, kind="mode-nested", clause="inp-052"):
    """A mode that cannot be nested was entered inside itself."""


class NanGradientError(GradError, RuntimeError, kind="nan-gradient", clause="anom-001"):
    """A node made NaN while anomalies are looked for."""
