"""Jacobians and Hessians, from products: `jacrev`, `jacfwd` and `hessian`."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from gradspec_reference.engine.differentiating import of_columns, stretches, units_of_each
from gradspec_reference.engine.structures import flatten, mapped
from gradspec_reference.engine.transforms import outside_inference
from gradspec_reference.errors import ChunkSizeError
from gradspec_reference.func.arguments import check_randomness, check_real, selected
from gradspec_reference.func.forward import pushed
from gradspec_reference.func.mapping import vmap
from gradspec_reference.func.reverse import pullback

if TYPE_CHECKING:
    from collections.abc import Callable

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
    Raises ChunkSizeError; calls, ComplexJacobianError, and what those of `vjp` raise.
    Source: torch.func.jacrev docstring.
    """
    if chunk_size is not None and chunk_size < 1:
        raise ChunkSizeError(
            f"chunk_size of jacrev() is {chunk_size}; it must be at least 1, or None for all rows"
        )

    @functools.wraps(func, updated=())
    def jacobian(*args: Any) -> Any:
        check_real("jacrev", "inputs", args)
        _, pull, aux = pullback("jacrev", func, args, argnums, has_aux)
        check_real("jacrev", "outputs", pull.outputs)

        def row(*seed: Tensor) -> Any:
            return tuple(flatten(pull(pull.form.unflatten(seed)))[0])

        with outside_inference():
            seeds = units_of_each(pull.outputs)
            rows = vmap(row, chunk_size=chunk_size)(*seeds) if len(seeds[0]) else None
            blocks = [
                pull.inputs_form.unflatten(
                    [
                        of_rows(
                            rows and rows[place], start, end, (*output.shape, *point.shape), point
                        )
                        for place, point in enumerate(pull.inputs)
                    ]
                )
                for output, start, end in stretches(pull.outputs)
            ]
        found = pull.form.unflatten(blocks)
        return (found, aux) if has_aux else found

    return jacobian


def of_rows(rows: Any, start: int, end: int, shape: Any, like: Tensor) -> Tensor:
    """Return some rows as a block of a shape."""
    if rows is None:
        empty: Tensor = like.new_zeros(shape)
        return empty
    block: Tensor = rows[start:end].reshape(shape)
    return block


def jacfwd(
    func: Callable[..., Any],
    argnums: ArgumentNumbers = 0,
    has_aux: bool = False,
    *,
    randomness: str = "error",
) -> Callable[..., Any]:
    """Return a function that gives the Jacobian of func, going forward for each column.

    Its form is that of `jacrev`.  Calls raise ComplexJacobianError, and what those of `jvp` do.
    Source: torch.func.jacfwd docstring.
    """
    check_randomness("jacfwd", randomness)

    @functools.wraps(func, updated=())
    def jacobian(*args: Any) -> Any:
        check_real("jacfwd", "inputs", args)
        inputs, form = flatten(selected("jacfwd", args, argnums))
        forms: list[Any] = []

        def column(*seed: Tensor) -> Any:
            _, product, aux = pushed(
                "jacfwd", func, args, form.unflatten(seed), argnums, False, has_aux
            )
            found, outputs_form = flatten(product)
            check_real("jacfwd", "outputs", found)
            forms.append(outputs_form)
            return found, (aux if has_aux else ())

        columns, aux = vmap(column, randomness=randomness)(*units_of_each(inputs))
        blocks = [
            form.unflatten(
                [
                    of_columns(found, start, end, (*found.shape[1:], *point.shape))
                    for point, start, end in stretches(inputs)
                ]
            )
            for found in columns
        ]
        found = forms[0].unflatten(blocks)
        return (found, mapped(lambda x: x[0], aux)) if has_aux else found

    return jacobian


def hessian(func: Callable[..., Any], argnums: ArgumentNumbers = 0) -> Callable[..., Any]:
    """Return a function that gives the second derivatives of func: forward, of what goes backward.

    Source: torch.func.hessian docstring.
    """
    return jacfwd(jacrev(func, argnums), argnums)
