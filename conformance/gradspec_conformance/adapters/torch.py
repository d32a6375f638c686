"""The oracle: PyTorch.  The one file of the project that imports torch."""

from __future__ import annotations

import re
from typing import Final

import torch

from gradspec_conformance.adapters.torch_like import TorchLike

MESSAGES: Final[tuple[tuple[str, str], ...]] = (
    (r"implicitly created only for scalar outputs", "nonscalar-root"),
    (r"element \d+ of tensors does not require grad", "root-without-grad"),
    (r"[Mm]ismatch in shape: grad_output|shapes do not match", "cotangent-shape"),
    (r"gradients can be either Tensors or None", "cotangent-type"),
    (r"got \d+ tensors and \d+ gradients", "cotangent-count"),
    (r"`?inputs`? argument to .* cannot be empty", "inputs-empty"),
    (r"`?inputs`? argument to `?\w+\(\)`? must be", "inputs-type"),
    (r"appears to not have been used in the graph", "unused-input"),
    (r"One of the differentiated Tensors does not require grad", "input-without-grad"),
    (r"both passed to backward\(\)|grad_variables", "conflicting-arguments"),
    (r"backward through the graph a second time", "graph-freed"),
    (r"has been modified by an inplace operation", "stale-saved-tensor"),
    (r"only leaf variables|you can only change requires_grad flags of leaf", "nonleaf-flag"),
    (r"requires_grad must be a bool", "flag-type"),
    (r"[Oo]nly Tensors of floating point", "nonfloat-requires-grad"),
    (r"data set to a tensor that requires gradients must be", "nonfloat-requires-grad"),
    (r"is not writable", "read-only"),
    (r"assign a gradient of size|gradient of another size", "grad-shape"),
    (r"assign a gradient .*dtype|with dtype '.*' to a tensor with grad_dtype", "grad-dtype"),
    (r"can't assign Variable as its own grad", "grad-is-self"),
    (r"assigned grad expected to be a Tensor or None", "grad-type"),
    (r"grad_dtype can only be", "grad-dtype-nonleaf"),
    (r"can't retain_grad on Tensor", "retain-without-grad"),
    (r"Can't call numpy\(\) on Tensor that requires grad", "array-requires-grad"),
    (r"created explicitly by the user \(graph leaves\) support the deepcopy", "nonleaf-copy"),
    (r"torch\.autograd\.variable.* is deprecated", "deprecated"),
    (r"a view of a leaf Variable that requires grad", "leaf-view-inplace"),
    (r"a leaf Variable that requires grad", "leaf-inplace"),
    (r"created in no_grad mode", "no-grad-view-inplace"),
    (r"is a view and is being modified inplace", "multi-view-inplace"),
    (r"is a view and its base or another view of its base", "multi-view-base-written"),
    (r"doesn't match the broadcast shape", "inplace-shape"),
    (r"can't be cast to the desired output type", "inplace-dtype"),
    (r"more than one element of the written-to tensor", "overlapping-memory"),
    (r"don't support automatic differentiation", "out-requires-grad"),
    (r"cannot resize variables that require grad", "resize-requires-grad"),
    (r"[Cc]an't detach views in-place", "detach-view"),
    (r"must match the size of tensor|shapes cannot be multiplied", "operand-shape"),
    (r"cannot register a hook on a tensor that doesn't require", "hook-without-grad"),
    (r"hook .*has changed the (size|type)", "hook-result"),
)
"""Pattern in torch's message -> kind; the first that matches decides."""


class TorchEngine(TorchLike):
    """PyTorch as the kit sees it."""

    name = "torch"
    version = torch.__version__

    def __init__(self) -> None:
        super().__init__(torch)
        torch.set_num_threads(1)
        torch.set_warn_always(True)  # else some warnings come once a process

    def error_kind(self, error: Exception) -> str | None:
        """Read the kind off the message, which is all that torch tells."""
        text = str(error)
        return next((kind for pattern, kind in MESSAGES if re.search(pattern, text)), None)
