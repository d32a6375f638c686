"""A module as a function of its parameters (torch.nn.utils.stateless); start at `call`."""

from __future__ import annotations

import contextlib
import warnings
from typing import TYPE_CHECKING, Any

from gradspec_reference.errors import ModuleKeysError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gradspec_reference.engine.tensor import Tensor
    from gradspec_reference.nn.modules.module import Module

__all__ = ["functional_call"]

MISSING = object()


def functional_call(
    module: Module,
    parameters_and_buffers: dict[str, Tensor],
    args: Any = None,
    kwargs: dict[str, Any] | None = None,
    *,
    tie_weights: bool = True,
    strict: bool = False,
) -> Any:
    """Call a module with other parameters: the old place of `func.functional_call`."""
    warnings.warn(
        "nn.utils.stateless.functional_call is deprecated; use func.functional_call",
        FutureWarning,
        stacklevel=2,
    )
    return call(module, parameters_and_buffers, args, kwargs, tie_weights, strict)


def call(
    module: Module,
    given: dict[str, Tensor],
    args: Any,
    kwargs: dict[str, Any] | None,
    tie_weights: bool,
    strict: bool,
) -> Any:
    """Call a module that has other tensors for the length of the call.

    What it assigns to them meanwhile is found in `given` afterwards.
    """
    placed = untied(module, given) if tie_weights else dict(given)
    if strict:
        check_keys(module, placed)
    arguments = () if args is None else args if isinstance(args, tuple) else (args,)
    with having(module, placed):
        result = module(*arguments, **(kwargs or {}))
        now = {name: place_of(module, name) for name in given}
    given.update({name: place[key] for name, (place, key) in now.items() if key in place})
    return result


@contextlib.contextmanager
def having(module: Module, tensors: dict[str, Tensor]) -> Iterator[None]:
    """Give a module other tensors, and then its own again."""
    places = [(*place_of(module, name), tensor) for name, tensor in tensors.items()]
    before = [place.get(key, MISSING) for place, key, _ in places]
    try:
        for place, key, tensor in places:
            place[key] = tensor
        yield
    finally:
        for (place, key, _), own in zip(places, before, strict=True):
            if own is MISSING:
                place.pop(key, None)
            else:
                place[key] = own


def place_of(module: Module, name: str) -> tuple[dict[str, Any], str]:
    """Return where a tensor is kept, and under which key; what is not there has a place, too."""
    way, _, key = name.rpartition(".")
    owner = module.get_submodule(way) if way else module
    for place in (owner._parameters, owner._buffers):
        if key in place:
            return place, key
    return vars(owner), key


def untied(module: Module, given: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return tensors by all names that the module has for them.

    ValueError if one tensor of the module's is given several.
    """
    names: dict[int, list[str]] = {}
    for named in (module.named_parameters, module.named_buffers):
        for name, tensor in named(remove_duplicate=False):
            names.setdefault(id(tensor), []).append(name)
    placed = dict(given)
    for tied in names.values():
        found = [given[name] for name in tied if name in given]
        if any(tensor is not found[0] for tensor in found):
            raise ValueError(
                f"{sorted(tied)} are names of one tensor, and several were given; give one, or "
                "tie_weights=False"
            )
        if found:
            placed.update(dict.fromkeys(tied, found[0]))
    return placed


def check_keys(module: Module, placed: dict[str, Tensor]) -> None:
    """Refuse names that the module does not have, and the lack of those that it has."""
    own = {
        name
        for named in (module.named_parameters, module.named_buffers)
        for name, _ in named(remove_duplicate=False)
    }
    if own != placed.keys():
        raise ModuleKeysError(
            f"a {type(module).__name__} was called with tensors of its own names, strictly; "
            f"missing: {sorted(own - placed.keys())}, unexpected: {sorted(placed.keys() - own)}"
        )
