"""The closed list of ways in which a program can be refused.

A clause that demands an error names one of these kinds and never the text of a
message.  An adapter maps what its engine raises onto them (see `Engine.error_kind`).
"""

from __future__ import annotations

from typing import Final

ERROR_KINDS: Final[dict[str, str]] = {
    # the root and the cotangents of a backward pass
    "nonscalar-root": "no cotangent was given for a root that is not exactly one real number",
    "root-without-grad": "the root does not require grad and has no history",
    "cotangent-shape": "the cotangent's shape is not the root's",
    "cotangent-type": "the cotangent is neither a tensor nor None",
    "cotangent-dtype": "the cotangent of a complex root is real, or that of a real one complex",
    "cotangent-count": "there are not as many cotangents as roots",
    "inputs-empty": "the list of inputs is empty",
    "inputs-type": "the inputs are not a tensor, a sequence or a dict",
    "unused-input": "the roots do not depend on an input",
    "input-without-grad": "an input does not require grad",
    "conflicting-arguments": "two arguments contradict each other, or are one under two names",
    "no-derivative": "a pass came to an operator that has no derivative",
    # the life of a graph
    "graph-freed": "the saved values were freed by an earlier backward pass",
    "stale-saved-tensor": "a saved value was modified in place since it was saved",
    "detached-saved-tensor": "a saved value was detached in place since it was saved",
    "mutation-outside": "a graph whose saved tensors may be written is walked outside that mode",
    "mode-nested": "a mode was entered inside itself",
    "node-by-hand": "nodes are made by recording operations, not by their class",
    # leaves, flags and gradients
    "nonleaf-flag": "requires_grad can be changed on leaves only",
    "flag-type": "requires_grad is a boolean",
    "nonfloat-requires-grad": "only floating-point tensors can require grad",
    "read-only": "the attribute cannot be assigned",
    "grad-shape": "the assigned gradient does not have the tensor's shape",
    "grad-dtype": "the assigned gradient does not have the tensor's grad_dtype",
    "grad-is-self": "a tensor cannot be its own gradient",
    "grad-type": "the assigned gradient is neither a tensor nor None",
    "grad-is-none": "there is no gradient yet to operate on",
    "grad-dtype-nonleaf": "grad_dtype belongs to leaves",
    "retain-without-grad": "retain_grad on a tensor that does not require grad",
    # leaving the engine
    "array-requires-grad": "a tensor that requires grad does not become a NumPy array",
    "nonleaf-copy": "a tensor with history cannot be deep-copied",
    "deprecated": "the function was withdrawn",
    # writing in place
    "leaf-inplace": "a leaf that requires grad is written in place",
    "leaf-view-inplace": "a view of a leaf that requires grad is written in place",
    "multi-view-inplace": "one of several views made by one operation is written in place",
    "multi-view-base-written": "the base of a view was written since: one of several made by one "
    "operation, or one made in no_grad",
    "no-grad-view-inplace": "a view made in no_grad is written in place in grad mode",
    "inplace-shape": "the result does not have the target's shape",
    "inplace-dtype": "the result cannot be cast to the target's dtype",
    "overlapping-memory": "several indices of the target, or it and an operand, are one address",
    "out-requires-grad": "out= with an argument or output that requires grad",
    "resize-requires-grad": "a tensor that requires grad cannot be resized",
    "detach-view": "a view cannot be detached in place",
    # inference tensors, and anomalies
    "inference-version": "an inference tensor was asked for its version",
    "inference-inplace": "an inference tensor is written in place outside inference mode",
    "inference-flag": "an inference tensor is to require grad outside inference mode",
    "inference-saved": "an inference tensor is to be saved for a backward pass",
    "nan-gradient": "a node returned NaN, which is looked for",
    # training
    "no-parameters": "an optimizer is given no parameter",
    "nonleaf-parameter": "an optimizer is given a tensor that is not a leaf",
    # operators and hooks
    "operand-shape": "the operands' shapes do not fit together",
    "dimension": "there is no such dimension, or it was named twice",
    "operand-dtype": "an operand is of a data type for which the operator is not made",
    "index-range": "an index names no entry",
    "other-device": "operands are on several devices",
    "checkpoint-mismatch": "a checkpointed function did not save the same when it ran again",
    "checkpoint-arguments": "a checkpoint was given what its variant does not take",
    "checkpoint-query": "a pass for given inputs came to a reentrant checkpoint",
    "checkpoint-needless": "nothing that a checkpointed function returned requires grad",
    "checkpoint-again": "a region under selective checkpointing is differentiated twice",
    "hook-without-grad": "a hook on a tensor that does not require grad",
    "nonleaf-hook": "a post-accumulate hook on a tensor that is no leaf",
    "hook-result": "a hook returned a gradient of another shape, dtype or type, or too many or few",
    "hook-mode": "the mode of a hook on several tensors is neither 'all' nor 'any'",
    "saved-hooks": "a saved value cannot have these hooks",
    "saved-hooks-disabled": "hooks on saved values are used where they are disabled",
    "unpacked-type": "an unpack hook returned no tensor",
    "compiled-only": "what only a compiler obeys is used where nothing is compiled",
    # forward mode
    "no-dual-level": "a tensor is given a tangent outside any level",
    "dual-level-nested": "a level is entered within another",
    "dual-level-exit": "a level is left that is not the latest, or none is entered",
    "dual-again": "a tensor that has a tangent is given another",
    "tangent-shape": "the tangent does not have the tensor's shape",
    "dual-dtype": "the tensor or its tangent is not of floating-point numbers",
    # custom functions
    "function-rules": "a custom function lacks a rule, or has one under two names",
    "function-gradients": "a custom backward returned too few or too many gradients, or one that "
    "is none of its argument",
    "saved-type": "a context was given something to save that is neither a tensor nor None, or "
    "that is returned as it is",
    "saved-once": "saved tensors that are cleared when they are read were read again",
    "marked-tensors": "a context was given tensors to mark that the function does not return as "
    "it must",
    "differentiated-once": "a derivative that was declared not to be differentiable was "
    "differentiated",
    # derivatives of functions, by a call
    "functional-type": "what a functional derivative was given, or its function returned, is "
    "neither a tensor nor a tuple of tensors",
    "vector-missing": "a product was asked for without its vector, which is no single number",
    "vector-shape": "the vector of a product has not the number or the shapes of its counterpart",
    "scalar-function": "a function whose gradient or Hessian is asked for does not return one "
    "number",
    "independent": "something does not depend on an input, which strict does not allow",
    "strategy": "a Jacobian was asked for by a strategy that is none",
    # transforms of functions
    "argnums": "a function is to be differentiated by an argument that there is not, by none, or "
    "by one twice",
    "transform-input": "a function is to be differentiated by what is no tensor, or by complex "
    "numbers where only real ones will do",
    "transform-output": "a function that is to be differentiated returned no tensor, or one of "
    "whole numbers",
    "auxiliary": "a function did not return a pair of an output and auxiliary tensors",
    "structure": "what was given does not have the structure of its counterpart",
    "chunk-size": "a Jacobian, or a batch, is to be cut into chunks of nothing",
    "backward-inside": "a function under a transform asks for a backward pass",
    "module-keys": "a module is called with tensors of other names than its own",
    # functions mapped over a batch
    "batched-value": "a number, or a shape that depends on numbers, was taken out of a batch",
    "batched-write": "what is the same for all examples was written in place with what is not",
    "batched-random": "random numbers were drawn in a mapped function, which was not told how",
    "batch-axes": "what is to be mapped, or what was returned, does not fit the dimensions named",
    "batch-output": "a mapped function returned what is no batch of tensors",
    "randomness": "random numbers are to be drawn in a way that there is not",
    "batch-escaped": "a tensor of a batch is used after the mapped function has returned",
    # numerical checks
    "derivative-mismatch": "a derivative is not what finite differences say, or lacks what it owes",
    "callback": "a function of the caller, run by the engine, raised",
}

SAID_BY_THE_KIT: Final = frozenset({"callback", "grad-is-none"})
"""Error kinds that the kit finds itself, whatever the engine raises."""

PRESUPPOSES: Final = {"graph-freed": "frees_graph", "stale-saved-tensor": "versions"}
"""Error kind -> the ability without which an engine has no reason to refuse."""
