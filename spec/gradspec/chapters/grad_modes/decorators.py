"""Decorators: a mode for the runs of a function, or for the steps of a generator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gradspec import CONVENTION, VALUE, clause, expect
from gradspec.chapters.grad_modes.rows import DOCSTRING, INFERENCE

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradspec import Autograd

    Function = Callable[..., Any]
    Decorator = Callable[[Autograd, Function], Function]

FORMS: dict[str, dict[str, Any]] = {
    "with_parentheses": {},
    "without_parentheses": {"without_parentheses": True},
}
"""How a decorator is written: `@no_grad()`, `@no_grad`."""


@clause("mode-007", VALUE, sources=[DOCSTRING, "introyt autograd tutorial"], over=FORMS)
def no_grad_decorates_a_function(ag: Autograd, form: dict[str, Any]) -> None:
    """What a function decorated by no_grad, written {name}, computes is a constant.

    With off = x², the derivative of off * x is off = 9; through the history it would be 3x² = 27.
    """
    x = ag.tensor(3.0, requires_grad=True)
    off = ag.func.no_grad(lambda x: x * x, **form)(x)
    (off * x).backward()

    expect(x.grad).equals(9.0)


@clause("mode-009", VALUE, sources=["torch.enable_grad docstring"], over=FORMS)
def enable_grad_decorates_a_function(ag: Autograd, form: dict[str, Any]) -> None:
    """What a function decorated by enable_grad, written {name}, computes is recorded, also if it is
    called inside no_grad.
    """
    x = ag.tensor(3.0, requires_grad=True)
    square = ag.func.enable_grad(lambda x: x * x, **form)
    with ag.no_grad():
        y = square(x)
    y.backward()

    expect(x.grad).equals(6.0)


@clause("mode-012", CONVENTION, sources=["torch.autograd.grad_mode.set_grad_enabled source"])
def set_grad_enabled_decorates_a_function(ag: Autograd) -> None:
    """Decorating a function by set_grad_enabled leaves the mode as it is; calling it sets it."""
    found = ag.notes()
    ask = ag.func.set_grad_enabled(lambda: found.note(ag.is_grad_enabled()), mode=False)
    found.note(ag.is_grad_enabled())
    ask()
    found.note(ag.is_grad_enabled())

    expect(found).happened_in_order([True, False, True])


OF_INFERENCE: dict[str, tuple[dict[str, Any], bool]] = {
    "with_parentheses": ({}, True),
    "without_parentheses": ({"without_parentheses": True}, True),
    "with_the_flag_false": ({"mode": False}, False),
}
"""How the decorator is written, and whether it makes inference tensors."""


@clause("mode-037", CONVENTION, sources=[INFERENCE], over=OF_INFERENCE)
def inference_mode_decorates_a_function(ag: Autograd, row: tuple[dict[str, Any], bool]) -> None:
    """A function decorated by inference_mode, written {name}, makes inference tensors exactly if
    the mode is on.
    """
    form, expected = row
    double = ag.func.inference_mode(lambda x: x * 2.0, **form)
    y = double(ag.tensor(3.0))

    expect([y.is_inference()]).happened_in_order([expected])


@dataclass(frozen=True, slots=True)
class Stepped:
    """A decorator of a generator, the grad mode of the caller, and that of the steps."""

    decorate: Decorator
    outside: bool
    inside: bool


GENERATORS = {
    "no_grad": Stepped(lambda ag, f: ag.func.no_grad(f), outside=True, inside=False),
    "enable_grad": Stepped(lambda ag, f: ag.func.enable_grad(f), outside=False, inside=True),
    "set_grad_enabled": Stepped(
        lambda ag, f: ag.func.set_grad_enabled(f, mode=False), outside=True, inside=False
    ),
    "inference_mode": Stepped(lambda ag, f: ag.func.inference_mode(f), outside=True, inside=False),
}


@clause(
    "mode-016",
    CONVENTION,
    sources=["torch.utils._contextlib (used by torch.no_grad)"],
    over=GENERATORS,
)
def a_decorated_generator_has_its_mode_while_it_runs(ag: Autograd, row: Stepped) -> None:
    """Each step of a generator decorated by {name} runs in that mode; between the steps the
    caller has the mode that it had.
    """
    found = ag.notes()

    def note(*_: Any) -> None:
        found.note(ag.is_grad_enabled())

    steps = row.decorate(ag, ag.func.generator(note))
    with ag.set_grad_enabled(row.outside):
        ag.func.stepped(steps, between=note)(ag.tensor(1.0), ag.tensor(2.0))

    expect(found).happened_in_order([row.inside, row.outside] * 2)


@clause(
    "mode-205",
    CONVENTION,
    sources=[DOCSTRING],
    over={name: row for name, row in GENERATORS.items() if row.outside},
)
def a_decorated_function_that_raises_restores_the_mode(ag: Autograd, row: Stepped) -> None:
    """A function decorated by {name} that raises leaves the caller the mode that it had."""

    def failing() -> None:
        raise ArithmeticError

    with ag.attempt():
        row.decorate(ag, failing)()

    expect(ag.is_grad_enabled()).is_true()
