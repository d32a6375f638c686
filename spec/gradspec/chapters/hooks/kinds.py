"""The kinds of hooks, for the sentences that hold for each of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradspec import Autograd, Tensor
    from gradspec.program.objects import Hook

    Registering = Callable[[Autograd, Tensor, Tensor, Callable[[], Any]], Hook]

IN_ONE_PLACE: Final[dict[str, Registering]] = {
    "on_a_tensor": lambda _ag, _x, y, act: y.register_hook(lambda _: act()),
    "before_a_node": lambda _ag, _x, y, act: y.grad_fn.register_prehook(lambda _: act()),
    "after_a_node": lambda _ag, _x, y, act: y.grad_fn.register_hook(lambda _made, _given: act()),
    "after_accumulation": lambda _ag, x, _y, act: x.register_post_accumulate_grad_hook(
        lambda _: act()
    ),
}
"""How a hook is put on a leaf x, or on the y that is computed from it, to do something."""

KINDS: Final[dict[str, Registering]] = {
    **IN_ONE_PLACE,
    "on_several_tensors": lambda ag, x, y, act: ag.register_multi_grad_hook(
        [x, y], lambda _: act()
    ),
}
"""All of them."""

ANSWERING: Final[dict[str, Callable[[Tensor, Callable[[Any], Any]], Hook]]] = {
    "on_a_tensor": lambda y, answer: y.register_hook(answer),
    "before_a_node": lambda y, answer: y.grad_fn.register_prehook(
        lambda given: (answer(given[0]),)
    ),
    "after_a_node": lambda y, answer: y.grad_fn.register_hook(
        lambda made, _given: (answer(made[0]),)
    ),
}
"""How a hook that returns another gradient is put on a y whose node has one input."""
