"""Programs about what a caller's function is: what it is given, keeps, catches and gives back.

Each runs on torch in process and over a pipe, replays from JSON, and prints as a script.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec import Interrupted, expect
from gradspec.exceptions import Refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradspec import Autograd

KEEPING = {"use_reentrant": False}


# plain values -------------------------------------------------------------------------
def arithmetic_with_an_answer(ag: Autograd) -> None:
    x = ag.tensor(2.5)
    k = x.item()
    expect((k * 3.0 - 1.0) / 2.0).equals(3.25)
    expect(3.0 - k).equals(0.5)
    expect(x * (-k) ** 2).equals(15.625)
    expect(abs(-k) // 2).equals(1.0)
    expect(k > 1.0).is_true()
    expect(k == x.item()).is_true()
    expect((k + x) * 1.0).equals(5.0)


def an_answer_that_decides(ag: Autograd) -> None:
    x = ag.tensor(2.0)
    y = x * 3.0 if x.item() * 2.0 > 3.0 else x
    expect(y).equals(6.0)


def an_answer_in_a_text(ag: Autograd) -> None:
    seen = ag.notes()
    x = ag.tensor(2.0)
    seen.note(f"{x.item():.2f} and {x.item()}")
    expect(seen).equals(["2.00 and 2.0"])


def plain_arguments(ag: Autograd) -> None:
    def f(x: Any, k: Any, word: Any, *, flag: Any) -> Any:
        is_text = isinstance(word, str) and not isinstance(k, str)
        y = x * (k * 2) if k > 1 and is_text and word.startswith("a") else x
        for _ in range(k):
            y = y + 1.0
        return y * 10.0 if flag and f"{word}!" == "abc!" else y

    f(ag.tensor(1.0), 3, "abc", flag=True)
    x = ag.tensor(2.0, requires_grad=True)
    ag.func.checkpoint(f, **KEEPING)(x, 3, "abc", flag=True).backward()
    expect(x.grad).equals(60.0)


def plain_attributes_of_a_context(ag: Autograd) -> None:
    class Power(ag.Function):
        @staticmethod
        def forward(ctx: Any, x: Any, n: Any) -> Any:
            ctx.n, ctx.kept = n, {"twice": n * 2}
            return x**n

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g * (ctx.n + 1) * ctx.kept["twice"] if ctx.n > 2 else g, None

    x = ag.tensor(1.0, requires_grad=True)
    Power.apply(x, 3).backward()
    expect(x.grad).equals(24.0)


def a_complex_answer(ag: Autograd) -> None:
    k = ag.tensor(1.0 + 2.0j, dtype="complex128").item()
    expect(k).equals(1.0 + 2.0j)
    expect(k * k).equals(-3.0 + 4.0j)


def an_array_among_the_arguments(ag: Autograd) -> None:
    def f(x: Any, weights: Any) -> Any:
        return x * float(weights[1]), weights

    x = ag.tensor(1.0, requires_grad=True)
    y, weights = ag.func.checkpoint(f, **KEEPING)(x, np.array([1.0, 5.0], np.float32))
    y.backward()
    expect(x.grad).equals(5.0)
    expect(weights).equals(np.array([1.0, 5.0], np.float32))


def names_that_are_no_text(ag: Autograd) -> None:
    found = ag.func.grad(lambda d: d[1] * d[(2, "a")])(
        {1: ag.tensor(2.0), (2, "a"): ag.tensor(3.0)}
    )
    expect(found).equals({1: 3.0, (2, "a"): 2.0})


def a_dictionary_of_results(ag: Autograd) -> None:
    f = ag.func.vmap(lambda x: {"thrice": x * 3.0, "rest": [x]})
    expect(f(ag.tensor([1.0, 2.0]))).equals({"thrice": [3.0, 6.0], "rest": [[1.0, 2.0]]})


# functions that come and go -----------------------------------------------------------
def a_function_that_is_returned(ag: Autograd) -> None:
    def f(x: Any) -> Any:
        return x * 2.0, {"more": [lambda y: y * 3.0]}

    y, functions = ag.func.checkpoint(f, **KEEPING)(ag.tensor(1.0, requires_grad=True))
    expect(functions["more"][0](y)).equals(6.0)


@dataclass
class Scaled:
    """A function that cannot be hashed; two of one factor are equal."""

    factor: Any

    def __call__(self, x: Any) -> Any:
        """Multiply."""
        return x * self.factor


class Alike:
    """A function that says that it is every other."""

    __slots__ = ("factor",)

    def __init__(self, factor: float) -> None:
        self.factor = factor

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 1

    def __call__(self, x: Any) -> Any:
        """Multiply."""
        return x * self.factor


def a_callable_that_cannot_be_hashed(ag: Autograd) -> None:
    expect(ag.func.grad(Scaled(3.0))(ag.tensor(1.0))).equals(3.0)


def callables_that_say_they_are_equal(ag: Autograd) -> None:
    for one, other in ((Alike(3.0), Alike(5.0)), (Scaled(3.0), Scaled(5.0))):
        expect(ag.func.grad(one)(ag.tensor(1.0))).equals(3.0)
        expect(ag.func.grad(other)(ag.tensor(1.0))).equals(5.0)


# parameters ---------------------------------------------------------------------------
def every_kind_of_parameter(ag: Autograd) -> None:
    def f(x: Any, *more: Any, k: Any = 2.0, **named: Any) -> Any:
        return x * k * more[0] * named["factor"]

    x = ag.tensor(3.0, requires_grad=True)
    y = ag.func.checkpoint(f, **KEEPING)(x, ag.tensor(5.0), factor=ag.tensor(7.0))
    y.backward()
    expect(x.grad).equals(70.0)


def parameters_by_place_and_by_name_alone(ag: Autograd) -> None:
    def f(x: Any, /, y: Any = 2.0, *, k: Any, factor: Any = 5.0) -> Any:
        return x * y * k * factor

    x = ag.tensor(3.0, requires_grad=True)
    ag.func.checkpoint(f, **KEEPING)(x, k=3.0).backward()
    expect(x.grad).equals(30.0)


def a_tensor_as_default(ag: Autograd) -> None:
    c = ag.tensor(4.0)

    def f(x: Any, c: Any = c, also: Any = (c, None)) -> Any:
        return x * c * also[0]

    x = ag.tensor(3.0, requires_grad=True)
    ag.func.checkpoint(f, **KEEPING)(x).backward()
    expect(x.grad).equals(16.0)


def functions_as_defaults(ag: Autograd) -> None:
    x = ag.tensor(3.0, requires_grad=True)
    for scaled in (Scaled(2.0), Scaled(5.0)):
        x.register_hook(lambda g, f=lambda g, of=scaled: of(g), kind=float: kind(1) * f(g))
    (x * 1.0).backward()
    expect(x.grad).equals(10.0)


def an_object_that_is_packed(ag: Autograd) -> None:
    class Place:
        """Where a tensor is kept."""

        def __init__(self, tensor: Any) -> None:
            self.tensor = tensor

    x = ag.tensor(3.0, requires_grad=True)
    with ag.saved_tensors_hooks(lambda t: [Place(t * 1.0), "there"], lambda held: held[0].tensor):
        y = x * x
    y.backward()
    expect(x.grad).equals(6.0)


# what is kept and caught --------------------------------------------------------------
def a_hook_that_is_cut_after_it_kept_something(ag: Autograd) -> None:
    kept: list[Any] = []
    constant = ag.tensor(1.0)

    def hook(g: Any) -> None:
        kept.append(g * 2.0)
        constant.backward()

    x = ag.tensor(2.0, requires_grad=True)
    x.register_hook(hook)
    with ag.refuses("root-without-grad"):
        (x * 3.0).backward()
    expect(kept[0]).equals(6.0)


def a_hook_that_uses_what_a_running_one_made(ag: Autograd) -> None:
    kept: list[Any] = []
    x, w = ag.tensor(2.0, requires_grad=True), ag.tensor(5.0, requires_grad=True)
    w.register_hook(lambda g: g * kept[-1])
    y = w * 1.0

    def hook(g: Any) -> None:
        kept.append(g * 2.0)
        y.backward()

    x.register_hook(hook)
    (x * 3.0).backward()
    expect(w.grad).equals(6.0)


def an_error_that_a_function_catches(ag: Autograd) -> None:
    constant = ag.tensor(1.0)

    def hook(g: Any) -> Any:
        try:
            with ag.enable_grad():
                constant.backward()
        except Refused:
            return g * 7.0
        return g

    x = ag.tensor(2.0, requires_grad=True)
    x.register_hook(hook)
    (x * 3.0).backward()
    expect(x.grad).equals(21.0)


def an_error_that_a_function_puts_its_own_for(ag: Autograd) -> None:
    constant = ag.tensor(1.0)

    def hook(_: Any) -> Any:
        try:
            constant.backward()
        except Refused:
            raise Interrupted from None

    x = ag.tensor(2.0, requires_grad=True)
    x.register_hook(hook)
    with ag.refuses("callback"):
        (x * 3.0).backward()
    expect(x * 2.0).equals(4.0)


def an_error_that_the_program_catches(ag: Autograd) -> None:
    constant, caught = ag.tensor(1.0), ag.notes()
    try:
        with ag.no_grad():
            constant.backward()
    except Refused as refused:
        caught.note(refused.kind)
    expect(ag.is_grad_enabled()).is_true()
    expect(caught).equals(["root-without-grad"])


ON_TORCH: list[Callable[[Autograd], None]] = [
    arithmetic_with_an_answer,
    an_answer_that_decides,
    an_answer_in_a_text,
    plain_arguments,
    plain_attributes_of_a_context,
    a_complex_answer,
    an_array_among_the_arguments,
    names_that_are_no_text,
    a_dictionary_of_results,
    a_function_that_is_returned,
    a_callable_that_cannot_be_hashed,
    callables_that_say_they_are_equal,
    every_kind_of_parameter,
    parameters_by_place_and_by_name_alone,
    a_tensor_as_default,
    functions_as_defaults,
    an_object_that_is_packed,
    a_hook_that_is_cut_after_it_kept_something,
    a_hook_that_uses_what_a_running_one_made,
    an_error_that_a_function_catches,
    an_error_that_a_function_puts_its_own_for,
    an_error_that_the_program_catches,
]
