"""Which gradients require grad, in torch and in the reference engine: what a pass has recorded.

Under create_graph a gradient requires grad if a rule has made it of something that does.  The
cotangent here does not, so that a rule tells by itself.  As a script:
`recorded_gradients.py [OPERATOR ...]`.
"""

from __future__ import annotations

import itertools
import sys
import warnings
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import torch
from compared_calls import Outside, array_of, flat
from drawn_calls import Drawn, Random, Tensor, written
from random_calls import CALLED

import gradspec_reference as engine
from gradspec.catalogue.operator import Call, map_arrays
from gradspec.catalogue.operators import OPERATORS

if TYPE_CHECKING:
    from collections.abc import Iterator

REFUSED: Final = "refused"
"""Where torch has no second derivative; the reference engine has one of most of these."""

COMPOSED: Final = (
    *("layer_norm", "batch_norm", "group_norm", "instance_norm", "grid_sample"),
    *("logical_and_", "logical_or_", "logical_xor_"),
)
"""What the reference engine makes of several operators and torch has one joint derivative of, so
that there the gradient of each operand requires grad if any does; and what torch records nothing
of, as op-285 says."""

SINGLE: Final = [name for name in CALLED if name not in COMPOSED]

Facts = tuple[Any, ...]


def asked(name: str) -> Iterator[tuple[str, Drawn]]:
    """Give each call of an operator, with each operand alone as its variable, and all."""
    operator = OPERATORS[name]
    for called, given in operator.calls.items():
        call = Call(operator, operator.named(called), given)
        arrays: list[Any] = []
        map_arrays(call.sample(), arrays.append)
        every = {place for place, array in enumerate(arrays) if array.dtype.kind in "fc"}
        for chosen in [{place} for place in every] + ([every] if len(every) > 1 else []):
            yield call.name, with_variables(call, chosen)


def with_variables(call: Call, chosen: set[int]) -> Drawn:
    """Write a call of which some tensors require grad."""
    places = itertools.count()
    values = map_arrays(call.sample(), lambda array: Tensor(array, next(places) in chosen))
    return written(call.operator, values, Random(0))


def recorded(call: Drawn, library: Any) -> Facts | str:
    """Say of each gradient whether it requires grad, and of each second gradient if it is there."""
    try:
        leaves = {
            name: library.tensor(t.array.copy(), requires_grad=t.requires_grad)
            for name, t in call.tensors.items()
        }
        names = {"torch": library, **leaves}
        exec(call.text, names)
        parts = [p for p in flat(names["result"]) if isinstance(p, library.Tensor)]
        outs = [p for p in parts if p.requires_grad]
        variables = [leaf for leaf in leaves.values() if leaf.requires_grad]
        flags = tuple(p.requires_grad for p in parts)
        if not outs:
            return flags
        random = np.random.default_rng(len(call.text))
        cotangents = [library.tensor(drawn(random, array_of(out.detach()))) for out in outs]
        cotangents = [c.to(out.dtype) for c, out in zip(cotangents, outs, strict=True)]
        first = library.autograd.grad(
            outs, variables, cotangents, create_graph=True, allow_unused=True
        )
        seen = tuple(g if g is None else g.requires_grad for g in first)
        there = [g for g in first if g is not None and g.requires_grad]
        if not there:
            return flags, seen
        second = library.autograd.grad(
            there,
            variables,
            [library.ones_like(g) for g in there],
            allow_unused=True,
        )
        return flags, seen, tuple(g is not None for g in second)
    except Exception as error:
        if "INTERNAL ASSERT" in str(error):
            raise Outside from error
        return REFUSED


def drawn(random: Any, like: Any) -> Any:
    """Draw a cotangent for an array."""
    numbers = random.uniform(0.5, 1.5, np.shape(like))
    return numbers + 1j * numbers if np.iscomplexobj(like) else numbers


def differences(name: str) -> Iterator[str]:
    """Say where the two differ in a call of an operator."""
    for called, call in asked(name):
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            try:
                expected = recorded(call, torch)
            except Outside:
                continue
            found = recorded(call, engine)
        if expected not in (found, REFUSED):
            varied = [n for n, t in call.tensors.items() if t.requires_grad]
            yield f"{name}/{called} by {', '.join(varied)}: torch {expected}, found {found}"


def main() -> None:
    """Print what differs."""
    torch.set_num_threads(1)
    said = [one for name in sys.argv[1:] or SINGLE for one in differences(name)]
    print(*said, f"{len(said)} differ", sep="\n")
    sys.exit(bool(said))


if __name__ == "__main__":
    main()
