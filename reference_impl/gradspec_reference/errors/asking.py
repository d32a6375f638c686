"""Asking for a backward pass, for gradients, or for a node."""

from gradspec_reference.errors.refusal import GradError


class RootTypeError(TypeError, AssertionError):
    """A root is neither a tensor nor an edge of the graph."""


class NonscalarRootError(GradError, RuntimeError, kind="nonscalar-root", clause="bwd-005"):
    """A root without exactly one element was given no cotangent."""


class RootWithoutGradError(GradError, RuntimeError, kind="root-without-grad", clause="bwd-006"):
    """A root neither requires grad nor has a history."""


class ComplexRootError(NonscalarRootError, clause="cplx-010"):
    """No cotangent was given for a complex root, for which there is no one to start with."""


class CotangentShapeError(GradError, RuntimeError, kind="cotangent-shape", clause="vjp-004"):
    """A cotangent does not have the shape of its root."""


class CotangentBatchError(GradError, ValueError, kind="cotangent-shape", clause="grad-039"):
    """A batch of cotangents was announced, and none was given, or of several lengths."""


class ComplexCotangentError(GradError, RuntimeError, kind="cotangent-dtype", clause="vjp-007"):
    """A real root was given a complex cotangent, or the other way round."""


class CotangentTypeError(GradError, TypeError, kind="cotangent-type", clause="bwd-207"):
    """A cotangent is neither a tensor nor None."""


class CotangentCountError(GradError, RuntimeError, kind="cotangent-count", clause="bwd-207"):
    """There are fewer cotangents than roots."""


class InputsEmptyError(GradError, RuntimeError, kind="inputs-empty", clause="bwd-022"):
    """The list of inputs is empty."""


class InputsTypeError(GradError, TypeError, kind="inputs-type", clause="bwd-022"):
    """The inputs are in a container that is not a sequence or a dict."""


class InputsElementError(GradError, RuntimeError, kind="inputs-type", clause="grad-005"):
    """One of the inputs is neither a tensor nor an edge of the graph."""


class UnusedInputError(GradError, RuntimeError, kind="unused-input", clause="vjp-011d"):
    """The roots do not depend on an input."""


class InputWithoutGradError(GradError, RuntimeError, kind="input-without-grad", clause="grad-019"):
    """An input does not require grad."""


class NodeArgumentsError(GradError, TypeError, kind="cotangent-type", clause="gi-018"):
    """A node was called with what cannot be the gradients of its outputs."""


class NodeByHandError(GradError, TypeError, kind="node-by-hand", clause="gi-017"):
    """A node was made by its class and not by an operation."""


class ConflictingArgumentsError(
    GradError, RuntimeError, kind="conflicting-arguments", clause="bwd-207"
):
    """An argument was given under its old and its new name."""


class ContradictingArgumentsError(
    GradError, ValueError, kind="conflicting-arguments", clause="grad-015"
):
    """Two arguments ask for opposite things."""
