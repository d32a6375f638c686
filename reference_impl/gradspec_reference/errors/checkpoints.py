"""Checkpoints, which run a function again."""

from gradspec_reference.errors.refusal import GradError


class CheckpointError(GradError, RuntimeError, kind="checkpoint-mismatch", clause="ckpt-014"):
    """A checkpointed function did not do the same when it was run again."""


class CheckpointArgumentsError(GradError, ValueError, kind="checkpoint-arguments"):
    """A checkpoint was given what it does not take."""


class CheckpointKeywordsError(
    CheckpointArgumentsError, kind="checkpoint-arguments", clause="ckpt-010a"
):
    """A reentrant checkpoint was given keywords for the function."""


class CheckpointVariantError(
    CheckpointArgumentsError, kind="checkpoint-arguments", clause="ckpt-021"
):
    """A reentrant checkpoint was given options of the other variant."""


class CheckpointCheckError(
    CheckpointArgumentsError, kind="checkpoint-arguments", clause="ckpt-016b"
):
    """A checkpoint was told of a check that there is not."""


class CheckpointQueryError(GradError, RuntimeError, kind="checkpoint-query", clause="ckpt-007"):
    """A pass for given inputs came to a checkpoint that makes a pass of its own."""


class CheckpointNeedlessError(
    GradError, RuntimeError, kind="checkpoint-needless", clause="ckpt-024"
):
    """Nothing that a checkpointed function returned requires grad."""


class SelectiveAgainError(GradError, RuntimeError, kind="checkpoint-again", clause="ckpt-032"):
    """A region under selective checkpointing was differentiated twice."""
