"""Functional derivatives: products, Jacobians and Hessians of a function."""

from gradspec_reference.errors.refusal import GradError


class FunctionalTypeError(GradError, TypeError, kind="functional-type", clause="fapi-004"):
    """A functional derivative met something else than a tensor or a tuple of tensors."""


class VectorMissingError(GradError, RuntimeError, kind="vector-missing", clause="fapi-002a"):
    """A product was asked for without its vector, and there is more than one."""


class VectorShapeError(GradError, RuntimeError, kind="vector-shape", clause="fapi-003"):
    """The vector of a product is none of the function's results, or of its inputs."""


class ScalarFunctionError(GradError, RuntimeError, kind="scalar-function", clause="fapi-027"):
    """A function whose second derivatives are asked for has more than one number as its result."""


class IndependentError(GradError, RuntimeError, kind="independent", clause="fapi-007"):
    """Under strict, something does not depend on an input."""


class StrategyError(GradError, AssertionError, kind="strategy", clause="fapi-023"):
    """A Jacobian was asked for by no known strategy."""


class StrategyOptionsError(
    GradError, NotImplementedError, kind="conflicting-arguments", clause="fapi-022"
):
    """A Jacobian was asked for by a strategy that does not go with its options."""


class StrictOptionsError(GradError, RuntimeError, kind="conflicting-arguments", clause="fapi-022"):
    """A Jacobian was asked for in a way that cannot be strict."""
