"""Modules as functions of their parameters: `functional_call` and what goes with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from gradspec_reference.names.functions.assembly import stack
from gradspec_reference.nn.modules.normalising import BatchNorm
from gradspec_reference.nn.utils import stateless

if TYPE_CHECKING:
    from gradspec_reference.engine.tensor import Tensor
    from gradspec_reference.nn.modules.module import Module


def functional_call(
    module: Module,
    parameter_and_buffer_dicts: dict[str, Tensor] | Sequence[dict[str, Tensor]],
    args: Any = None,
    kwargs: dict[str, Any] | None = None,
    *,
    tie_weights: bool = True,
    strict: bool = False,
) -> Any:
    """Call a module with other parameters and buffers, given by their names; it keeps its own.

    Several dicts may be given.  `args` is a tuple of arguments, or the only one.  What the module
    has under several names is replaced under all of them, unless `tie_weights` is False.
    Raises ValueError for one name given twice; under `strict` ModuleKeysError for names that are
    not just the module's.
    Source: torch.func.functional_call docstring.
    """
    given = joined(parameter_and_buffer_dicts)
    return stateless.call(module, given, args, kwargs, tie_weights, strict)


def joined(dicts: Any) -> dict[str, Tensor]:
    """Return one dict; ValueError for what is none, and for a name that is in two."""
    if isinstance(dicts, dict):
        return dicts
    if not isinstance(dicts, Sequence) or not all(isinstance(each, dict) for each in dicts):
        raise ValueError(
            "functional_call() takes a dict of tensors by name, or a sequence of such dicts"
        )
    names = [name for each in dicts for name in each]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"functional_call() was given {twice} in several dicts")
    return {name: tensor for each in dicts for name, tensor in each.items()}


def stack_module_state(
    models: Sequence[Module],
) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Return the parameters of several modules of one kind, stacked by name, and the buffers.

    They are leaves of their own, which require grad where those of the modules do.
    Raises RuntimeError unless the modules are alike.
    Source: torch.func.stack_module_state docstring.
    """
    if not models:
        raise RuntimeError("stack_module_state() was given no module; it takes at least one")
    if len({model.training for model in models}) > 1:
        raise RuntimeError(
            "stack_module_state() was given modules of which some are in training and some are "
            "not; call train() or eval() on all"
        )
    if len({type(model) for model in models}) > 1:
        raise RuntimeError("stack_module_state() was given modules of several classes")
    parameters = [dict(model.named_parameters()) for model in models]
    buffers = [dict(model.named_buffers()) for model in models]
    return stacked(parameters), stacked(buffers)


def stacked(states: list[dict[str, Any]]) -> dict[str, Tensor]:
    """Return tensors of one name each, stacked; RuntimeError if some require grad and some not."""
    found = {}
    for name in states[0]:
        tensors = [state[name] for state in states]
        if len({tensor.requires_grad for tensor in tensors}) > 1:
            raise RuntimeError(
                f"{name} requires grad in some of the modules given to stack_module_state(), and "
                "not in others"
            )
        leaf = stack([tensor.detach() for tensor in tensors])
        found[name] = leaf.requires_grad_(tensors[0].requires_grad)
    return found


def replace_all_batch_norm_modules_(root: Module) -> Module:
    """Take from all BatchNorm modules what they found on the way, and let them find no more.

    Source: torch.func.replace_all_batch_norm_modules_ docstring.
    """
    for module in root.modules():
        if isinstance(module, BatchNorm) and module.track_running_stats:
            module.running_mean = module.running_var = module.num_batches_tracked = None
            module.track_running_stats = False
    return root
