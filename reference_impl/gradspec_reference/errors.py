"""Every way to be wrong has its exception, and every exception its place in a program's life.

Read in the order of the classes: asking for a backward pass, the life of the graph, flags and
gradients of leaves, leaving the engine, writing in place, operators and hooks.  Each class is a
`GradError` and also the builtin that torch raises, so `except RuntimeError` works as it does
there; `kind` is the stable name by which the specification speaks of it, and `clause` the id of
what is written about it there, which a message ends with.
"""

from __future__ import annotations

from typing import ClassVar


class GradError(Exception):
    """Anything that the engine refuses to do."""

    kind: ClassVar[str]
    clause: ClassVar[str] = ""

    def __str__(self) -> str:
        """Say what happened, and where to read about it."""
        said = super().__str__()
        return f"{said} (gradspec show {self.clause})" if self.clause else said


class RootTypeError(TypeError, AssertionError):
    """A root is neither a tensor nor an edge of the graph."""


class NonscalarRootError(GradError, RuntimeError):
    """A root without exactly one element was given no cotangent."""

    kind = "nonscalar-root"
    clause = "bwd-005"


class RootWithoutGradError(GradError, RuntimeError):
    """A root neither requires grad nor has a history."""

    kind = "root-without-grad"
    clause = "bwd-006"


class CotangentShapeError(GradError, RuntimeError):
    """A cotangent does not have the shape of its root."""

    kind = "cotangent-shape"
    clause = "vjp-004"


class CotangentBatchError(GradError, ValueError):
    """A batch of cotangents was announced, and none was given, or of several lengths."""

    kind = "cotangent-shape"
    clause = "grad-039"


class CotangentTypeError(GradError, TypeError):
    """A cotangent is neither a tensor nor None."""

    kind = "cotangent-type"
    clause = "bwd-207"


class CotangentCountError(GradError, RuntimeError):
    """There are fewer cotangents than roots."""

    kind = "cotangent-count"
    clause = "bwd-207"


class InputsEmptyError(GradError, RuntimeError):
    """The list of inputs is empty."""

    kind = "inputs-empty"
    clause = "bwd-022"


class InputsTypeError(GradError, TypeError):
    """The inputs are in a container that is not a sequence or a dict."""

    kind = "inputs-type"
    clause = "bwd-022"


class InputsElementError(GradError, RuntimeError):
    """One of the inputs is neither a tensor nor an edge of the graph."""

    kind = "inputs-type"
    clause = "grad-005"


class UnusedInputError(GradError, RuntimeError):
    """The roots do not depend on an input."""

    kind = "unused-input"
    clause = "vjp-011d"


class NodeArgumentsError(GradError, TypeError):
    """A node was called with what cannot be the gradients of its outputs."""

    kind = "cotangent-type"
    clause = "gi-018"


class InputWithoutGradError(GradError, RuntimeError):
    """An input does not require grad."""

    kind = "input-without-grad"
    clause = "grad-019"


class ConflictingArgumentsError(GradError, RuntimeError):
    """An argument was given under its old and its new name."""

    kind = "conflicting-arguments"
    clause = "bwd-207"


class ContradictingArgumentsError(GradError, ValueError):
    """Two arguments ask for opposite things."""

    kind = "conflicting-arguments"
    clause = "grad-015"


class NoDerivativeError(GradError, NotImplementedError):
    """A pass came to an operator that has no derivative."""

    kind = "no-derivative"
    clause = "op-107"


class NoRuleError(NoDerivativeError, NotImplementedError):
    """A pass came to an operator that has a node of its own, and no rule in it."""


class NoForwardError(GradError, NotImplementedError):
    """Something was asked for the tangent of its result that cannot tell it."""

    kind = "no-derivative"


class NoLevelError(GradError, RuntimeError):
    """A tangent was given outside any dual level."""

    kind = "no-dual-level"
    clause = "fwd-005"


class LevelInsideError(GradError, RuntimeError):
    """A dual level was entered within another."""

    kind = "dual-level-nested"
    clause = "fwd-007"


class LevelExitError(GradError, RuntimeError):
    """A dual level was left that is not the latest one."""

    kind = "dual-level-exit"
    clause = "fwd-014a"


class DualAgainError(GradError, RuntimeError):
    """A tensor was given a second tangent."""

    kind = "dual-again"
    clause = "fwd-013"


class TangentShapeError(GradError, RuntimeError):
    """A tangent has another shape than its tensor."""

    kind = "tangent-shape"
    clause = "fwd-011"


class TangentDtypeError(GradError, RuntimeError):
    """A tangent has another data type than its tensor."""

    kind = "dual-dtype"


class DualDtypeError(GradError, ValueError):
    """A dual number was to be made of whole numbers."""

    kind = "dual-dtype"
    clause = "fwd-012"


class NodeByHandError(GradError, TypeError):
    """A node was made by its class and not by an operation."""

    kind = "node-by-hand"
    clause = "gi-017"


class GraphFreedError(GradError, RuntimeError):
    """The saved values were freed by an earlier backward pass."""

    kind = "graph-freed"
    clause = "life-001"


class MutationOutsideError(GradError, AssertionError):
    """A graph whose saved tensors may be written is walked outside the block that allows it."""

    kind = "mutation-outside"
    clause = "inp-051"


class NestedModeError(GradError, RuntimeError):
    """A mode that cannot be nested was entered inside itself."""

    kind = "mode-nested"
    clause = "inp-052"


class StaleSavedTensorError(GradError, RuntimeError):
    """A saved value was written in place after it was saved."""

    kind = "stale-saved-tensor"
    clause = "inp-010"


class LeafMovedError(GradError, RuntimeError):
    """A gradient arrives at a leaf that an operation in place made a non-leaf since."""

    kind = "leaf-inplace"
    clause = "inp-260"


class DetachedSavedTensorError(GradError, RuntimeError):
    """A saved value was cut off from its history by detach_() after it was saved."""

    kind = "detached-saved-tensor"
    clause = "det-205"


class NonleafFlagError(GradError, RuntimeError):
    """The flag requires_grad can be changed on leaves only."""

    kind = "nonleaf-flag"
    clause = "leaf-006"


class FlagTypeError(GradError, RuntimeError):
    """The flag requires_grad is a boolean."""

    kind = "flag-type"
    clause = "leaf-014"


class NonfloatRequiresGradError(GradError, RuntimeError):
    """Only floating-point tensors can require grad."""

    kind = "nonfloat-requires-grad"
    clause = "leaf-014a"


class ReadOnlyError(GradError, AttributeError):
    """The attribute cannot be assigned."""

    kind = "read-only"
    clause = "leaf-013"


class GradShapeError(GradError, RuntimeError):
    """An assigned gradient does not have its tensor's shape."""

    kind = "grad-shape"
    clause = "leaf-019"


class GradDtypeError(GradError, RuntimeError):
    """An assigned gradient does not have its tensor's grad_dtype."""

    kind = "grad-dtype"
    clause = "leaf-020"


class GradIsSelfError(GradError, RuntimeError):
    """A tensor cannot be its own gradient."""

    kind = "grad-is-self"
    clause = "leaf-021"


class GradTypeError(GradError, TypeError):
    """An assigned gradient is neither a tensor nor None."""

    kind = "grad-type"
    clause = "leaf-022"


class GradDtypeNonleafError(GradError, RuntimeError):
    """The attribute grad_dtype belongs to leaves."""

    kind = "grad-dtype-nonleaf"
    clause = "leaf-027"


class RetainWithoutGradError(GradError, RuntimeError):
    """A tensor that does not require grad has no gradient to retain."""

    kind = "retain-without-grad"
    clause = "ret-008"


class ArrayRequiresGradError(GradError, RuntimeError):
    """A tensor that requires grad does not become a NumPy array."""

    kind = "array-requires-grad"
    clause = "leaf-038"


class NonleafCopyError(GradError, RuntimeError):
    """A tensor with history cannot be deep-copied."""

    kind = "nonleaf-copy"
    clause = "leaf-042"


class DeprecatedError(GradError, RuntimeError):
    """The function was withdrawn."""

    kind = "deprecated"
    clause = "leaf-046"


class LeafInplaceError(GradError, RuntimeError):
    """A leaf that requires grad is written in place."""

    kind = "leaf-inplace"
    clause = "inp-004"


class LeafViewInplaceError(GradError, RuntimeError):
    """A view of a leaf that requires grad is written in place."""

    kind = "leaf-view-inplace"
    clause = "inp-005"


class MultiViewInplaceError(GradError, RuntimeError):
    """One of several views made by one operation is written in place."""

    kind = "multi-view-inplace"
    clause = "inp-029"


class MultiViewBaseWrittenError(GradError, RuntimeError):
    """The base of several views made by one operation was written since."""

    kind = "multi-view-base-written"
    clause = "inp-030"


class NoGradViewInplaceError(GradError, RuntimeError):
    """A view made in no_grad is written in place in grad mode."""

    kind = "no-grad-view-inplace"
    clause = "inp-034a"


class CustomViewInplaceError(GradError, RuntimeError):
    """A view that a function of the caller returned is written in place."""

    kind = "multi-view-inplace"
    clause = "cf-050"


class InplaceShapeError(GradError, RuntimeError):
    """The result of an in-place operation does not have its target's shape."""

    kind = "inplace-shape"
    clause = "inp-032"


class InplaceDtypeError(GradError, RuntimeError):
    """The result of an in-place operation cannot be cast to its target's dtype."""

    kind = "inplace-dtype"
    clause = "inp-032"


class OverlappingMemoryError(GradError, RuntimeError):
    """Several indices of the written tensor are one address."""

    kind = "overlapping-memory"
    clause = "inp-034"


class OutRequiresGradError(GradError, RuntimeError):
    """An operation with out= would have to be recorded."""

    kind = "out-requires-grad"
    clause = "inp-035"


class ResizeRequiresGradError(GradError, RuntimeError):
    """A tensor that requires grad cannot be resized."""

    kind = "resize-requires-grad"
    clause = "inp-036"


class DetachViewError(GradError, RuntimeError):
    """A view cannot be detached in place."""

    kind = "detach-view"
    clause = "det-011"


class InferenceVersionError(GradError, RuntimeError):
    """A tensor made in inference mode has no version."""

    kind = "inference-version"
    clause = "mode-028"


class InferenceInplaceError(GradError, RuntimeError):
    """A tensor made in inference mode is written outside it."""

    kind = "inference-inplace"
    clause = "mode-029"


class InferenceFlagError(GradError, RuntimeError):
    """A tensor made in inference mode is to require grad outside it."""

    kind = "inference-flag"
    clause = "mode-030"


class InferenceSavedError(GradError, RuntimeError):
    """A tensor made in inference mode is to be saved for a derivative."""

    kind = "inference-saved"
    clause = "mode-031"


class NanGradientError(GradError, RuntimeError):
    """A node made NaN while anomalies are looked for."""

    kind = "nan-gradient"
    clause = "anom-001"


class OperandShapeError(GradError, RuntimeError):
    """The shapes of the operands do not fit together."""

    kind = "operand-shape"
    clause = "rec-204"


class OperandSizeError(GradError, ValueError):
    """The shapes of the operands of a loss do not fit together."""

    kind = "operand-shape"


class OperandRankError(GradError, IndexError, RuntimeError):
    """Operands have other numbers of dimensions; torch compares these, or counts one too many."""

    kind = "operand-shape"


class OperandCountError(GradError, IndexError):
    """There are not as many entries as places for them."""

    kind = "operand-shape"


class DimensionError(GradError, IndexError):
    """A dimension was named that is not there."""

    kind = "dimension"
    clause = "op-249"


class RepeatedDimensionError(GradError, RuntimeError):
    """A dimension was named twice."""

    kind = "dimension"
    clause = "op-249"


class WrongDimensionsError(GradError, IndexError, RuntimeError):
    """A dimension was named twice, and one that is not there; torch sees the one or the other."""

    kind = "dimension"
    clause = "op-249"


class IndexRangeError(GradError, IndexError, RuntimeError):
    """An index names no entry; torch has the one error or the other, by the kernel."""

    kind = "index-range"
    clause = "op-271"


class PlaceRangeError(GradError, RuntimeError):
    """An index of a gather, a scatter or a class names no entry."""

    kind = "index-range"
    clause = "op-271"


class OperandDtypeError(GradError, RuntimeError):
    """What counts or chooses is not of integers or booleans."""

    kind = "operand-dtype"
    clause = "op-272"


class MatrixDtypeError(GradError, RuntimeError):
    """A matrix is not of float32 or float64."""

    kind = "operand-dtype"
    clause = "op-274"


class UnknownMatrixDtypeError(GradError, NotImplementedError):
    """A matrix is not of float32 or float64, and torch has no kernel for it."""

    kind = "operand-dtype"
    clause = "op-274"


class IndexDtypeError(GradError, IndexError):
    """An index is not of integers or booleans."""

    kind = "operand-dtype"
    clause = "op-272"


class NotCountedError(GradError, NotImplementedError):
    """What is counted are whole numbers."""

    kind = "operand-dtype"
    clause = "op-272"


class NarrowTypeError(GradError, RuntimeError):
    """Numbers of 8 bits were to be brought to one data type with others."""

    kind = "operand-dtype"
    clause = "dty-204"


class NoKernelError(GradError, NotImplementedError):
    """An operator does not compute with numbers of this data type."""

    kind = "operand-dtype"
    clause = "dty-204"


class ComplexRootError(NonscalarRootError):
    """No cotangent was given for a complex root, for which there is no one to start with."""

    clause = "cplx-010"


class ComplexCotangentError(GradError, RuntimeError):
    """A real root was given a complex cotangent, or the other way round."""

    kind = "cotangent-dtype"
    clause = "cplx-011"


class ComplexJacobianError(GradError, RuntimeError):
    """A Jacobian was asked for by complex inputs, or of complex outputs."""

    kind = "transform-input"
    clause = "func-028"


class NoComplexKernelError(GradError, NotImplementedError):
    """An operator does not take complex numbers."""

    kind = "operand-dtype"
    clause = "op-272"


class NoComplexRuleError(GradError, RuntimeError):
    """What complex numbers have not was asked for: an order, a sign, or a derivative."""

    kind = "operand-dtype"
    clause = "op-272"


class UnfitArgumentError(TypeError, AttributeError):
    """An argument is of no kind that a function takes; some ask it for an attribute first."""


class OtherDeviceError(GradError, RuntimeError):
    """Operands are on several devices."""

    kind = "other-device"
    clause = "dty-201"


class HookWithoutGradError(GradError, RuntimeError):
    """A hook was put on a tensor that does not require grad."""

    kind = "hook-without-grad"
    clause = "hook-007"


class JointHookWithoutGradError(HookWithoutGradError, AssertionError):
    """A hook on several tensors was put on one that does not require grad."""


class HookOnNonleafError(GradError, RuntimeError):
    """A post-accumulate hook was put on a tensor that accumulates nothing."""

    kind = "nonleaf-hook"
    clause = "hook-027"


class HookModeError(GradError, ValueError):
    """A hook on several tensors was given a mode that is neither "all" nor "any"."""

    kind = "hook-mode"
    clause = "hook-044"


class HookResultError(GradError, RuntimeError):
    """A hook returned a gradient of another shape or dtype, or another number of them."""

    kind = "hook-result"
    clause = "hook-009"


class HookResultTypeError(GradError, TypeError):
    """A hook returned something that is neither a tensor nor None."""

    kind = "hook-result"
    clause = "hook-011"


class SavedHooksError(GradError, RuntimeError):
    """Hooks were registered on a saved value that cannot have them, or one was misused."""

    kind = "saved-hooks"
    clause = "sth-016"


class SavedHooksDisabledError(GradError, RuntimeError):
    """Hooks on saved values were used where they are disabled; the message is the caller's."""

    kind = "saved-hooks-disabled"
    clause = "sth-018"


class UnpackedTypeError(GradError, TypeError):
    """What an unpack hook returned is no tensor."""

    kind = "unpacked-type"
    clause = "sth-009"


class CompiledOnlyError(GradError, RuntimeError):
    """What only a compiler obeys was asked for where nothing is compiled."""

    kind = "compiled-only"
    clause = "sth-026"


class CheckpointError(GradError, RuntimeError):
    """A checkpointed function did not do the same when it was run again."""

    kind = "checkpoint-mismatch"
    clause = "ckpt-014"


class CheckpointArgumentsError(GradError, ValueError):
    """A checkpoint was given what it does not take."""

    kind = "checkpoint-arguments"


class CheckpointKeywordsError(CheckpointArgumentsError):
    """A reentrant checkpoint was given keywords for the function."""

    kind = "checkpoint-arguments"
    clause = "ckpt-010a"


class CheckpointVariantError(CheckpointArgumentsError):
    """A reentrant checkpoint was given options of the other variant."""

    kind = "checkpoint-arguments"
    clause = "ckpt-021"


class CheckpointCheckError(CheckpointArgumentsError):
    """A checkpoint was told of a check that there is not."""

    kind = "checkpoint-arguments"
    clause = "ckpt-016b"


class CheckpointQueryError(GradError, RuntimeError):
    """A pass for given inputs came to a checkpoint that makes a pass of its own."""

    kind = "checkpoint-query"
    clause = "ckpt-007"


class CheckpointNeedlessError(GradError, RuntimeError):
    """Nothing that a checkpointed function returned requires grad."""

    kind = "checkpoint-needless"
    clause = "ckpt-024"


class SelectiveAgainError(GradError, RuntimeError):
    """A region under selective checkpointing was differentiated twice."""

    kind = "checkpoint-again"
    clause = "ckpt-032"


class FunctionRuleError(GradError, NotImplementedError):
    """A function of the caller's lacks a rule."""

    kind = "function-rules"
    clause = "cf-032"


class FunctionForwardError(FunctionRuleError):
    """A function of the caller's was asked for a tangent, and has no jvp."""

    clause = "fwd-025a"


class FunctionTangentsError(GradError, RuntimeError):
    """What jvp returned does not fit the results."""

    kind = "function-gradients"
    clause = "fwd-028"


class SavedForForwardError(GradError, AssertionError):
    """Something was saved for jvp that is no tensor."""

    kind = "saved-type"
    clause = "fwd-026a"


class FunctionRuleTwiceError(GradError, RuntimeError):
    """A function of the caller's has its derivative under two names."""

    kind = "function-rules"
    clause = "cf-031"


class FunctionInstanceError(GradError, RuntimeError):
    """An object of a function's class was called."""

    kind = "function-rules"


class SavedTypeError(GradError, TypeError):
    """A context was given something to save that is neither a tensor nor None."""

    kind = "saved-type"
    clause = "cf-006"


class SavedReturnedError(GradError, RuntimeError):
    """A context was given an argument to save that forward returned as it is."""

    kind = "saved-type"
    clause = "cf-281"


class MarkedTypeError(GradError, RuntimeError):
    """A context was given something to mark that is no tensor."""

    kind = "marked-tensors"
    clause = "cf-212"


class DirtyNotReturnedError(GradError, RuntimeError):
    """A function of the caller's did not return an operand that it marked as dirty."""

    kind = "marked-tensors"
    clause = "cf-035"


class DirtyViewOfSeveralError(GradError, RuntimeError):
    """A function of several results wrote a view, whose base would need a history of several."""

    kind = "marked-tensors"
    clause = "cf-213"


class SavedOnceError(GradError, RuntimeError):
    """Saved tensors that are cleared on access were read again."""

    kind = "saved-once"
    clause = "cf-052"


class FunctionGradientsError(GradError, RuntimeError):
    """The backward of a function of the caller's returned what cannot be its gradients."""

    kind = "function-gradients"
    clause = "cf-012"


class OnceDifferentiableError(GradError, RuntimeError):
    """A derivative that was declared to be no function of the engine's is differentiated."""

    kind = "differentiated-once"
    clause = "cf-043"


class GradcheckError(GradError, RuntimeError):
    """A derivative is not what finite differences say, or lacks what a derivative owes."""

    kind = "derivative-mismatch"
    clause = "chk-002"


class CheckedInputsError(GradError, ValueError):
    """No input of what is checked requires grad."""

    kind = "input-without-grad"
    clause = "chk-004"


class CheckedMemoryError(GradError, RuntimeError):
    """An input of what is checked has entries that are one in memory."""

    kind = "overlapping-memory"
    clause = "chk-007"


class CheckOptionsError(GradError, AssertionError):
    """A check was asked for nothing, or for what needs another option."""

    kind = "conflicting-arguments"
    clause = "chk-016"


class CheckedGradOutError(GradError, ValueError):
    """An old helper was given another cotangent than 1."""

    kind = "conflicting-arguments"
    clause = "chk-028"


class FunctionalTypeError(GradError, TypeError):
    """A functional derivative met something else than a tensor or a tuple of tensors."""

    kind = "functional-type"
    clause = "fapi-004"


class VectorMissingError(GradError, RuntimeError):
    """A product was asked for without its vector, and there is more than one."""

    kind = "vector-missing"
    clause = "fapi-002a"


class VectorShapeError(GradError, RuntimeError):
    """The vector of a product is none of the function's results, or of its inputs."""

    kind = "vector-shape"
    clause = "fapi-003"


class ScalarFunctionError(GradError, RuntimeError):
    """A function whose second derivatives are asked for has more than one number as its result."""

    kind = "scalar-function"
    clause = "fapi-027"


class IndependentError(GradError, RuntimeError):
    """Under strict, something does not depend on an input."""

    kind = "independent"
    clause = "fapi-007"


class ArgumentNumbersError(GradError, RuntimeError):
    """A transform was told to differentiate by an argument that there is not, by none, or twice."""

    kind = "argnums"
    clause = "func-004"


class TransformInputError(GradError, ValueError):
    """A function was to be differentiated by what is no tensor."""

    kind = "transform-input"
    clause = "func-204"


class TransformPrimalsError(GradError, RuntimeError):
    """A function was to be differentiated by nothing, or by what is no tensor."""

    kind = "transform-input"
    clause = "func-204"


class ScalarValueError(GradError, RuntimeError):
    """A function whose gradient is asked for has no single number as its value."""

    kind = "scalar-function"
    clause = "func-005"


class TransformOutputError(GradError, RuntimeError):
    """A transformed function returned what cannot be differentiated."""

    kind = "transform-output"
    clause = "func-016"


class AuxiliaryError(GradError, RuntimeError):
    """A transformed function returned no pair of output and auxiliary values, or not of tensors."""

    kind = "auxiliary"
    clause = "func-006a"


class StructureError(GradError, RuntimeError):
    """What was given has not the structure of its counterpart."""

    kind = "structure"
    clause = "func-015a"


class ChunkSizeError(GradError, ValueError):
    """A Jacobian was asked for in chunks of no rows."""

    kind = "chunk-size"
    clause = "func-026a"


class BackwardInsideError(GradError, RuntimeError):
    """A transformed function asked for a backward pass."""

    kind = "backward-inside"
    clause = "bwd-031"


class FunctionContextError(GradError, RuntimeError):
    """Under a transform a function of the caller's is used that has no setup_context."""

    kind = "function-rules"
    clause = "func-038"


class StrategyError(GradError, AssertionError):
    """A Jacobian was asked for by no known strategy."""

    kind = "strategy"
    clause = "fapi-023"


class StrategyOptionsError(GradError, NotImplementedError):
    """A Jacobian was asked for by a strategy that does not go with its options."""

    kind = "conflicting-arguments"
    clause = "fapi-022"


class StrictOptionsError(GradError, RuntimeError):
    """A Jacobian was asked for in a way that cannot be strict."""

    kind = "conflicting-arguments"
    clause = "fapi-022"


class ModuleKeysError(GradError, RuntimeError):
    """A module was called strictly, with tensors of other names than its own."""

    kind = "module-keys"
    clause = "func-205"


class NoParametersError(GradError, ValueError):
    """An optimizer was given nothing to optimize."""

    kind = "no-parameters"
    clause = "loop-013"


class NonleafParameterError(GradError, ValueError):
    """An optimizer was given a tensor that was computed."""

    kind = "nonleaf-parameter"
    clause = "loop-013"


class BatchedValueError(GradError, RuntimeError):
    """A number, or a shape that depends on numbers, was taken out of a batch."""

    kind = "batched-value"
    clause = "func-032"


class BatchEscapedError(GradError, RuntimeError):
    """A tensor of a batch was used after its vmap has returned."""

    kind = "batch-escaped"


class BatchedWriteError(GradError, RuntimeError):
    """What is not batched was written in place with what is."""

    kind = "batched-write"
    clause = "func-272"


class BatchedRandomError(GradError, RuntimeError):
    """Random numbers were drawn inside vmap, and it was not said how."""

    kind = "batched-random"
    clause = "func-032a"


class BatchAxesError(GradError, ValueError):
    """What is to be mapped, and along which dimension, does not fit together."""

    kind = "batch-axes"
    clause = "func-264"


class BatchRandomnessError(GradError, RuntimeError):
    """An unknown way of drawing random numbers was named."""

    kind = "randomness"
    clause = "func-279"


class BatchChunkError(GradError, ValueError):
    """A batch was to be cut into pieces of no size."""

    kind = "chunk-size"
    clause = "func-275b"


class BatchOutputError(GradError, ValueError):
    """A mapped function returned what cannot be stacked."""

    kind = "batch-output"
    clause = "func-270"


class BatchRuleError(GradError, RuntimeError):
    """Inside vmap a function of the caller's has no rule for batches, or two."""

    kind = "function-rules"
    clause = "func-039"


class BatchRuleResultError(GradError, RuntimeError):
    """A rule for batches did not say where the batch of its results is."""

    kind = "batch-output"
