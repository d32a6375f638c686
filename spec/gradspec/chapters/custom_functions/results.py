"""Results: several of them, some without derivative, arguments and views among them."""

from __future__ import annotations

from typing import Any, Final

from gradspec import CONVENTION, MAY, SAFETY, VALUE, Autograd, clause, expect

MARK: Final = "torch.autograd.function.FunctionCtx.mark_non_differentiable docstring"
MATERIALIZE: Final = "torch.autograd.function.FunctionCtx.set_materialize_grads docstring"


@clause("cf-023", CONVENTION, sources=["torch.autograd.Function.backward docstring"])
def results_need_not_be_tensors(ag: Autograd) -> None:
    """What forward returns that is no tensor comes out as it is, and backward is given None in its
    place.
    """
    seen = ag.notes()

    class Mixed(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(_ctx: Any, x: Any) -> Any:
            return x * 2.0, "word", None, 5

        @staticmethod
        def backward(_ctx: Any, g: Any, *others: Any) -> Any:
            for other in others:
                seen.note(other)
            return g * 2.0

    x = ag.tensor(1.0, requires_grad=True)
    results = Mixed.apply(x)
    y, *others = results
    y.backward()

    expect(others).equals(["word", None, 5])
    expect(seen).happened_in_order([None, None, None])
    expect(x.grad).equals(2.0)


def _pair(ag: Autograd, seen: Any, *, materialize: bool) -> Any:
    class Pair(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            if not materialize:
                ctx.set_materialize_grads(False)
            return x * 2.0, x * 3.0

        @staticmethod
        def backward(_ctx: Any, g: Any, h: Any) -> Any:
            seen.note(h)
            return g * 2.0

    return Pair


@clause("cf-040", CONVENTION, sources=[MATERIALIZE])
def a_result_that_was_not_used_sends_zeros(ag: Autograd) -> None:
    """For a result that nothing came from backward is given zeros."""
    seen = ag.notes()
    x = ag.tensor(1.0, requires_grad=True)
    y, _ = _pair(ag, seen, materialize=True).apply(x)
    y.backward()

    expect(seen).happened_in_order([0.0])
    expect(x.grad).equals(2.0)


@clause("cf-041", CONVENTION, sources=[MATERIALIZE])
def a_result_that_was_not_used_sends_none_on_request(ag: Autograd) -> None:
    """After set_materialize_grads(False) backward is given None for a result that nothing came
    from.
    """
    seen = ag.notes()
    x = ag.tensor(1.0, requires_grad=True)
    y, _ = _pair(ag, seen, materialize=False).apply(x)
    y.backward()

    expect(seen).happened_in_order([None])
    expect(x.grad).equals(2.0)


@clause("cf-038", CONVENTION, sources=[MARK])
def a_result_that_is_marked_has_no_derivative(ag: Autograd) -> None:
    """A result that is marked as not differentiable does not require grad, and backward is given
    zeros for it.
    """
    seen = ag.notes()

    class Pair(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            y = x * 3.0
            ctx.mark_non_differentiable(y)
            return x * 2.0, y

        @staticmethod
        def backward(_ctx: Any, g: Any, h: Any) -> Any:
            seen.note(h)
            return g * 2.0

    x = ag.tensor(1.0, requires_grad=True)
    first, second = Pair.apply(x)
    (first * second).backward()

    expect(first.requires_grad).is_true()
    expect(second.requires_grad).is_false()
    expect(seen).happened_in_order([0.0])
    expect(x.grad).equals(6.0)


@clause(
    "cf-039",
    CONVENTION,
    sources=["notes/extending § How to use"],
    over={
        "integers": lambda x: x.to(dtype="int64"),
        "booleans": lambda x: x > 1.0,
    },
)
def results_of_other_types_have_no_derivative(ag: Autograd, make: Any) -> None:
    """A result of {name} does not require grad, though nothing marks it."""

    class Other(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(_ctx: Any, x: Any) -> Any:
            return make(x)

        @staticmethod
        def backward(_ctx: Any, _g: Any) -> Any:
            return None

    y = Other.apply(ag.tensor(2.0, requires_grad=True))

    expect(y.requires_grad).is_false()


@clause("cf-215", VALUE, sources=["chain rule"])
def a_result_that_is_returned_twice(ag: Autograd) -> None:
    """Of a tensor that forward returns in two places, the gradients that come to both are given to
    backward, all together.
    """

    class Twice(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(_ctx: Any, x: Any) -> Any:
            y = x * 2.0
            return y, y

        @staticmethod
        def backward(_ctx: Any, g: Any, h: Any) -> Any:
            return (g + h) * 2.0

    x = ag.tensor(1.0, requires_grad=True)
    y, z = Twice.apply(x)
    (y * 3.0 + z * 5.0).backward()

    expect(x.grad).equals(16.0)


@clause("cf-219", CONVENTION, level=MAY, sources=["observed"])
def a_result_that_is_returned_twice_is_one_object(ag: Autograd) -> None:
    """A tensor that forward returns in two places is one object in both."""

    class Twice(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(_ctx: Any, x: Any) -> Any:
            y = x * 2.0
            return y, y

        @staticmethod
        def backward(_ctx: Any, g: Any, h: Any) -> Any:
            return (g + h) * 2.0

    y, z = Twice.apply(ag.tensor(1.0, requires_grad=True))

    expect(y).is_same_object_as(z)


def _sevenfold(ag: Autograd) -> Any:
    """Make a function that returns its argument, and sends seven times the gradient."""

    class Sevenfold(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(_ctx: Any, x: Any) -> Any:
            return x

        @staticmethod
        def backward(_ctx: Any, g: Any) -> Any:
            return g * 7.0

    return Sevenfold


@clause("cf-220", VALUE, sources=["observed"])
def an_argument_that_is_returned(ag: Autograd) -> None:
    """Where forward returns its argument, the gradient of the result goes through backward, and
    that of the argument's other uses does not.
    """
    x = ag.tensor(1.0, requires_grad=True)
    h = x * 1.0
    y = _sevenfold(ag).apply(h)
    (y * 3.0 + h * 5.0).backward()

    expect(x.grad).equals(26.0)


@clause("cf-049", CONVENTION, level=MAY, sources=["observed"])
def an_argument_that_is_returned_is_a_view(ag: Autograd) -> None:
    """An argument that forward returns comes out as another tensor, with the same memory."""
    x = ag.tensor([1.0], requires_grad=True)
    y = _sevenfold(ag).apply(x)

    expect(y).is_another_object_than(x)
    expect(y).shares_memory_with(x)


@clause("cf-222", SAFETY, unseen="constants", sources=["observed"])
def a_constant_that_is_returned_stays_one(ag: Autograd) -> None:
    """A constant argument that forward returns does not begin to require grad."""

    class Both(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(_ctx: Any, x: Any, y: Any) -> Any:
            return x * 2.0, y

        @staticmethod
        def backward(_ctx: Any, g: Any, _h: Any) -> Any:
            return g * 2.0, None

    constant = ag.tensor(3.0)
    Both.apply(ag.tensor(1.0, requires_grad=True), constant)

    expect(constant.requires_grad).is_false()


def _first(ag: Autograd) -> Any:
    """Make a function that returns a view of its argument."""

    class First(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(_ctx: Any, x: Any) -> Any:
            return x[:1]

        @staticmethod
        def backward(_ctx: Any, g: Any) -> Any:
            return ag.cat([g * 7.0, g * 0.0])

    return First


SHOWN: Final = {"an_argument": (_sevenfold, [14.0, 14.0]), "a_view": (_first, [14.0, 0.0])}


@clause("cf-207", SAFETY, sources=["observed"], over=SHOWN)
def a_write_does_not_lose_the_function(ag: Autograd, row: Any) -> None:
    """A write to a result that is {name} is refused, or the gradient still goes through
    backward.
    """
    make, expected = row
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    y = make(ag).apply(x * 1.0)
    with ag.attempt("multi-view-inplace") as attempt:
        y.mul_(2.0)
    with attempt.granted():
        y.sum().backward()
        expect(x.grad).equals(expected)


@clause("cf-050", CONVENTION, sources=["observed"], over=SHOWN)
def what_shows_the_memory_of_an_argument_is_not_written(ag: Autograd, row: Any) -> None:
    """A write to a result that is {name}, so that it shows the memory of an argument, is an error,
    and nothing is written.

    Remedy: return a clone.
    """
    make, _ = row
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    h = x * 1.0
    y = make(ag).apply(h)

    with ag.refuses("multi-view-inplace"):
        y.mul_(2.0)
    expect(h).equals([1.0, 2.0])
