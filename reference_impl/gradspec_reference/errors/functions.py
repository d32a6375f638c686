"""Functions of the caller's, with rules of his own."""

from gradspec_reference.errors.refusal import GradError


class FunctionRuleError(GradError, NotImplementedError, kind="function-rules", clause="cf-032"):
    """A function of the caller's lacks a rule."""


class FunctionForwardError(FunctionRuleError, clause="fwd-025a"):
    """A function of the caller's was asked for a tangent, and has no jvp."""


class FunctionRuleTwiceError(GradError, RuntimeError, kind="function-rules", clause="cf-031"):
    """A function of the caller's has its derivative under two names."""


class FunctionContextError(GradError, RuntimeError, kind="function-rules", clause="func-038"):
    """Under a transform a function of the caller's is used that has no setup_context."""


class FunctionInstanceError(GradError, RuntimeError, kind="function-rules"):
    """An object of a function's class was called."""


class FunctionGradientsError(GradError, RuntimeError, kind="function-gradients", clause="cf-012"):
    """The backward of a function of the caller's returned what cannot be its gradients."""


class FunctionTangentsError(GradError, RuntimeError, kind="function-gradients", clause="fwd-028"):
    """What jvp returned does not fit the results."""


class SavedTypeError(GradError, TypeError, kind="saved-type", clause="cf-006"):
    """A context was given something to save that is neither a tensor nor None."""


class SavedForForwardError(GradError, AssertionError, kind="saved-type", clause="fwd-026a"):
    """Something was saved for jvp that is no tensor."""


class SavedReturnedError(GradError, RuntimeError, kind="saved-type", clause="cf-281"):
    """A context was given an argument to save that forward returned as it is."""


class SavedOnceError(GradError, RuntimeError, kind="saved-once", clause="cf-052"):
    """Saved tensors that are cleared on access were read again."""


class MarkedTypeError(GradError, RuntimeError, kind="marked-tensors", clause="cf-212"):
    """A context was given something to mark that is no tensor."""


class DirtyNotReturnedError(GradError, RuntimeError, kind="marked-tensors", clause="cf-035"):
    """A function of the caller's did not return an operand that it marked as dirty."""


class DirtyViewOfSeveralError(GradError, RuntimeError, kind="marked-tensors", clause="cf-213"):
    """A function of several results wrote a view, whose base would need a history of several."""


class OnceDifferentiableError(GradError, RuntimeError, kind="differentiated-once", clause="cf-043"):
    """A derivative that was declared to be no function of the engine's is differentiated."""
