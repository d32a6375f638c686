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

    def answer() -> Any:
        asked.note("asked")
        return [ag.tensor(5.0)] if name == "grad" else None

    run(ag, (x * 3.0).as_subclass(ag.tensor_class(name, answer)), x)

    expect(asked).happened_in_order(["asked"])
    expect(x.grad).is_none_or_zero()
