"""Levels, dual numbers and their tangents."""

from gradspec_reference.errors.refusal import GradError


class NoForwardError(GradError, NotImplementedError, kind="no-derivative"):
    """Something was asked for the tangent of its result that cannot tell it."""


class NoLevelError(GradError, RuntimeError, kind="no-dual-level", clause="fwd-005"):
    """A tangent was given outside any dual level."""


class LevelInsideError(GradError, RuntimeError, kind="dual-level-nested", clause="fwd-007"):
    """A dual level was entered within another."""


class LevelExitError(GradError, RuntimeError, kind="dual-level-exit", clause="fwd-014a"):
    """A dual level was left that is not the latest one."""


class DualAgainError(GradError, RuntimeError, kind="dual-again", clause="fwd-013"):
    """A tensor was given a second tangent."""


class TangentShapeError(GradError, RuntimeError, kind="tangent-shape", clause="fwd-011"):
    """A tangent has another shape than its tensor."""


class TangentDtypeError(GradError, RuntimeError, kind="dual-dtype"):
    """A tangent has another data type than its tensor."""


class DualDtypeError(GradError, ValueError, kind="dual-dtype", clause="fwd-012"):
    """A dual number was to be made of whole numbers."""
