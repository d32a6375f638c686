"""Optimizers and what they are given."""

from gradspec_reference.errors.refusal import GradError


class NoParametersError(GradError, ValueError, kind="no-parameters", clause="loop-013"):
    """An optimizer was given nothing to optimize."""


class NonleafParameterError(GradError, ValueError, kind="nonleaf-parameter", clause="loop-013"):
    """An optimizer was given a tensor that was computed."""
