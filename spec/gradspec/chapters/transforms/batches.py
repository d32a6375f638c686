"""`vmap`: a function of one example as a function of a batch of them.

What vmap(f) gives is what f gives for each example, put together.  Inside, a tensor looks as one
example does: it has no dimension for the batch, and nobody can ask which example it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec import CONVENTION, VALUE, clause, expect

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradspec import Autograd

VMAP: Final = "torch.vmap docstring"
SOURCE: Final = "torch/_functorch/vmap.py"


@clause("func-261", VALUE, sources=[VMAP])
def a_mapped_function_is_the_function_of_each_example(ag: Autograd) -> None:
    """vmap(f) gives for each entry of the first dimension what f gives for it, stacked."""
    x = ag.random(4, 3)

    expect(ag.func.vmap(lambda row: row * row.sum())(ag.tensor(x))).is_close(
        x * x.sum(1, keepdims=True)
    )


@clause("func-268", VALUE, sources=[VMAP])
def dimensions_are_those_of_an_example(ag: Autograd) -> None:
    """Inside vmap dimensions are counted as one example has them, without that of the batch."""
    x = ag.random(4, 3, 2)

    expect(ag.func.vmap(lambda one: one.sum(0))(ag.tensor(x))).is_close(x.sum(1))
    expect(ag.func.vmap(lambda one: one.sum(-1))(ag.tensor(x))).is_close(x.sum(2))


@clause("func-284", VALUE, sources=[VMAP])
def an_example_has_the_shape_of_one(ag: Autograd) -> None:
    """Inside vmap the shape of a tensor is that of one example."""
    seen = ag.notes()

    def f(one: Any) -> Any:
        for length in one.shape:
            seen.note(length)
        return one

    ag.func.vmap(f)(ag.tensor(ag.random(4, 3, 2)))
    expect(seen).equals([3, 2])


@clause("func-285", VALUE, sources=[VMAP])
def examples_are_broadcast_as_they_are(ag: Autograd) -> None:
    """Inside vmap examples of different ranks are broadcast by their own dimensions alone."""
    x, y = ag.random(3, 3), ag.random(3, 3, 3)
    found = ag.func.vmap(lambda one, other: one * other)(ag.tensor(x), ag.tensor(y))

    expect(found).is_close(x[:, None, :] * y)


def moved(x: Any, dim: int) -> Any:
    """Put the batch from the front into another dimension."""
    return np.ascontiguousarray(np.moveaxis(x, 0, dim))


PLACES: Final[dict[str, int]] = {"in_the_middle": 1, "last": 2, "counted_from_the_last": -2}


@clause("func-262", VALUE, sources=[VMAP], over=PLACES)
def in_dims_name_the_dimension_of_the_batch(ag: Autograd, dim: int) -> None:
    """in_dims say which dimension of an argument is the batch; here it is {name}."""
    x, y = ag.random(4, 3, 2), ag.random(4, 3)
    f = ag.func.vmap(lambda a, b: a * b.sum(), in_dims=(dim, 0))

    expect(f(ag.tensor(moved(x, dim)), ag.tensor(y))).is_close(x * y.sum(1)[:, None, None])


@clause("func-286", VALUE, sources=[VMAP])
def one_dimension_stands_for_all_arguments(ag: Autograd) -> None:
    """A number as in_dims names the dimension of the batch in every argument."""
    x, y = ag.random(3, 4), ag.random(3, 4)
    found = ag.func.vmap(lambda a, b: (a * b).sum(), in_dims=1)(ag.tensor(x), ag.tensor(y))

    expect(found).is_close((x * y).sum(0))


@clause("func-287", VALUE, sources=[VMAP])
def an_argument_without_a_dimension_is_the_same_for_all(ag: Autograd) -> None:
    """Where in_dims have None, each example gets the whole argument."""
    x, y = ag.random(4, 3), ag.random(4)
    f = ag.func.vmap(lambda a, b: a * b.sum(), in_dims=(0, None))

    expect(f(ag.tensor(x), ag.tensor(y))).is_close(x * y.sum())


@clause("func-263", VALUE, sources=[VMAP], over=PLACES)
def out_dims_name_the_place_of_the_batch(ag: Autograd, dim: int) -> None:
    """out_dims say which dimension of a result is the batch; here it is {name}."""
    x = ag.random(4, 3, 2)
    found = ag.func.vmap(lambda one: one * one, out_dims=dim)(ag.tensor(x))

    expect(found).is_close(moved(x * x, dim))


@clause("func-288", VALUE, sources=[VMAP])
def each_result_has_its_place(ag: Autograd) -> None:
    """A tuple of out_dims has one place of the batch for each result."""
    x = ag.random(4, 3)
    first, second = ag.func.vmap(lambda one: (one * 2.0, one * 3.0), out_dims=(0, 1))(ag.tensor(x))

    expect(first).is_close(x * 2.0)
    expect(second).is_close(x.T * 3.0)


@clause("func-269", VALUE, sources=[VMAP])
def what_is_the_same_for_all_is_repeated(ag: Autograd) -> None:
    """A result that does not depend on the example is there once for each."""
    x, y = ag.random(4, 3), ag.random(2)
    constant = ag.tensor(y)
    _, found = ag.func.vmap(lambda one: (one, constant * 2.0))(ag.tensor(x))

    expect(found).is_close(np.broadcast_to(y * 2.0, (4, 2)))


@clause("func-390", VALUE, sources=[VMAP])
def what_is_the_same_for_all_stands_where_out_dims_say(ag: Autograd) -> None:
    """A result that does not depend on the example is repeated along the dimension of out_dims."""
    y = ag.random(3)
    same = ag.func.vmap(lambda _, y: y, in_dims=(0, None), out_dims=1)
    found = same(ag.tensor(ag.random(3)), ag.tensor(y))

    expect(found).is_close(np.broadcast_to(y[:, None], (3, 3)))


@clause("func-269a", CONVENTION, sources=[VMAP])
def what_has_no_place_for_the_batch_is_returned_as_it_is(ag: Autograd) -> None:
    """Where out_dims have None, a result that does not depend on the example is returned once."""
    x, y = ag.random(4, 3), ag.random(2)
    constant = ag.tensor(y)
    _, found = ag.func.vmap(lambda one: (one, constant * 2.0), out_dims=(0, None))(ag.tensor(x))

    expect(found).is_close(y * 2.0)


@clause("func-265", VALUE, sources=[VMAP])
def arguments_may_be_structures(ag: Autograd) -> None:
    """in_dims may be nested as an argument is, and a number stands for all that is below it."""
    x, y, z = ag.random(4, 3), ag.random(3, 4), ag.random(3)

    def f(given: Any, other: Any) -> Any:
        a, (b,) = given["pair"]
        return a * b + other

    mapped = ag.func.vmap(f, in_dims=({"pair": (0, [1])}, None))
    found = mapped({"pair": (ag.tensor(x), [ag.tensor(y)])}, ag.tensor(z))
    expect(found).is_close(x * y.T + z)


@clause("func-266", VALUE, sources=[VMAP])
def results_may_be_structures(ag: Autograd) -> None:
    """What a mapped function returns keeps its structure, with the batch in each tensor of it."""
    x = ag.random(4, 3)
    found = ag.func.vmap(lambda one: {"sum": one.sum(), "rest": [one * 2.0]})(ag.tensor(x))

    expect(found["sum"]).is_close(x.sum(1))
    expect(found["rest"][0]).is_close(x * 2.0)


@clause("func-280", CONVENTION, sources=[VMAP])
def arguments_by_name_are_not_mapped(ag: Autograd) -> None:
    """An argument that is given by name is the same for all examples."""
    x, y = ag.random(3, 3), ag.random(3, 3)
    found = ag.func.vmap(lambda one, other: one @ other)(ag.tensor(x), other=ag.tensor(y))

    expect(found).is_close(x @ y)


@clause("func-267", VALUE, sources=[VMAP])
def maps_nest(ag: Autograd) -> None:
    """vmap of vmap maps over two dimensions, each by the in_dims and out_dims of its own call."""
    x, y = ag.random(2), ag.random(3)
    inner = ag.func.vmap(lambda a, b: a * b + a, in_dims=(None, 0))
    outer = ag.func.vmap(inner, in_dims=(0, None), out_dims=1)

    expect(outer(ag.tensor(x), ag.tensor(y))).is_close((x[:, None] * y + x[:, None]).T)


@clause("func-289", VALUE, sources=[VMAP])
def an_inner_map_sees_the_example_of_the_outer(ag: Autograd) -> None:
    """Inside a nested vmap, a tensor of the outer one is the same for all examples of the inner."""
    x, y = ag.random(3, 3), ag.random(3, 3)
    other = ag.tensor(y)

    def row(one: Any) -> Any:
        return ag.func.vmap(lambda two: (one * two).sum())(other)

    expect(ag.func.vmap(row)(ag.tensor(x))).is_close(x @ y.T)


@clause("func-275", VALUE, sources=[VMAP])
def chunks_change_nothing(ag: Autograd) -> None:
    """With a chunk_size vmap gives what it gives without, also where the last chunk is smaller."""
    x = ag.random(3, 5)
    f = ag.func.vmap(lambda one: one * one.sum(), in_dims=1, out_dims=1, chunk_size=2)

    expect(f(ag.tensor(x))).is_close(x * x.sum(0))


@clause("func-275b", CONVENTION, sources=[VMAP])
def chunks_have_a_size(ag: Autograd) -> None:
    """A chunk_size of 0 is refused.

    Remedy: give a number of examples, or None for all at once.
    """
    with ag.refuses("chunk-size"):
        ag.func.vmap(lambda one: one * 2.0, chunk_size=0)(ag.tensor(ag.random(2)))


def of_two_lengths(ag: Autograd) -> None:
    """Map over dimensions of different lengths."""
    ag.func.vmap(lambda a, b: a * b.sum())(ag.tensor(ag.random(2)), ag.tensor(ag.random(3)))


def of_no_such_dimension(ag: Autograd) -> None:
    """Map over the second dimension of a row."""
    ag.func.vmap(lambda a: a * 2.0, in_dims=1)(ag.tensor(ag.random(2)))


def of_another_structure(ag: Autograd) -> None:
    """Give two dimensions for one argument."""
    ag.func.vmap(lambda a: a * 2.0, in_dims=(0, 0))(ag.tensor(ag.random(2)))


def of_no_argument(ag: Autograd) -> None:
    """Map over nothing."""
    ag.func.vmap(lambda a: a * 2.0, in_dims=(None,))(ag.tensor(ag.random(2)))


UNFIT: Final[dict[str, Callable[[Any], None]]] = {
    "dimensions_of_different_lengths": of_two_lengths,
    "a_dimension_that_there_is_not": of_no_such_dimension,
    "dimensions_nested_in_another_way_than_the_arguments": of_another_structure,
    "no_argument": of_no_argument,
}


@clause("func-264", CONVENTION, sources=[SOURCE], over=UNFIT)
def what_is_mapped_over_fits(ag: Autograd, mapped: Callable[[Any], None]) -> None:
    """vmap over {name} is refused.

    Remedy: name for at least one argument a dimension that it has, of one length in all of them.
    """
    with ag.refuses("batch-axes"):
        mapped(ag)


@clause("func-270", CONVENTION, sources=[SOURCE])
def a_batch_needs_a_place(ag: Autograd) -> None:
    """A result that depends on the example is refused where out_dims are None.

    Remedy: say in out_dims where the batch goes.
    """
    with ag.refuses("batch-output"):
        ag.func.vmap(lambda one: one * 2.0, out_dims=None)(ag.tensor(ag.random(2)))
