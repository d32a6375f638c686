"""What a call leaves behind: nothing, unless the graph is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gradspec import CONVENTION, SHOULD, VALUE, clause, expect
from gradspec.chapters.functional.six import DOCSTRING, SIX, SOURCE, TERMS, WITH_VECTOR

if TYPE_CHECKING:
    from gradspec import Autograd
    from gradspec.chapters.functional.six import Derivative

VJP: Final = DOCSTRING.format("vjp")


@clause("fapi-009", CONVENTION, sources=[VJP], over=SIX)
def a_derivative_has_no_history(ag: Autograd, row: Derivative) -> None:
    """What {name} gives requires no grad, although the input does, unless create_graph is set."""
    m, v = ag.tensor(ag.random(3, 3)), ag.tensor(ag.random(3))
    x = ag.tensor(ag.random(3), requires_grad=True)
    found = row.by(ag, lambda x: row.function(ag, m, x))(x, v)

    expect(found.requires_grad).is_false()


@clause("fapi-009a", CONVENTION, sources=[VJP], over=WITH_VECTOR)
def a_value_has_no_history(ag: Autograd, row: Derivative) -> None:
    """The value that {name} gives beside the product requires no grad, although the input does,
    unless create_graph is set.
    """
    m, v = ag.tensor(ag.random(3, 3)), ag.tensor(ag.random(3))
    x = ag.tensor(ag.random(3), requires_grad=True)
    value, _ = getattr(ag.func.functional, row.name)(lambda x: row.function(ag, m, x))(x, v)

    expect(value.requires_grad).is_false()


@clause("fapi-010", VALUE, sources=[VJP], over=SIX, stands_for={"fapi-024": "jacobian"})
def a_derivative_with_a_graph_is_differentiated(ag: Autograd, row: Derivative) -> None:
    """What {name} gives under create_graph can be differentiated by an input that requires grad."""
    m, at, v = ag.random(3, 3), ag.random(3), ag.random(3)
    w = ag.random(*row.found(m, at, v).shape)
    x = ag.tensor(at, requires_grad=True)
    derivative = row.by(ag, lambda x: row.function(ag, ag.tensor(m), x), create_graph=True)
    found = derivative(x, ag.tensor(v))
    found.backward(ag.tensor(w))

    expect(found).is_close(row.found(m, at, v), scale=TERMS)
    expect(x.grad).is_close(row.bent(m, at, v, w), scale=TERMS)


@clause("fapi-010a", VALUE, sources=[VJP], over=WITH_VECTOR)
def a_value_with_a_graph_is_differentiated(ag: Autograd, row: Derivative) -> None:
    """The value that {name} gives beside the product can be differentiated under create_graph."""
    v = ag.tensor(ag.random(3))
    at = ag.random(3)
    x = ag.tensor(at, requires_grad=True)
    product = getattr(ag.func.functional, row.name)(
        lambda x: row.number(ag, x * x), create_graph=True
    )
    value, _ = product(x, v)
    value.sum().backward()

    expect(x.grad).is_close(2.0 * at)


@clause("fapi-010b", VALUE, sources=[SOURCE], over=WITH_VECTOR)
def a_product_with_a_graph_is_differentiated_by_its_vector(ag: Autograd, row: Derivative) -> None:
    """What {name} gives under create_graph can be differentiated by a vector that requires grad:
    as a function of the vector it is linear.
    """
    m, at, v, w = ag.random(3, 3), ag.random(3), ag.random(3), ag.random(3)
    vector = ag.tensor(v, requires_grad=True)
    derivative = row.by(ag, lambda x: row.function(ag, ag.tensor(m), x), create_graph=True)
    derivative(ag.tensor(at), vector).backward(ag.tensor(w))
    from_the_other_side = {"vjp": SIX["jvp"], "jvp": SIX["vjp"]}.get(row.name, row)

    expect(vector.grad).is_close(from_the_other_side.found(m, at, w), scale=TERMS)


@clause("fapi-011", VALUE, sources=["docs autograd § Functional higher level API"], over=SIX)
def no_gradient_is_stored(ag: Autograd, row: Derivative) -> None:
    """{name} stores no gradient: the input has none after it, nor has a leaf that the function
    closes over.
    """
    m = ag.tensor(ag.random(3, 3), requires_grad=True)
    x, v = ag.tensor(ag.random(3), requires_grad=True), ag.tensor(ag.random(3))
    row.by(ag, lambda x: row.function(ag, m, x))(x, v)

    expect(x.grad).is_none_or_zero()
    expect(m.grad).is_none_or_zero()


@clause("fapi-012", VALUE, sources=[SOURCE], over=SIX)
def the_outer_tensor_is_a_constant(ag: Autograd, row: Derivative) -> None:
    """For {name} a tensor is a constant where the function closes over it, also one that is given
    as the input too.
    """
    m, at, v = ag.random(3, 3), ag.random(3), ag.random(3)
    x = ag.tensor(at)
    found = row.by(ag, lambda t: row.function(ag, ag.tensor(m), t) * x.sum())(x, ag.tensor(v))

    expect(found).is_close(row.found(m, at, v) * at.sum(), scale=TERMS)


@clause("fapi-013", VALUE, level=SHOULD, sources=["observed"], over=SIX)
def derivatives_are_had_without_recording(ag: Autograd, row: Derivative) -> None:
    """{name} gives the derivative also in no_grad."""
    m, at, v = ag.random(3, 3), ag.random(3), ag.random(3)

    def function(x: Any) -> Any:
        return row.function(ag, ag.tensor(m), x)

    with ag.no_grad():
        found = row.by(ag, function)(ag.tensor(at), ag.tensor(v))

    expect(found).is_close(row.found(m, at, v), scale=TERMS)
