"""What backward returns: the gradients that an engine takes, and those that it refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gradspec import CONVENTION, MAY, VALUE, Autograd, clause, expect

if TYPE_CHECKING:
    from collections.abc import Callable

BACKWARD: Final = "torch.autograd.Function.backward docstring"
NOTE: Final = "notes/extending § How to use"


def _returning(ag: Autograd, answer: Callable[[Any], Any]) -> Any:
    """Make a function of a tensor and a number, whose backward returns what it is told to."""

    class Scaled(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(_ctx: Any, x: Any, factor: Any) -> Any:
            return x * factor

        @staticmethod
        def backward(_ctx: Any, g: Any) -> Any:
            return answer(g)

    return Scaled


WRONG: Final[dict[str, Callable[[Autograd, Any], Any]]] = {
    "a_gradient_for_a_number": lambda _, g: (g * 2.0, g),
    "too_few": lambda _, g: g * 2.0,
    "a_list": lambda _, g: [g * 2.0, None],
    "too_many": lambda _, g: (g * 2.0, None, g),
    "another_shape": lambda ag, _: (ag.tensor([1.0, 2.0, 3.0]), None),
    "fewer_entries": lambda ag, _: (ag.tensor([1.0]), None),
    "a_text": lambda _, _g: ("gradient", None),
    "a_number": lambda _, _g: (2.0, None),
}


@clause(
    "cf-012",
    CONVENTION,
    sources=[BACKWARD, "notes/extending § Example", "observed"],
    over=WRONG,
    stands_for={
        "cf-013": "too_few a_list",
        "cf-014": "too_many",
        "cf-019": "another_shape fewer_entries",
        "cf-022": "a_text a_number",
    },
)
def what_is_no_gradient_is_refused(ag: Autograd, answer: Callable[[Autograd, Any], Any]) -> None:
    """Backward that returns {name} is an error: there must be a tuple of one gradient for each
    argument, None for what is no tensor, and each of its argument's shape or of one that broadcasts
    from it.

    Remedy: return one gradient an argument, a tensor or None.
    """
    x = ag.tensor([3.0, 4.0], requires_grad=True)
    y = _returning(ag, lambda g: answer(ag, g)).apply(x, 2.0)

    with ag.refuses("function-gradients"):
        y.sum().backward()


@clause("cf-206", CONVENTION, sources=[NOTE])
def further_nones_do_no_harm(ag: Autograd) -> None:
    """Backward may return more than one for each argument, if all that is too much is None."""
    x = ag.tensor(3.0, requires_grad=True)
    _returning(ag, lambda g: (g * 2.0, None, None, None)).apply(x, 2.0).backward()

    expect(x.grad).equals(2.0)


@clause("cf-027", CONVENTION, sources=[NOTE])
def an_argument_that_is_left_out(ag: Autograd) -> None:
    """An argument that is left out has its default in forward, and backward need not return a
    gradient for it.
    """

    class Scaled(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(_ctx: Any, x: Any, factor: Any = 3.0) -> Any:
            return x * factor

        @staticmethod
        def backward(_ctx: Any, g: Any) -> Any:
            return g * 3.0

    x = ag.tensor(2.0, requires_grad=True)
    y = Scaled.apply(x)
    y.backward()

    expect(y).equals(6.0)
    expect(x.grad).equals(3.0)


@clause("cf-015", CONVENTION, sources=[BACKWARD])
def none_is_no_gradient(ag: Autograd) -> None:
    """Where backward returns None for a tensor, nothing arrives there."""

    class Product(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(_ctx: Any, x: Any, y: Any) -> Any:
            return x * y

        @staticmethod
        def backward(_ctx: Any, g: Any) -> Any:
            return g * 2.0, None

    x = ag.tensor(3.0, requires_grad=True)
    y = ag.tensor(2.0, requires_grad=True)
    Product.apply(x, y).backward()

    expect(x.grad).equals(2.0)
    expect(y.grad).is_none_or_zero()


@clause("cf-016", CONVENTION, unseen="constants", sources=["notes/extending § Example"])
def a_gradient_that_nobody_needs_is_discarded(ag: Autograd) -> None:
    """A gradient that backward returns for an argument that does not require grad goes nowhere,
    whatever its shape is.
    """

    class Product(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(_ctx: Any, x: Any, y: Any) -> Any:
            return x * y

        @staticmethod
        def backward(_ctx: Any, g: Any) -> Any:
            return g * 2.0, ag.tensor([1.0, 2.0, 3.0])

    x = ag.tensor([3.0, 4.0], requires_grad=True)
    y = ag.tensor([5.0, 6.0])
    Product.apply(x, y).sum().backward()

    expect(x.grad).equals([2.0, 2.0])
    expect(y.grad).is_none_or_zero()


@clause("cf-020", CONVENTION, level=MAY, sources=["observed"])
def a_broadcast_gradient_is_summed(ag: Autograd) -> None:
    """A gradient of a shape to which its argument broadcasts is summed to the argument's shape."""
    x = ag.tensor([3.0, 4.0], requires_grad=True)
    answer = ag.random(3, 2)
    y = _returning(ag, lambda _: (ag.tensor(answer), None)).apply(x, 2.0)
    y.sum().backward()

    expect(x.grad).is_close(answer.sum(0))


@clause("cf-021", CONVENTION, level=MAY, sources=["observed"])
def a_gradient_of_another_type_is_converted(ag: Autograd) -> None:
    """A gradient of another data type is converted to that of its argument."""
    x = ag.tensor([3.0], dtype="float64", requires_grad=True)
    answer = ag.tensor([2.0], dtype="float32")
    _returning(ag, lambda _: (answer, None)).apply(x, 2.0).sum().backward()

    expect(x.grad).has_dtype("float64")
    expect(x.grad).equals([2.0])


@clause("cf-208", CONVENTION, sources=["observed"])
def a_function_that_nothing_reaches_is_asked_with_zeros(ag: Autograd) -> None:
    """A custom function whose result leads to the root, and to which no gradient comes because a
    later function returned None, is asked with zeros.
    """
    seen = ag.notes()

    class Asked(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(_ctx: Any, x: Any) -> Any:
            return x * 2.0

        @staticmethod
        def backward(_ctx: Any, g: Any) -> Any:
            seen.note(g)
            return g * 2.0

    class Ending(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(_ctx: Any, x: Any) -> Any:
            return x * 3.0

        @staticmethod
        def backward(_ctx: Any, _g: Any) -> Any:
            return None

    Ending.apply(Asked.apply(ag.tensor(1.0, requires_grad=True))).backward()

    expect(seen).happened_in_order([0.0])


@clause("cf-209", VALUE, sources=["chain rule"])
def other_paths_add_to_what_backward_returns(ag: Autograd) -> None:
    """What backward returns for a tensor and what comes to it by other paths is added, and neither
    changes the other.
    """
    x = ag.tensor([3.0, 4.0], requires_grad=True)
    h = x * 1.0
    given = ag.tensor([1.0, 2.0])
    other = (h * 10.0).sum()
    y = _returning(ag, lambda _: (given, None)).apply(h, 2.0)
    (other + y.sum()).backward()

    expect(x.grad).equals([11.0, 12.0])
    expect(given).equals([1.0, 2.0])
