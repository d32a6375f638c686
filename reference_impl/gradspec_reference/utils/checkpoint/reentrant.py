"""A checkpointed function as one node, which makes a pass of its own; start at `backward`."""

from __future__ import annotations

import warnings
from typing import Any

from gradspec_reference import autograd
from gradspec_reference.engine import modes, nesting
from gradspec_reference.engine.custom import Function
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.errors import CheckpointNeedlessError, CheckpointQueryError
from gradspec_reference.utils.checkpoint.randomness import as_it_was


class CheckpointFunction(Function):
    """The function, run without recording, and again with it when a gradient arrives."""

    @staticmethod
    def forward(ctx: Any, function: Any, preserve: bool, *arguments: Any) -> Any:
        """Run the function; warn if no argument requires grad, since nothing is recorded then."""
        tensors = [x for x in arguments if isinstance(x, Tensor)]
        if not any(x.requires_grad for x in tensors):
            warnings.warn(
                "checkpoint(use_reentrant=True) was given no tensor that requires grad, so that "
                "nothing is recorded; give use_reentrant=False",
                UserWarning,
                stacklevel=4,
            )
        ctx.run = function
        ctx.as_it_was = as_it_was(preserve)
        ctx.plain = [None if isinstance(x, Tensor) else x for x in arguments]
        ctx.places = [n for n, x in enumerate(arguments) if isinstance(x, Tensor)]
        ctx.save_for_backward(*tensors)
        return function(*arguments)

    @staticmethod
    def backward(ctx: Any, *cotangents: Any) -> Any:
        """Run the function again, and a pass over what that recorded."""
        if any(walk.visited is not None for walk in nesting.passes.running):
            raise CheckpointQueryError(
                "a pass for given inputs, by grad() or backward(inputs=...), came to a function "
                "that was checkpointed with use_reentrant=True; give use_reentrant=False"
            )
        arguments = list(ctx.plain)
        for place, tensor in zip(ctx.places, ctx.saved_tensors, strict=True):
            arguments[place] = tensor.detach().requires_grad_(tensor.requires_grad)
        with ctx.as_it_was(), modes.enable_grad():
            returned = ctx.run(*arguments)
        outputs = returned if isinstance(returned, tuple) else (returned,)
        roots = [
            (output, cotangent)
            for output, cotangent in zip(outputs, cotangents, strict=True)
            if isinstance(output, Tensor) and output.requires_grad
        ]
        if not roots:
            raise CheckpointNeedlessError(
                "no result of a checkpointed function requires grad when it is run again; leave "
                "out the checkpoint, or the no_grad() in it"
            )
        autograd.backward([root for root, _ in roots], [given for _, given in roots])
        return (None, None, *(x.grad if isinstance(x, Tensor) else None for x in arguments))
