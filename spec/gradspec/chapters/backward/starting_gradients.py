"""What the pass starts with.

Each root has a starting gradient, the derivative of something further up by that root.  The caller
gives one for each, in the order of the roots; None leaves it to the engine, which can only think of
one thing, the one of a scalar.
"""

from __future__ import annotations

import numpy as np

from gradspec import CONVENTION, MAY, SAFETY, VALUE, Autograd, clause, expect


@clause("bwd-014", VALUE, sources=["torch.autograd.backward docstring"])
def one_root_or_gradient_needs_no_sequence(ag: Autograd) -> None:
    """A single tensor may stand for a sequence of one, among the roots and among the starting
    gradients.
    """
    v = np.array([2.0, -0.5, 1.5])
    x = ag.tensor([1.0, -2.0, 4.0], requires_grad=True)
    ag.backward(x * 2, ag.tensor(v))

    expect(x.grad).equals(2 * v)

    ag.backward([x * 3], ag.tensor(v))

    expect(x.grad).equals(5 * v)

    ag.backward((x * 4,), (ag.tensor(v),))

    expect(x.grad).equals(9 * v)


@clause("bwd-019", VALUE, sources=["torch.autograd.backward docstring"])
def none_stands_for_the_implicit_one(ag: Autograd) -> None:
    """In the place of a scalar root's starting gradient None stands for one, next to gradients
    that are given.
    """
    x = ag.tensor(3.0, requires_grad=True)
    ag.backward([x * 2, x * x], [ag.tensor(-0.5), None])

    expect(x.grad).equals(5.0)


@clause("bwd-019a", SAFETY, sources=["torch.autograd.backward docstring"])
def none_stands_for_nothing_at_other_roots(ag: Autograd) -> None:
    """In the place of the starting gradient of a root that is not a scalar None is an error, and
    no leaf is touched.
    """
    x = ag.tensor([2.0, 3.0], requires_grad=True)
    y = ag.tensor(5.0, requires_grad=True)
    scalar, vector = y * 2, x * 2
    with ag.refuses("nonscalar-root"):
        ag.backward([scalar, vector], [None, None])

    expect(x.grad).is_none()
    expect(y.grad).is_none()


@clause("bwd-043", SAFETY, sources=["torch.autograd source, _make_grads"])
def a_starting_gradient_is_a_tensor(ag: Autograd) -> None:
    """A starting gradient is a tensor or None; a number of the host language is an error, and no
    leaf is touched.
    """
    x = ag.tensor(2.0, requires_grad=True)
    y = x * 2
    with ag.refuses("cotangent-type"):
        ag.backward([y], [1.5])

    expect(x.grad).is_none()


@clause("bwd-017", SAFETY, sources=["torch.autograd.backward docstring"])
def there_are_as_many_gradients_as_roots(ag: Autograd) -> None:
    """A sequence of starting gradients that is shorter than the sequence of roots is an error, and
    no leaf is touched.

    An engine that pairs them until one sequence ends drops a root in silence.
    """
    x = ag.tensor(2.0, requires_grad=True)
    a, b = x * 2, x * 3
    with ag.refuses("cotangent-count"):
        ag.backward([a, b], [None])

    expect(x.grad).is_none()


@clause("bwd-017a", CONVENTION, level=MAY, sources=["observed"])
def surplus_gradients_are_overlooked(ag: Autograd) -> None:
    """Starting gradients beyond the number of roots are overlooked.

    The documentation demands as many as there are roots; torch checks it after it has paired them,
    when the surplus is gone.
    """
    x = ag.tensor(2.0, requires_grad=True)
    ag.backward([x * 3], [ag.tensor(0.5), ag.tensor(-8.0)])

    expect(x.grad).equals(1.5)


@clause("bwd-029", VALUE, sources=["torch.autograd.backward source"])
def the_old_name_of_the_gradients_warns_and_works(ag: Autograd) -> None:
    """Starting gradients given under their old name grad_variables are used as if given under the
    new one, with a warning.
    """
    x = ag.tensor(3.0, requires_grad=True)
    y = x * x
    with ag.warns():
        ag.backward([y], grad_variables=[ag.tensor(-0.5)])

    expect(x.grad).equals(-3.0)


@clause("bwd-029a", SAFETY, sources=["torch.autograd.backward source"])
def both_names_at_once_are_refused(ag: Autograd) -> None:
    """Starting gradients given under both names are an error, and no leaf is touched."""
    x = ag.tensor(3.0, requires_grad=True)
    y = x * x
    v, w = ag.tensor(-0.5), ag.tensor(2.0)
    with ag.refuses("conflicting-arguments"):
        ag.backward([y], [v], grad_variables=[w])

    expect(x.grad).is_none()
