"""Batches: functions that are mapped over examples."""

from gradspec_reference.errors.refusal import GradError


class BatchedValueError(GradError, RuntimeError, kind="batched-value", clause="func-032"):
    """A number, or a shape that depends on numbers, was taken out of a batch."""


class BatchEscapedError(GradError, RuntimeError, kind="batch-escaped"):
    """A tensor of a batch was used after its vmap has returned."""


class BatchedWriteError(GradError, RuntimeError, kind="batched-write", clause="func-272"):
    """What is not batched was written in place with what is."""


class BatchedRandomError(GradError, RuntimeError, kind="batched-random", clause="func-032a"):
    """Random numbers were drawn inside vmap, and it was not said how."""


class BatchAxesError(GradError, ValueError, kind="batch-axes", clause="func-264"):
    """What is to be mapped, and along which dimension, does not fit together."""


class BatchRandomnessError(GradError, RuntimeError, kind="randomness", clause="func-279"):
    """An unknown way of drawing random numbers was named."""


class BatchChunkError(GradError, ValueError, kind="chunk-size", clause="func-275b"):
    """A batch was to be cut into pieces of no size."""


class BatchOutputError(GradError, ValueError, kind="batch-output", clause="func-270"):
    """A mapped function returned what cannot be stacked."""


class BatchRuleError(GradError, RuntimeError, kind="function-rules", clause="func-039"):
    """Inside vmap a function of the caller's has no rule for batches, or two."""


class BatchRuleResultError(GradError, RuntimeError, kind="batch-output"):
    """A rule for batches did not say where the batch of its results is."""
