"""Transforms of functions."""

from gradspec_reference.errors.refusal import GradError


class ArgumentNumbersError(GradError, RuntimeError, kind="argnums", clause="func-004"):
    """A transform was told to differentiate by an argument that there is not, by none, or twice."""


class TransformInputError(GradError, ValueError, kind="transform-input", clause="func-204"):
    """A function was to be differentiated by what is no tensor."""


class TransformPrimalsError(GradError, RuntimeError, kind="transform-input", clause="func-204"):
    """A function was to be differentiated by nothing, or by what is no tensor."""


class ScalarValueError(GradError, RuntimeError, kind="scalar-function", clause="func-005"):
    """A function whose gradient is asked for has no single number as its value."""


class TransformOutputError(GradError, RuntimeError, kind="transform-output", clause="func-016"):
    """A transformed function returned what cannot be differentiated."""


class AuxiliaryError(GradError, RuntimeError, kind="auxiliary", clause="func-006a"):
    """A transformed function returned no pair of output and auxiliary values, or not of tensors."""


class StructureError(GradError, RuntimeError, kind="structure", clause="func-015a"):
    """What was given has not the structure of its counterpart."""


class ChunkSizeError(GradError, ValueError, kind="chunk-size", clause="func-026a"):
    """A Jacobian was asked for in chunks of no rows."""


class BackwardInsideError(GradError, RuntimeError, kind="backward-inside", clause="bwd-031"):
    """A transformed function asked for a backward pass."""


class ModuleKeysError(GradError, RuntimeError, kind="module-keys", clause="func-205"):
    """A module was called strictly, with tensors of other names than its own."""


class ComplexJacobianError(GradError, RuntimeError, kind="transform-input", clause="func-028"):
    """A Jacobian was asked for by complex inputs, or of complex outputs."""
