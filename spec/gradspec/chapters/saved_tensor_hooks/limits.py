"""What hooks may not do, where there are none, and what they reach besides the operators."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gradspec import CONVENTION, MAY, VALUE, Autograd, Interrupted, clause, expect
from gradspec.chapters.saved_tensor_hooks.pairs import DOCSTRING, HOOKS, as_it_is, detached

if TYPE_CHECKING:
    from collections.abc import Callable

DISABLING: Final = "torch.autograd.graph.disable_saved_tensors_hooks docstring"
ON_CPU: Final = "torch.autograd.graph.save_on_cpu docstring"
MESSAGE: Final = "no hooks on saved values here"


@clause("sth-009", CONVENTION, sources=[DOCSTRING], over={"a_number": 3.0, "nothing": None})
def unpack_returns_a_tensor(ag: Autograd, returned: Any) -> None:
    """unpack has to return a tensor: {name} is refused.

    Remedy: return a tensor with the values, shape and data type of what was packed.
    """
    x = ag.tensor(2.0, requires_grad=True)
    with ag.saved_tensors_hooks(detached, lambda _: returned):
        y = x**2
    with ag.refuses("unpacked-type"):
        y.backward()


@clause("sth-010", CONVENTION, sources=[HOOKS, DOCSTRING])
def pack_does_not_write_to_its_argument(ag: Autograd) -> None:
    """A pack that writes in place to the tensor that it is given is refused, as the operation goes
    on with it.

    Remedy: write to a clone() of it.
    """
    x = ag.tensor(2.0, requires_grad=True)
    with (
        ag.refuses("saved-hooks"),
        ag.saved_tensors_hooks(lambda value: value.mul_(2.0), as_it_is),
    ):
        ag.exp(x)


@clause(
    "sth-018",
    CONVENTION,
    sources=[DISABLING],
    over={
        "a_pair": lambda ag: ag.saved_tensors_hooks(detached, as_it_is),
        "that_save_on_the_CPU": lambda ag: ag.save_on_cpu(),
    },
)
def hooks_can_be_disabled(ag: Autograd, hooks: Callable[[Autograd], Any]) -> None:
    """Inside disable_saved_tensors_hooks(message), hooks ({name}) are refused with that message.

    Remedy: use them outside of what cannot work with them.
    """
    with (
        ag.disable_saved_tensors_hooks(MESSAGE),
        ag.refuses("saved-hooks-disabled"),
        hooks(ag),
    ):
        pass


@clause("sth-201", CONVENTION, sources=["observed"])
def hooks_that_are_on_cannot_be_disabled(ag: Autograd) -> None:
    """Where hooks are on, disabling them is refused, with the message of the one who tried.

    Remedy: do what cannot work with them outside their block.
    """
    with (
        ag.saved_tensors_hooks(detached, as_it_is),
        ag.refuses("saved-hooks-disabled"),
        ag.disable_saved_tensors_hooks(MESSAGE),
    ):
        pass


@clause("sth-202", CONVENTION, sources=["observed"])
def they_are_enabled_again_after_the_block(ag: Autograd) -> None:
    """After the block that disabled them hooks can be used; after an inner one they are still
    disabled.

    Remedy: leave the block.
    """
    x = ag.tensor(0.0, requires_grad=True)
    seen = ag.notes()

    def pack(value: Any) -> Any:
        seen.note("packed")
        return value.detach()

    with ag.disable_saved_tensors_hooks(MESSAGE):
        with ag.disable_saved_tensors_hooks("another message"):
            pass
        with ag.refuses("saved-hooks-disabled"), ag.saved_tensors_hooks(pack, as_it_is):
            pass
    with ag.saved_tensors_hooks(pack, as_it_is):
        ag.exp(x)

    expect(seen).happened_in_order(["packed"])


@clause(
    "sth-019",
    VALUE,
    sources=[ON_CPU, "saved tensors hooks tutorial"],
    over={"as_it_comes": {}, "in_pinned_memory": {"pin_memory": True}},
)
def saving_on_the_cpu_changes_no_gradient(ag: Autograd, options: dict[str, Any]) -> None:
    """What is saved on the CPU, {name}, leads to the same gradients."""
    a = ag.tensor([1.0, 2.0], requires_grad=True)
    b = ag.tensor([3.0, 4.0], requires_grad=True)
    with ag.save_on_cpu(**options):
        y = a * b
    y.backward(ag.tensor([1.0, 10.0]))

    expect(a.grad).equals([3.0, 40.0])
    expect(b.grad).equals([1.0, 20.0])


@clause("sth-020", CONVENTION, sources=[DOCSTRING])
def what_custom_functions_save_is_packed_too(ag: Autograd) -> None:
    """A tensor that a custom function saves for its backward goes through the hooks."""

    class Square(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            (x,) = ctx.saved_tensors
            return g * x * 2.0

    x = ag.tensor(3.0, requires_grad=True)
    seen = ag.notes()

    def pack(value: Any) -> Any:
        seen.note(value.item())
        return value * 4.0

    with ag.saved_tensors_hooks(pack, lambda packed: packed * 0.25):
        y = Square.apply(x)
    y.backward()

    expect(seen).happened_in_order([3.0])
    expect(x.grad).equals(6.0)


def fail(_: Any) -> Any:
    """Raise something of the caller's."""
    raise Interrupted


@clause("sth-022", CONVENTION, sources=["observed"])
def what_pack_raises_comes_out_of_the_operation(ag: Autograd) -> None:
    """An exception that pack raises leaves the operation that saved the value.

    Remedy: catch it around the forward pass.
    """
    x = ag.tensor(0.0, requires_grad=True)
    with ag.saved_tensors_hooks(fail, as_it_is), ag.refuses("callback"):
        ag.exp(x)


@clause("sth-022a", CONVENTION, sources=["observed"])
def what_unpack_raises_comes_out_of_the_pass(ag: Autograd) -> None:
    """An exception that unpack raises leaves the backward pass that needs the value.

    Remedy: catch it around backward(), and compute the graph again.
    """
    x = ag.tensor(0.0, requires_grad=True)
    with ag.saved_tensors_hooks(detached, fail):
        y = ag.exp(x)
    with ag.refuses("callback"):
        y.backward()


@clause(
    "sth-026",
    CONVENTION,
    level=MAY,
    sources=["torch.autograd.graph.region_activation_memory_budget docstring"],
)
def a_memory_budget_is_for_compilers(ag: Autograd) -> None:
    """A budget for what is saved is refused where nothing is compiled.

    Remedy: leave it out, or checkpoint a part of the computation.
    """
    with ag.refuses("compiled-only"), ag.region_activation_memory_budget(0.5):
        pass
