"""What the pass starts with.

Each root has a starting gradient, the derivative of something further up by that root.  The caller
gives one for each, in the order of the roots; None leaves it to the engine, which can only think of
one thing, the one of a scalar.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gradspec import CONVENTION, MAY, SAFETY, Autograd, Tensor, clause, expect

if TYPE_CHECKING:
    from collections.abc import Callable

BACKWARD: Final = "torch.autograd.backward docstring"
SOURCE: Final = "torch.autograd.backward source"


@clause(
    "bwd-014",
    CONVENTION,
    sources=[BACKWARD],
    over={
        "a_tensor_with_a_tensor": lambda y, v: (y, v),
        "a_list_with_a_tensor": lambda y, v: ([y], v),
        "a_tuple_with_a_tuple": lambda y, v: ((y,), (v,)),
    },
)
def one_root_or_gradient_needs_no_sequence(ag: Autograd, form: Callable[..., Any]) -> None:
    """The root and its starting gradient may be given as {name}.

    A single tensor may stand for a sequence of one.
    """
    v = ag.random(3)
    x = ag.tensor([1.0, -2.0, 4.0], requires_grad=True)
    ag.backward(*form(x * 2, ag.tensor(v)))

    expect(x.grad).is_close(2 * v)


@clause("bwd-019", CONVENTION, sources=[BACKWARD])
def none_stands_for_the_implicit_one(ag: Autograd) -> None:
    """In the place of a scalar root's starting gradient None stands for one, next to gradients
    that are given.
    """
    x = ag.tensor(3.0, requires_grad=True)
    ag.backward([x * 2, x * x], [ag.tensor(-0.5), None])

    expect(x.grad).equals(5.0)


@clause(
    "bwd-206",
    SAFETY,
    sources=[BACKWARD, "torch.autograd source, _make_grads"],
    over={
        "a_number": (lambda ag, x: ag.backward([x * 2], [1.5]), 3.0),
        "one_for_two_roots": (lambda ag, x: ag.backward([x * 2, x * 3], [None]), 5.0),
        "none_for_a_root_of_one_element": (
            lambda ag, x: ag.backward([x * 2, x * 3], [None, None]),
            5.0,
        ),
        "two_for_one_root": (
            lambda ag, x: ag.backward([x * 3], [ag.tensor(0.5), ag.tensor(-8.0)]),
            1.5,
        ),
        "one_under_the_old_name": (
            lambda ag, x: ag.backward([x * 3], grad_variables=[ag.tensor(0.5)]),
            1.5,
        ),
    },
)
def every_root_counts_with_its_gradient(
    ag: Autograd, row: tuple[Callable[[Autograd, Tensor], Any], float]
) -> None:
    """Given {name} for starting gradients, the pass is refused, or every root counts as it should.

    An engine that pairs roots and gradients until one sequence ends drops a root in silence.
    """
    run, expected = row
    x = ag.tensor(2.0, requires_grad=True)

    with ag.attempt() as attempt:
        run(ag, x)
    with attempt.granted():
        expect(x.grad).equals(expected)


def _both_names(ag: Autograd, x: Tensor) -> None:
    ag.backward([x * x], [ag.tensor(-0.5)], grad_variables=[ag.tensor(2.0)])


def _none_for_a_vector(ag: Autograd, x: Tensor) -> None:
    vector = ag.tensor([2.0, 3.0], requires_grad=True) * 2
    ag.backward([x * 2, vector], [None, None])


@clause(
    "bwd-207",
    CONVENTION,
    sources=[BACKWARD, SOURCE, "torch.autograd source, _make_grads"],
    over={
        "none_for_a_vector": (_none_for_a_vector, "nonscalar-root"),
        "a_number": (lambda ag, x: ag.backward([x * 2], [1.5]), "cotangent-type"),
        "one_for_two_roots": (lambda ag, x: ag.backward([x * 2, x * 3], [None]), "cotangent-count"),
        "both_names_at_once": (_both_names, "conflicting-arguments"),
    },
    stands_for={
        "bwd-017": "one_for_two_roots",
        "bwd-019a": "none_for_a_vector",
        "bwd-029a": "both_names_at_once",
        "bwd-043": "a_number",
    },
)
def starting_gradients_that_do_not_fit_are_refused(
    ag: Autograd, row: tuple[Callable[[Autograd, Tensor], Any], str]
) -> None:
    """Starting gradients given as {name} are an error, and no leaf is touched.

    A starting gradient is a tensor, or None for a scalar root; there are as many as roots, under
    one name.

    Remedy: give a list with one tensor for each root, in which None stands for a scalar root's one.
    """
    run, kind = row
    x = ag.tensor(2.0, requires_grad=True)

    with ag.refuses(kind):
        run(ag, x)

    expect(x.grad).is_none_or_zero()


@clause("bwd-017a", CONVENTION, level=MAY, sources=["observed"])
def surplus_gradients_are_overlooked(ag: Autograd) -> None:
    """Starting gradients beyond the number of roots are overlooked.

    The documentation demands as many as there are roots; torch checks it after it has paired them,
    when the surplus is gone.
    """
    x = ag.tensor(2.0, requires_grad=True)
    ag.backward([x * 3], [ag.tensor(0.5), ag.tensor(-8.0)])

    expect(x.grad).equals(1.5)


@clause("bwd-029", CONVENTION, sources=[SOURCE])
def the_old_name_of_the_gradients_warns_and_works(ag: Autograd) -> None:
    """Starting gradients given under their old name grad_variables are used as if given under the
    new one, with a warning.
    """
    x = ag.tensor(3.0, requires_grad=True)
    y = x * x
    with ag.warns():
        ag.backward([y], grad_variables=[ag.tensor(-0.5)])

    expect(x.grad).equals(-3.0)
