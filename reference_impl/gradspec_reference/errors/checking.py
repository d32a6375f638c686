"""Checks of derivatives against finite differences."""

from gradspec_reference.errors.refusal import GradError


class GradcheckError(GradError, RuntimeError, kind="derivative-mismatch", clause="chk-002"):
    """A derivative is not what finite differences say, or lacks what a derivative owes."""


class CheckedInputsError(GradError, ValueError, kind="input-without-grad", clause="chk-004"):
    """No input of what is checked requires grad."""


class CheckedMemoryError(GradError, RuntimeError, kind="overlapping-memory", clause="chk-007"):
    """An input of what is checked has entries that are one in memory."""


class CheckOptionsError(GradError, AssertionError, kind="conflicting-arguments", clause="chk-016"):
    """A check was asked for nothing, or for what needs another option."""


class CheckedGradOutError(GradError, ValueError, kind="conflicting-arguments", clause="chk-028"):
    """An old helper was given another cotangent than 1."""
