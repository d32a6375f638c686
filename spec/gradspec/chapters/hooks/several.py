"""One hook on several tensors."""

from __future__ import annotations

from typing import Any

from gradspec import CONVENTION, SAFETY, Autograd, Interrupted, clause, expect

DOCSTRING = "torch.autograd.graph.register_multi_grad_hook docstring"

PASSES: dict[str, tuple[Any, list[Any]]] = {
    "backward": (lambda root, _x: root.backward(), [15.0, 6.0, 3.0, None]),
    "backward_to_one_of_them": (lambda root, x: root.backward(inputs=[x]), [15.0, None, 3.0, None]),
}


@clause("hook-042", CONVENTION, sources=[DOCSTRING], over=PASSES)
def it_waits_for_all(ag: Autograd, row: Any) -> None:
    """In mode "all" a hook on several tensors is called once in a pass ({name}), with the list of
    their gradients: None for those that take no part in it.
    """
    run, expected = row
    x = ag.tensor(2.0, requires_grad=True)
    w = ag.tensor(5.0, requires_grad=True)
    y, aside = x * w, x + w
    seen = ag.notes()

    def look(gradients: Any) -> None:
        for gradient in gradients:
            seen.note(gradient)

    ag.register_multi_grad_hook([x, w, y, aside], look)
    run(y * 3.0, x)

    expect(seen).happened_in_order(expected)


@clause("hook-043", CONVENTION, sources=[DOCSTRING])
def it_takes_the_first(ag: Autograd) -> None:
    """In mode "any" a hook on several tensors is called once in a pass, with the gradient that is
    computed first.
    """
    x = ag.tensor(2.0, requires_grad=True)
    w = ag.tensor(5.0, requires_grad=True)
    y = x * w
    seen = ag.notes()
    ag.register_multi_grad_hook([x, w, y], seen.note, mode="any")
    root = y * 3.0
    root.backward(retain_graph=True)
    root.backward()

    expect(seen).happened_in_order([3.0, 3.0])


@clause("hook-044", CONVENTION, sources=["torch.autograd.graph.register_multi_grad_hook source"])
def there_is_no_third_mode(ag: Autograd) -> None:
    """A hook on several tensors has the mode "all" or "any"; another is refused.

    Remedy: leave the mode out, for "all".
    """
    x = ag.tensor(2.0, requires_grad=True)
    with ag.refuses("hook-mode"):
        ag.register_multi_grad_hook([x], lambda _: None, mode="most")


@clause("hook-205", SAFETY, sources=["observed"])
def a_failed_pass_leaves_nothing_to_it(ag: Autograd) -> None:
    """After a pass that failed half way, a hook on several tensors is given the gradients of the
    next pass and nothing of the failed one.

    Remedy: none is needed; only gradients that were accumulated before the failure have to be
    cleared.
    """
    x = ag.tensor(2.0, requires_grad=True)
    y = x * 5.0
    seen = ag.notes()

    def look(gradients: Any) -> None:
        for gradient in gradients:
            seen.note(gradient)

    def fail(_: Any) -> None:
        raise Interrupted

    handle = x.register_hook(fail)
    ag.register_multi_grad_hook([x, y], look)
    with ag.refuses("callback"):
        (y * 3.0).backward(retain_graph=True)
    handle.remove()
    (y * 7.0).backward()

    expect(seen).happened_in_order([35.0, 7.0])
