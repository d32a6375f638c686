"""Writing in place, through views and in inference mode."""

from gradspec_reference.errors.refusal import GradError


class LeafInplaceError(GradError, RuntimeError, kind="leaf-inplace", clause="inp-004"):
    """A leaf that requires grad is written in place."""


class LeafViewInplaceError(GradError, RuntimeError, kind="leaf-view-inplace", clause="inp-005"):
    """A view of a leaf that requires grad is written in place."""


class MultiViewInplaceError(GradError, RuntimeError, kind="multi-view-inplace", clause="inp-029"):
    """One of several views made by one operation is written in place."""


class MultiViewBaseWrittenError(
    GradError, RuntimeError, kind="multi-view-base-written", clause="inp-030"
):
    """The base of several views made by one operation was written since."""


class NoGradViewInplaceError(
    GradError, RuntimeError, kind="no-grad-view-inplace", clause="inp-034a"
):
    """A view made in no_grad is written in place in grad mode."""


class CustomViewInplaceError(GradError, RuntimeError, kind="multi-view-inplace", clause="cf-050"):
    """A view that a function of the caller returned is written in place."""


class InplaceShapeError(GradError, RuntimeError, kind="inplace-shape", clause="inp-032"):
    """The result of an in-place operation does not have its target's shape."""


class InplaceDtypeError(GradError, RuntimeError, kind="inplace-dtype", clause="inp-032"):
    """The result of an in-place operation cannot be cast to its target's dtype."""


class OverlappingMemoryError(GradError, RuntimeError, kind="overlapping-memory", clause="inp-034"):
    """Several indices of the written tensor are one address."""


class OutRequiresGradError(GradError, RuntimeError, kind="out-requires-grad", clause="inp-035"):
    """An operation with out= would have to be recorded."""


class ResizeRequiresGradError(
    GradError, RuntimeError, kind="resize-requires-grad", clause="inp-036"
):
    """A tensor that requires grad cannot be resized."""


class DetachViewError(GradError, RuntimeError, kind="detach-view", clause="det-011"):
    """A view cannot be detached in place."""


class InferenceVersionError(GradError, RuntimeError, kind="inference-version", clause="mode-028"):
    """A tensor made in inference mode has no version."""


class InferenceInplaceError(GradError, RuntimeError, kind="inference-inplace", clause="mode-029"):
    """A tensor made in inference mode is written outside it."""


class InferenceFlagError(GradError, RuntimeError, kind="inference-flag", clause="mode-030"):
    """A tensor made in inference mode is to require grad outside it."""


class InferenceSavedError(GradError, RuntimeError, kind="inference-saved", clause="mode-031"):
    """A tensor made in inference mode is to be saved for a derivative."""
