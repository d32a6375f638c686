"""Transforms that go backward: `grad`, `grad_and_value` and `vjp`."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gradspec_reference.engine import modes
from gradspec_reference.engine.structures import flatten, mapped
from gradspec_reference.engine.transforms import Reverse, outside_inference
from gradspec_reference.errors import StructureError
from gradspec_reference.func.arguments import (
    apart,
    check_floating,
    check_inputs,
    check_number,
    check_outputs,
    replaced,
    selected,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradspec_reference.engine.structures import Structure
    from gradspec_reference.engine.tensor import Tensor
    from gradspec_reference.func.arguments import ArgumentNumbers


def grad(
    func: Callable[..., Any], argnums: ArgumentNumbers = 0, has_aux: bool = False
) -> Callable[..., Any]:
    """Return a function that gives the gradient of func by one argument, or by a tuple of them.

    func returns a tensor without dimensions, or under `has_aux` a pair of that and of what is given
    back beside the gradient.  A gradient has the structure of its argument.
    Calls raise ArgumentNumbersError, TransformInputError, ScalarValueError, AuxiliaryError.
    Source: torch.func.grad docstring.
    """

    @functools.wraps(func, updated=())
    def gradient(*args: Any, **kwargs: Any) -> Any:
        found, _, aux = differentiated("grad", func, argnums, has_aux, args, kwargs)
        return (found, aux) if has_aux else found

    return gradient


def grad_and_value(
    func: Callable[..., Any], argnums: ArgumentNumbers = 0, has_aux: bool = False
) -> Callable[..., Any]:
    """Return a function that gives the gradient of func, and its value; see `grad`.

    Under `has_aux` the value is the pair that func returned.
    Source: torch.func.grad_and_value docstring.
    """

    @functools.wraps(func, updated=())
    def gradient_and_value(*args: Any, **kwargs: Any) -> Any:
        found, value, aux = differentiated("grad_and_value", func, argnums, has_aux, args, kwargs)
        return found, (value, aux) if has_aux else value

    return gradient_and_value


def differentiated(
    name: str,
    func: Callable[..., Any],
    argnums: ArgumentNumbers,
    has_aux: bool,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> tuple[Any, Tensor, Any]:
    """Return the gradient of a function at arguments, its value, and what it gave besides."""
    leaves, form = flatten(selected(name, args, argnums))
    check_inputs(name, leaves)
    with Reverse() as call:
        points = form.unflatten([call.own(leaf) for leaf in leaves])
        given = replaced(name, args, argnums, points)
        output, aux = apart(name, func(*given, **kwargs), has_aux)
        check_number(name, output)
        found = call.products([output], None, leaves, call.recording)
    leave = functools.partial(call.leaving, recording=call.recording)
    return form.unflatten(map(leave, found)), leave(output), mapped(leave, aux) if has_aux else None


def vjp(func: Callable[..., Any], *primals: Any, has_aux: bool = False) -> Any:
    """Return func(*primals), and a function that multiplies a cotangent by the Jacobian there.

    A cotangent has the structure of the output, and the products are a tuple, one for each primal
    in its structure.  With `has_aux` func returns a pair, and its second half is returned, too.
    Raises TransformInputError, TransformOutputError, AuxiliaryError; the function, StructureError.
    Source: torch.func.vjp docstring.
    """
    value, pull, aux = pullback("vjp", func, primals, None, has_aux)
    return (value, pull, aux) if has_aux else (value, pull)


@dataclass(frozen=True, slots=True)
class Pullback:
    """The linear function from cotangents of outputs to products with the Jacobian by inputs."""

    call: Reverse
    outputs: list[Tensor]
    form: Structure
    inputs: list[Tensor]
    inputs_form: Structure

    def __call__(
        self, cotangents: Any, retain_graph: bool = True, create_graph: bool | None = None
    ) -> Any:
        """Return the products; StructureError unless cotangents are formed as the outputs are."""
        del retain_graph  # what was recorded goes with this function
        given, form = flatten(cotangents)
        if form != self.form:
            raise StructureError(
                f"a cotangent of the form {form} was given for an output of the form {self.form}"
            )
        check_inputs("vjp", given)
        recording = modes.is_grad_enabled() if create_graph is None else create_graph
        with outside_inference():
            found = self.call.products(self.outputs, given, self.inputs, recording)
            return self.inputs_form.unflatten([self.call.leaving(x, recording) for x in found])


def pullback(
    name: str,
    func: Callable[..., Any],
    primals: tuple[Any, ...],
    argnums: ArgumentNumbers | None,
    has_aux: bool,
) -> tuple[Any, Pullback, Any]:
    """Return the value of a function, how to go back from it, and what it gave besides."""
    inputs, inputs_form = flatten(primals if argnums is None else selected(name, primals, argnums))
    check_inputs(name, inputs)
    with Reverse() as call:
        points = inputs_form.unflatten([call.own(leaf) for leaf in inputs])
        given = points if argnums is None else replaced(name, primals, argnums, points)
        returned, aux = apart(name, func(*given), has_aux)
        outputs, form = flatten(returned)
        check_outputs(name, outputs)
        check_floating(name, outputs)
    leave = functools.partial(call.leaving, recording=call.recording)
    value = form.unflatten(map(leave, outputs))
    return (
        value,
        Pullback(call, outputs, form, inputs, inputs_form),
        mapped(leave, aux) if has_aux else None,
    )
