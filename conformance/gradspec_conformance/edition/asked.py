"""What people ask, and the clauses that answer it: a row a question, the best answer first.

Messages are torch's, cut down to the words by which they are known; the rest are words that users
say and clauses do not.  `search` reads both this table and the sentences of the edition.
"""

from __future__ import annotations

from typing import Final

MESSAGES: Final[dict[str, str]] = {
    # a backward pass that is refused
    "trying to backward through the graph a second time": "life-001 life-007 life-018",
    "access saved tensors after they have already been freed": "life-013 life-001",
    "element 0 of tensors does not require grad and does not have a grad_fn": "bwd-006 rec-202",
    "grad can be implicitly created only for scalar outputs": "bwd-005 rec-010 vjp-019",
    "Mismatch in shape: grad_output[0] has a shape of": "vjp-004 vjp-004a",
    "gradients can be either Tensors or None": "bwd-207",
    "got 2 tensors and 1 gradients": "bwd-207",
    "inputs argument to backward() cannot be empty": "bwd-022",
    "differentiated Tensor appears to not have been used in the graph": "vjp-011d vjp-011c",
    # writing in place
    "variables needed for gradient computation have been modified by an inplace operation, "
    "is at version 1; expected version 0 instead": "inp-010 inp-011 inp-019",
    "a leaf Variable that requires grad is being used in an in-place operation": "inp-004 acc-201",
    "a view of a leaf Variable that requires grad is being used in an in-place": "inp-005",
    "a view was created in no_grad mode and is being modified inplace": "inp-034a",
    "is a view and is being modified inplace, a function that returns multiple views": "inp-029",
    "a view and its base or another view of its base has been modified inplace": "inp-030",
    "more than one element of the written-to tensor refers to a single memory location": "inp-034",
    "functions with out=... arguments don't support automatic differentiation": "inp-035",
    "output with shape doesn't match the broadcast shape": "inp-032",
    "result type can't be cast to the desired output type": "inp-032",
    "cannot resize variables that require grad": "inp-036",
    "Inplace update to inference tensor outside InferenceMode is not allowed": "mode-029 mode-213",
    # leaves, flags and gradients
    "you can only change requires_grad flags of leaf variables": "leaf-006 leaf-008",
    "requires_grad must be a bool": "leaf-014",
    "only Tensors of floating point and complex dtype can require gradients": "leaf-014a",
    "the .grad attribute of a Tensor that is not a leaf Tensor is being accessed, its .grad "
    "attribute won't be populated": "ret-002 ret-001 ret-004",
    "can't retain_grad on Tensor that has requires_grad=False": "ret-008 bwd-027",
    "assign a gradient of size to a tensor of size": "leaf-019",
    "assign a gradient with dtype to a tensor with grad_dtype": "leaf-020",
    "grad_dtype can only be accessed on leaf tensors": "leaf-027",
    "assigned grad expected to be a Tensor or None": "leaf-022",
    "can't assign Variable as its own grad": "leaf-021",
    "is_leaf, grad_fn: attribute of TensorBase objects is not writable": "leaf-013",
    "NoneType object has no attribute zero_, data": "acc-007 leaf-015",
    # hooks
    "hook has changed the size of value": "hook-009",
    # leaving the engine
    "can't call numpy() on Tensor that requires grad, use detach().numpy()": "leaf-038 leaf-040",
    "converting a tensor with requires_grad=True to a scalar": "leaf-037",
    "only Tensors created explicitly by the user support the deepcopy protocol": "leaf-042",
    "to copy construct from a tensor, use sourceTensor.detach().clone()": "leaf-028d leaf-028",
    "autograd.variable is deprecated, use torch.tensor": "leaf-046",
    "create_graph=True will create a reference cycle between the parameter and its gradient, "
    "memory leak": "life-016 life-016b",
    # operators
    "the size of tensor a must match the size of tensor b at non-singleton dimension": "rec-204",
    "mat1 and mat2 shapes cannot be multiplied": "rec-204",
}
"""Message of torch -> clauses."""

WORDS_FOR: Final[dict[str, str]] = {
    "grad is None, no gradient": "leaf-015 ret-001 acc-020",
    "requires_grad, requires_grad_()": "leaf-002 leaf-003 leaf-005",
    "grad_fn": "leaf-010a rec-003",
    "hook, register_hook": "rec-015a ret-015 inp-209",
    "leaf variable, leaf tensor, is_leaf": "leaf-010 leaf-002 inp-004",
    "leaf variable moved into the graph interior": "inp-260 inp-004",
    "retain_graph, retain graph": "life-201 life-003 life-001",
    "conflicting-arguments": "bwd-207 grad-015 fapi-022 chk-016",
    "function-rules": "cf-217 fwd-025a func-038 func-039 cf-032 cf-218",
    "independent": "fapi-007 func-021a fapi-008",
    "backward twice": "life-001 acc-004",
    "two losses, shared trunk, several backward calls": "life-007 life-008 life-009",
    "hidden state, recurrent net, truncated backpropagation through time": "life-018 life-018a",
    "detach, stop gradient": "leaf-028 leaf-035a inp-043",
    "detach in place": "inp-208",
    "does not have a grad_fn, does not require grad": "bwd-006 rec-202",
    "modified in place, anomaly detection": "inp-010 inp-011 inp-019",
    "zero_grad, set_to_none, clear or reset the gradients": "acc-003 acc-002 acc-001",
    "gradients accumulate, are twice as large, double": "acc-001 acc-004",
    "gradient accumulation over micro-batches": "acc-023 acc-008",
    "optimizer step, update the weights, learning rate": "acc-201 inp-004",
    "freeze parameters, frozen layers": "bwd-001e leaf-017 leaf-049",
    "no_grad, inference": "rec-202 rec-001a",
    "retain_grad, gradient of an intermediate, non-leaf": "ret-004 ret-001 ret-002",
    "create_graph, double backward, grad of grad": "ho-001 ho-002 ho-010",
    "gradient penalty": "ho-010 ho-001",
    "Hessian-vector product, hvp": "ho-006 ho-007",
    "second derivative, Hessian": "ho-009 ho-003 ho-001",
    "Jacobian": "vjp-011 vjp-011a vjp-001",
    "clip the gradients, clip_grad_norm_": "inp-049 inp-049a",
    "item(), number": "leaf-037",
    "if statement, branch": "rec-007 rec-011a",
    "loop": "rec-008 rec-009",
    "maximum recursion depth exceeded, deep graph": "rec-023 life-015c",
    "tied weights, parameter sharing": "rec-013 acc-017",
    "x += 1, augmented assignment": "inp-009 inp-004",
    "version counter": "inp-001 inp-002",
    "view": "inp-042 inp-024 inp-041",
    "broadcast": "leaf-016a acc-024b",
    "write in place, inplace operation": "inp-008 inp-004 inp-010",
    "tensor.data": "leaf-036 leaf-035b",
    "clone": "leaf-031b leaf-028c",
    "pickle, save and load": "leaf-043",
    "nan gradient, infinite, sqrt at zero": "op-211 bwd-203 ho-204",
    "relu or abs at zero, subgradient": "op-205 op-204",
    "max, ties, argmax": "op-029 op-210",
    "memory leak, out of memory": "life-014a life-015a life-016",
    "chain rule, multivariable": "rec-026 rec-013",
    "allow_unused": "vjp-011c vjp-011d",
    # kinds of error that several clauses demand
    "graph-freed": "life-001",
    "stale-saved-tensor": "inp-010",
    "nonscalar-root": "bwd-005",
    "root-without-grad": "bwd-006",
    "cotangent-shape": "vjp-004",
    "cotangent-shape of a batch": "grad-039 grad-031",
    "leaf-inplace": "inp-004",
    "inference-inplace": "mode-029",
    "hook-result": "hook-009 hook-011",
    "nonleaf-flag": "leaf-006",
    "retain-without-grad": "ret-008",
    "overlapping-memory": "inp-034",
    "grad-is-none": "acc-007",
}
"""Words that people use, several after commas -> clauses."""
