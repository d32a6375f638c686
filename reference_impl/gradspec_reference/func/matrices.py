"""Jacobians and Hessians, from products: `jacrev`, `jacfwd` and `hessian`."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from gradspec_reference.engine.differentiating import units
from gradspec_reference.engine.structures import flatten
from gradspec_reference.errors import ChunkSizeError
from gradspec_reference.func.arguments import check_randomness, selected
from gradspec_reference.func.forward import pushed
from gradspec_reference.func.reverse import pullback
from gradspec_reference.names.functions.assembly import stack

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gradspec_reference.engine.tensor import Tensor
    from gradspec_reference.func.arguments import ArgumentNumbers


def jacrev(
    func: Callable[..., Any],
    argnums: ArgumentNumbers = 0,
    *,
    has_aux: bool = False,
    chunk_size: int | None = None,
    _preallocate_and_copy: bool = False,
) -> Callable[..., Any]:
    """Return a function that gives the Jacobian of func, going backward for each row.

    For each output, in the structure of the outputs, there is a block for each input that argnums
    name, in theirs; its shape is that of the output followed by that of the input.
    Raises ChunkSizeError; calls, what those of `vjp` raise.
    Source: torch.func.jacrev docstring.
    """
    if chunk_size is not None and chunk_size < 1:
        raise ChunkSizeError(
            f"chunk_size of jacrev() is {chunk_size}; it must be at least 1, or None for all rows"
        )

    @functools.wraps(func, updated=())
    def jacobian(*args: Any) -> Any:
        _, pull, aux = pullback("jacrev", func, args, argnums, has_aux)
        blocks = []
        for output, seeds in zip(pull.outputs, seeds_of_each(pull.outputs), strict=True):
            rows = [flatten(pull(pull.form.unflatten(seed)))[0] for seed in seeds]
            parts = [
                stack([row[place] for row in rows]).reshape((*output.shape, *point.shape))
                for place, point in enumerate(pull.inputs)
            ]
            blocks.append(pull.inputs_form.unflatten(parts))
        found = pull.form.unflatten(blocks)
        return (found, aux) if has_aux else found

    return jacobian


def seeds_of_each(tensors: list[Tensor]) -> Iterator[Iterator[list[Tensor]]]:
    """Give for each tensor, and each of its entries, tensors that are zero but for a one there."""
    zeros = [x.detach().new_zeros(x.shape) for x in tensors]
    for place, tensor in enumerate(tensors):
        yield ([*zeros[:place], unit, *zeros[place + 1 :]] for unit in units(tensor))


def jacfwd(
    func: Callable[..., Any],
    argnums: ArgumentNumbers = 0,
    has_aux: bool = False,
    *,
    randomness: str = "error",
) -> Callable[..., Any]:
    """Return a function that gives the Jacobian of func, going forward for each column.

    Its form is that of `jacrev`.  Calls raise what those of `jvp` do.
    Source: torch.func.jacfwd docstring.
    """
    check_randomness("jacfwd", randomness)
    check_randomness("jacfwd", randomness)

    @functools.wraps(func, updated=())
    def jacobian(*args: Any) -> Any:
        inputs, form = flatten(selected("jacfwd", args, argnums))
        columns: list[list[list[Tensor]]] = []
        aux: Any = None
        for seeds in seeds_of_each(inputs):
            columns.append([])
            for seed in seeds:
                _, product, aux = pushed(
                    "jacfwd", func, args, form.unflatten(seed), argnums, False, has_aux
                )
                found, outputs_form = flatten(product)
                columns[-1].append(found)
        blocks = [
            form.unflatten(
                [
                    stack([column[place] for column in of_input], -1).reshape(
                        (*of_input[0][place].shape, *point.shape)
                    )
                    for of_input, point in zip(columns, inputs, strict=True)
                ]
            )
            for place in range(outputs_form.count)
        ]
        found = outputs_form.unflatten(blocks)
        return (found, aux) if has_aux else found

    return jacobian


def hessian(func: Callable[..., Any], argnums: ArgumentNumbers = 0) -> Callable[..., Any]:
    """Return a function that gives the second derivatives of func: forward, of what goes backward.

    Source: torch.func.hessian docstring.
    """
    return jacfwd(jacrev(func, argnums), argnums)
