"""Selective checkpointing: the results of some operations are kept, the others computed again."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from gradspec import CONVENTION, SHOULD, VALUE, Autograd, clause, expect
from gradspec.chapters.checkpointing.doing_the_same import first_and_again

SELECTING: Final = "torch.utils.checkpoint.create_selective_checkpoint_contexts docstring"


@clause(
    "ckpt-028",
    VALUE,
    level=SHOULD,
    sources=[SELECTING],
    over={"one_of_them": ["mm"], "another": ["exp"], "both": ["mm", "exp"], "none": ["tanh"]},
)
def selecting_changes_no_gradient(ag: Autograd, saves: list[str]) -> None:
    """Whichever operations a checkpointed function keeps the results of, here {name}, its gradients
    are those of the plain function.
    """
    first, second, cotangent = ag.random(2, 3), ag.random(3, 2), ag.random(2, 2)
    a = ag.tensor(first, requires_grad=True)
    b = ag.tensor(second, requires_grad=True)
    y = ag.func.checkpoint(lambda s, t: ag.exp(ag.mm(s, t)) ** 2, use_reentrant=False, saves=saves)(
        a, b
    )
    y.backward(ag.tensor(cotangent))
    arrived = cotangent * 2.0 * np.exp(2.0 * first @ second)

    expect(a.grad).is_close(arrived @ second.T)
    expect(b.grad).is_close(first.T @ arrived)


@clause("ckpt-260", VALUE, level=SHOULD, sources=[SELECTING])
def results_are_given_out_in_their_order(ag: Autograd) -> None:
    """Where a checkpointed function runs one operation three times, and keeps its results, each is
    given out in the place where it was made.
    """
    x = ag.tensor(0.5, requires_grad=True)

    def function(t: Any) -> Any:
        return ag.sin(ag.sin(ag.sin(t)))

    ag.func.checkpoint(function, use_reentrant=False, saves=["sin"])(x).backward()
    first = np.sin(0.5)

    expect(x.grad).is_close(np.cos(np.sin(first)) * np.cos(first) * np.cos(0.5))


@clause("ckpt-270", CONVENTION, level=SHOULD, sources=[SELECTING])
def what_is_kept_is_not_computed_again(ag: Autograd) -> None:
    """An operation whose result is kept is not computed when the function runs again: its result
    is that of the first run, also where the operand is another by then.

    That is to be seen only where the function does not do the same again.
    """
    x = ag.tensor(0.5, requires_grad=True)
    function = first_and_again(lambda t: ag.sin(ag.exp(t + 0.0)), lambda t: ag.sin(ag.exp(t + 1.0)))
    ag.func.checkpoint(function, use_reentrant=False, saves=["exp"])(x).backward()

    expect(x.grad).is_close(np.cos(np.exp(0.5)) * np.exp(0.5))


@clause("ckpt-032", CONVENTION, sources=["torch.utils.checkpoint source"])
def a_selected_region_has_one_pass(ag: Autograd) -> None:
    """A region under selective checkpointing can be differentiated once, also with retain_graph.

    Remedy: checkpoint without selecting.
    """
    x = ag.tensor(0.5, requires_grad=True)

    def function(t: Any) -> Any:
        return ag.exp(ag.sin(t)) ** 2

    y = ag.func.checkpoint(function, use_reentrant=False, saves=["sin"])(x)
    y.backward(retain_graph=True)
    with ag.refuses("checkpoint-again"):
        y.backward()
