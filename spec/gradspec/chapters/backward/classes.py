"""Classes of tensors that are asked whether a pass is run at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gradspec import CONVENTION, Autograd, Tensor, clause, expect

if TYPE_CHECKING:
    from collections.abc import Callable

    Run = Callable[[Autograd, Tensor, Tensor], Any]

PASSES: Final[dict[str, tuple[str, Run]]] = {
    "backward_of_a_tensor": ("backward", lambda _ag, y, _x: y.backward()),
    "backward_of_several": ("backward", lambda ag, y, _x: ag.backward([y])),
    "grad": ("grad", lambda ag, y, x: ag.grad(y, [x])),
}
"""What runs a pass -> the name by which a class is asked about it, and the call."""


@clause("bwd-048", CONVENTION, sources=["torch.autograd.backward source"], over=PASSES)
def a_class_takes_over(ag: Autograd, case: tuple[str, Run]) -> None:
    """A class of tensors that answers {name} itself is asked once for its root, and no pass is run.

    So no leaf gets a gradient.
    """
    name, run = case
    x = ag.tensor(2.0, requires_grad=True)
    asked = ag.notes()

    def answer(_: Any) -> Any:
        asked.note("asked")
        return [ag.tensor(5.0)] if name == "grad" else None

    run(ag, (x * 3.0).as_subclass(ag.tensor_class(name, answer)), x)

    expect(asked).happened_in_order(["asked"])
    expect(x.grad).is_none_or_zero()


SILENT: Final = {"retain_graph": None, "create_graph": False, "inputs": None}
OF_GRAD: Final = {
    "grad_outputs": None,
    "retain_graph": None,
    "create_graph": False,
    "only_inputs": True,
    "allow_unused": None,
    "is_grads_batched": False,
    "materialize_grads": False,
}
TOLD: Final[dict[str, tuple[str, Run, dict[str, Any]]]] = {
    "backward_of_a_tensor": (
        "backward",
        lambda _ag, y, _x: y.backward(create_graph=True),
        {"gradient": None, **SILENT, "create_graph": True},
    ),
    "backward_of_several": (
        "backward",
        lambda ag, y, _x: ag.backward([y], retain_graph=True),
        {"grad_tensors": None, **SILENT, "retain_graph": True},
    ),
    "grad": (
        "grad",
        lambda ag, y, x: ag.grad(y, [x], retain_graph=True, allow_unused=False),
        {**OF_GRAD, "retain_graph": True, "allow_unused": False},
    ),
    "grad_of_a_batch": (
        "grad",
        lambda ag, y, x: ag.grad(y, [x], is_grads_batched=True, materialize_grads=True),
        {
            **OF_GRAD,
            **dict.fromkeys(("allow_unused", "is_grads_batched", "materialize_grads"), True),
        },
    ),
}
"""What runs a pass -> the name by which a class is asked, the call, and what the class is told."""


@clause("bwd-291", CONVENTION, sources=["torch.autograd.backward source"], over=TOLD)
def a_class_is_told_the_options(ag: Autograd, case: tuple[str, Run, dict[str, Any]]) -> None:
    """A class of tensors that answers {name} itself is told all options by name, those that were
    not given as well.
    """
    name, run, told = case
    x = ag.tensor(2.0, requires_grad=True)
    seen = ag.notes()

    def answer(options: Any) -> Any:
        for option in told:
            seen.note(options[option])
        return [ag.tensor(5.0)] if name == "grad" else None

    run(ag, (x * 3.0).as_subclass(ag.tensor_class(name, answer)), x)

    expect(seen).happened_in_order([*told.values()])
