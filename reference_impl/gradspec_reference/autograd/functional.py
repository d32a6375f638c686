"""Derivatives of a function, by a call (torch.autograd.functional); start at `vjp`, then `jvp`.

All go one way: the function is called on tensors of the call's own, so that whatever it uses of
the outside is a constant to it; what it returned is differentiated; and what comes of that is
given in the form of the inputs, or of the outputs.  A product from the left, v'J, is what a pass
computes.  As a function of v it is linear, with the matrix J': its own derivative, again a product
from the left, is J times a vector, whatever v was.  That is the product from the right.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gradspec_reference.autograd.columns import by_columns, gradient_inside, recorded
from gradspec_reference.engine.differentiating import Call, ask, nothing_is_no_form
from gradspec_reference.errors import StrategyError, StrategyOptionsError, StrictOptionsError

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradspec_reference.engine.tensor import Tensor

__all__ = ["hessian", "hvp", "jacobian", "jvp", "vhp", "vjp"]

FORWARD: Final = "forward-mode"
STRATEGIES: Final = (FORWARD, "reverse-mode")


def vjp(
    func: Callable[..., Any],
    inputs: Any,
    v: Any = None,
    create_graph: bool = False,
    strict: bool = False,
) -> tuple[Any, Any]:
    """Return func(*inputs), and v times its Jacobian, in the form of the inputs.

    v has the form of the outputs, and may be left out for a single number.  What does not depend
    on an input has zeros for it, and is an IndependentError under `strict`.  Further
    FunctionalTypeError, VectorMissingError, VectorShapeError, and whatever func raises.
    Source: torch.autograd.functional.vjp docstring.
    """
    with Call("vjp", create_graph, strict) as call:
        inputs_form, points = call.points(inputs)
        outputs_form, outputs = call.value(func, points)
        vector = call.vector(v, outputs, outputs_form, "what the function returns")
        product = call.filled(ask(outputs, points, vector, call.create_graph), points)
    return call.form(outputs, outputs_form), call.form(product, inputs_form)


def jvp(
    func: Callable[..., Any],
    inputs: Any,
    v: Any = None,
    create_graph: bool = False,
    strict: bool = False,
) -> tuple[Any, Any]:
    """Return func(*inputs), and its Jacobian times v, in the form of the outputs.

    v has the form of the inputs, and may be left out for a single number.  Errors as of `vjp`.
    Source: torch.autograd.functional.jvp docstring.
    """
    with Call("jvp", create_graph, strict) as call:
        inputs_form, points = call.points(inputs)
        vector = call.vector(v, points, inputs_form, "the input")
        outputs_form, outputs = call.value(func, points)
        product = call.from_the_right(outputs, points, vector, outputs)
    return call.form(outputs, outputs_form), call.form(product, outputs_form)


def vhp(
    func: Callable[..., Any],
    inputs: Any,
    v: Any = None,
    create_graph: bool = False,
    strict: bool = False,
) -> tuple[Any, Any]:
    """Return func(*inputs), a single number, and v times its Hessian, in the form of the inputs.

    v has that form too, and may be left out for a single number.  ScalarFunctionError for a
    function of more results; other errors as of `vjp`.
    Source: torch.autograd.functional.vhp docstring.
    """
    with Call("vhp", create_graph, strict) as call:
        form, points = call.points(inputs)
        vector = call.vector(v, points, form, "the input")
        output, gradient = call.slope(func, points)
        product = call.filled(ask(gradient, points, vector, call.create_graph), points)
    return call.form(output, False), call.form(product, form)


def hvp(
    func: Callable[..., Any],
    inputs: Any,
    v: Any = None,
    create_graph: bool = False,
    strict: bool = False,
) -> tuple[Any, Any]:
    """Return func(*inputs), a single number, and its Hessian times v, in the form of the inputs.

    For a smooth function that is `vhp`, which takes a pass less.  Errors as there.
    Source: torch.autograd.functional.hvp docstring.
    """
    with Call("hvp", create_graph, strict) as call:
        form, points = call.points(inputs)
        vector = call.vector(v, points, form, "the input")
        output, gradient = call.slope(func, points)
        product = call.from_the_right(gradient, points, vector, points)
    return call.form(output, False), call.form(product, form)


def jacobian(
    func: Callable[..., Any],
    inputs: Any,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    strategy: str = "reverse-mode",
) -> Any:
    """Return the Jacobian: for each output and input a tensor of the shapes of the two.

    It is a tuple for a tuple of outputs, of tuples for a tuple of inputs.  With `vectorize` all
    rows are asked for together, as one batch.  StrategyError for a strategy that is none;
    StrategyOptionsError and StrictOptionsError for options that do not go together; other errors as
    of `vjp`.  In forward mode all columns are one batch, there are lists for tuples, and the result
    has the history that func gave it.
    Source: torch.autograd.functional.jacobian docstring.
    """
    check_strategy(strategy)
    if strategy == FORWARD:
        check_forward_mode("jacobian", create_graph, strict, vectorize)
        return by_columns(func, inputs)
    with Call("jacobian", create_graph, strict) as call:
        inputs_form, points = call.points(inputs)
        outputs_form, outputs = call.value(func, points)
        if vectorize and strict:
            raise StrictOptionsError(
                "strict=True and vectorize=True were given to jacobian(), and do not go together; "
                "leave one of them out"
            )
        rows = call.rows_together if vectorize else call.rows_in_turn
        blocks = [call.form(row, inputs_form) for row in rows(outputs, points)]
    nothing_is_no_form(blocks)
    return tuple(blocks) if outputs_form else blocks[0]


def hessian(
    func: Callable[..., Any],
    inputs: Any,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    outer_jacobian_strategy: str = "reverse-mode",
) -> Any:
    """Return the matrix of second derivatives of a function of a single number.

    For one input it is a tensor of its shape twice; for a tuple, a tuple of tuples.  It is the
    Jacobian of a gradient: options and errors are those of `jacobian`, with ScalarFunctionError.
    Source: torch.autograd.functional.hessian docstring.
    """
    call = Call("hessian", create_graph, strict)
    several, tensors = call.tensors(inputs, "inputs")
    check_strategy(outer_jacobian_strategy)

    def gradient(*points: Tensor) -> Any:
        slopes = jacobian(lambda *at: call.number(func, at)[0].squeeze(), points, create_graph=True)
        call.check_followed(slopes, "the gradient by input {}")
        return slopes

    def pushed(*points: Tensor) -> Any:
        return gradient_inside(lambda *at: call.number(func, at), points)

    is_pushed = outer_jacobian_strategy == FORWARD
    found = jacobian(
        pushed if is_pushed else gradient,
        recorded(tensors) if is_pushed else tensors,
        create_graph,
        strict,
        vectorize,
        strategy=outer_jacobian_strategy,
    )
    return found if several else found[0][0]


def check_strategy(strategy: str) -> None:
    """Refuse a strategy that is none."""
    if strategy not in STRATEGIES:
        raise StrategyError(f"the strategy {strategy!r} was given; it is one of {STRATEGIES}")


def check_forward_mode(name: str, create_graph: bool, strict: bool, vectorize: bool) -> None:
    """Refuse forward mode with options that it does not go with."""
    if create_graph or not vectorize:
        option = "create_graph=True" if create_graph else "vectorize=False"
        raise StrategyOptionsError(
            f"strategy={FORWARD!r} and {option} were given to {name}(), and do not go together"
        )
    if strict:
        raise StrictOptionsError(
            f"strategy={FORWARD!r} and strict=True were given to {name}(), and do not go together"
        )
