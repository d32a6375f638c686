"""`vjp` and `jvp`: products with the Jacobian, from the left and from the right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec import CONVENTION, VALUE, clause, expect

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradspec import Autograd

VJP: Final = "torch.func.vjp docstring"
JVP: Final = "torch.func.jvp docstring"
SOURCE: Final = "torch/_functorch/eager_transforms.py"


@clause("func-013", VALUE, sources=[VJP])
def a_function_from_cotangents_to_products(ag: Autograd) -> None:
    """vjp gives the value, and a function that maps a cotangent to a tuple of its products with the
    Jacobian by each argument.
    """
    m, n, c = ag.random(2, 3), ag.random(3, 4), ag.random(2, 4)
    value, pull = ag.func.vjp(lambda m, n: m @ n)(ag.tensor(m), ag.tensor(n))
    by_m, by_n = pull(ag.tensor(c))

    expect(value).is_close(m @ n)
    expect(by_m).is_close(c @ n.T)
    expect(by_n).is_close(m.T @ c)


@clause("func-014", VALUE, sources=[VJP])
def the_function_of_cotangents_is_called_again(ag: Autograd) -> None:
    """The function that vjp gives can be called with one cotangent after another."""
    at, v, w = ag.random(3), ag.random(3), ag.random(3)
    _, pull = ag.func.vjp(lambda x: ag.exp(x * x))(ag.tensor(at))
    (first,) = pull(ag.tensor(v))
    (second,) = pull(ag.tensor(w))
    slope = 2.0 * at * np.exp(at * at)

    expect(first).is_close(v * slope, scale=10.0)
    expect(second).is_close(w * slope, scale=10.0)


@clause("func-015", VALUE, sources=[VJP])
def cotangents_have_the_structure_of_outputs(ag: Autograd) -> None:
    """For a function that returns a dict, list or tuple, vjp takes cotangents in the same structure
    and adds up what comes from each.
    """
    at, v, w = ag.random(3), ag.random(3), ag.random(3)
    value, pull = ag.func.vjp(lambda x: {"sine": ag.sin(x), "more": [ag.exp(x)]})(ag.tensor(at))
    (found,) = pull({"sine": ag.tensor(v), "more": [ag.tensor(w)]})

    expect(value["sine"]).is_close(np.sin(at))
    expect(value["more"][0]).is_close(np.exp(at))
    expect(found).is_close(v * np.cos(at) + w * np.exp(at), scale=10.0)


@clause("func-015a", CONVENTION, sources=[VJP])
def cotangents_of_another_structure_are_refused(ag: Autograd) -> None:
    """A cotangent whose structure is not that of the output is refused.

    Remedy: give a tensor for each tensor that the function returns, in the same containers.
    """
    _, pull = ag.func.vjp(lambda x: (x * x, x * 3.0))(ag.tensor(ag.random(3)))
    with ag.refuses("structure"):
        pull(ag.tensor(ag.random(3)))


NO_OUTPUTS: Final[dict[str, Callable[[Any], Any]]] = {
    "whole_numbers": lambda x: x.to("int64"),
    "a_plain_number": lambda _: 3.0,
    "nothing": lambda _: (),
}


@clause("func-016", CONVENTION, sources=[SOURCE], over=NO_OUTPUTS)
def outputs_are_floating_point_tensors(ag: Autograd, function: Callable[[Any], Any]) -> None:
    """vjp refuses a function that returns {name}.

    Remedy: return floating-point tensors; what else is wanted can be returned under has_aux.
    """
    product = ag.func.vjp(function)
    with ag.refuses("transform-output"):
        product(ag.tensor(ag.random(2)))


@clause("func-017", VALUE, sources=[VJP])
def arguments_that_are_left_out_have_their_defaults(ag: Autograd) -> None:
    """What a function has defaults for need not be given, and is not differentiated by."""
    at, v = ag.random(3), ag.random(3)
    _, pull = ag.func.vjp(lambda x, scale=4.0: x * x * scale)(ag.tensor(at))

    expect(pull(ag.tensor(v))).is_close((8.0 * at * v,), scale=10.0)


@clause("func-018", VALUE, sources=[VJP])
def a_product_from_the_left_with_auxiliary_values(ag: Autograd) -> None:
    """Under has_aux vjp gives three things: the output, the function of cotangents, and the
    auxiliary values.
    """
    at, v = ag.random(3), ag.random(3)
    product = ag.func.vjp(lambda x: (x * x, {"more": x + 1.0}), has_aux=True)
    value, pull, aux = product(ag.tensor(at))

    expect(value).is_close(at * at)
    expect(pull(ag.tensor(v))).is_close((2.0 * at * v,))
    expect(aux["more"]).is_close(at + 1.0)


@clause("func-019", VALUE, sources=[JVP])
def a_product_along_tangents(ag: Autograd) -> None:
    """jvp takes a tuple of arguments and one of tangents, and gives the value, and the sum of the
    Jacobians times the tangents.
    """
    x, y, v, w = ag.random(3), ag.random(3), ag.random(3), ag.random(3)
    along = ag.func.jvp(lambda x, y: x * ag.sin(y))
    value, found = along((ag.tensor(x), ag.tensor(y)), (ag.tensor(v), ag.tensor(w)))

    expect(value).is_close(x * np.sin(y))
    expect(found).is_close(np.sin(y) * v + x * np.cos(y) * w)


@clause("func-209", VALUE, sources=[JVP])
def tangents_have_the_structure_of_arguments(ag: Autograd) -> None:
    """For arguments that are dicts, lists or tuples jvp takes tangents in the same structure, and
    gives one in the structure of the output.
    """
    w, b, v, u = ag.random(3), ag.random(), ag.random(3), ag.random()
    along = ag.func.jvp(lambda p: [ag.sin(p["w"]) * p["b"][0], p["b"][0]])
    _, found = along(
        ({"w": ag.tensor(w), "b": [ag.tensor(b)]},),
        ({"w": ag.tensor(v), "b": [ag.tensor(u)]},),
    )

    expect(found[0]).is_close(np.cos(w) * v * b + np.sin(w) * u, scale=10.0)
    expect(found[1]).is_close(u)


@clause("func-210", VALUE, sources=[JVP])
def a_product_along_tangents_with_auxiliary_values(ag: Autograd) -> None:
    """Under has_aux jvp gives three things: the output, its tangent, and the auxiliary values."""
    at, v = ag.random(3), ag.random(3)
    along = ag.func.jvp(lambda x: (x * x, {"more": x + 1.0}), has_aux=True)
    value, found, aux = along((ag.tensor(at),), (ag.tensor(v),))

    expect(value).is_close(at * at)
    expect(found).is_close(2.0 * at * v)
    expect(aux["more"]).is_close(at + 1.0)


@clause("func-020", CONVENTION, sources=[JVP])
def arguments_of_a_product_are_a_tuple(ag: Autograd) -> None:
    """jvp refuses arguments that are not in a tuple, even where there is only one.

    Remedy: give a tuple of the arguments, (x,) for one.
    """
    x = ag.tensor(ag.random(2))
    along = ag.func.jvp(lambda x: x * x)
    with ag.refuses("structure"):
        along(x, (x,))


@clause("func-020a", CONVENTION, sources=[JVP])
def tangents_of_another_structure_are_refused(ag: Autograd) -> None:
    """jvp refuses tangents whose structure is not that of the arguments.

    Remedy: give a tangent for each tensor among the arguments, in the same containers.
    """
    x = ag.tensor(ag.random(2))
    along = ag.func.jvp(lambda x: x * x)
    with ag.refuses("structure"):
        along((x,), (x, x))


@clause("func-020b", CONVENTION, sources=["observed"])
def tangents_of_another_shape_are_refused(ag: Autograd) -> None:
    """jvp refuses a tangent whose shape is not that of its argument.

    Remedy: expand the tangent yourself, if that is what is meant.
    """
    along = ag.func.jvp(lambda x: x * x)
    with ag.refuses("tangent-shape"):
        along((ag.tensor(ag.random(3)),), (ag.tensor(ag.random(1)),))


@clause("func-021", VALUE, sources=[JVP])
def what_does_not_move_has_a_tangent_of_zeros(ag: Autograd) -> None:
    """The tangent of an output that does not depend on the arguments is zeros of its shape."""
    at = ag.random(2)
    along = ag.func.jvp(lambda x: (x * x, ag.tensor([1.0, 2.0, 3.0])))
    value, found = along((ag.tensor(at),), (ag.tensor(at),))

    expect(value[1]).equals([1.0, 2.0, 3.0])
    expect(found[1]).equals(np.zeros(3))


@clause("func-021a", CONVENTION, sources=[JVP])
def what_does_not_move_is_refused_under_strict(ag: Autograd) -> None:
    """With strict jvp refuses a function of which an output does not depend on the arguments.

    Remedy: look for detach() or a constant in the function, or leave strict out for zeros.
    """
    x = ag.tensor(ag.random(2))
    along = ag.func.jvp(lambda x: (x * x, ag.tensor([1.0, 2.0, 3.0])), strict=True)
    with ag.refuses("independent"):
        along((x,), (x,))
