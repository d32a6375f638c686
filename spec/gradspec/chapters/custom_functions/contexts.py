"""The context: what forward leaves for backward."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from gradspec import CONVENTION, MAY, SAFETY, SHOULD, VALUE, Autograd, clause, expect

SAVE: Final = "torch.autograd.function.FunctionCtx.save_for_backward docstring"
NOTE: Final = "notes/extending § How to use"


def _square(ag: Autograd) -> Any:
    class Square(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            (x,) = ctx.saved_tensors
            return g * x * 2.0

    return Square


@clause("cf-005", VALUE, sources=[SAVE])
def saved_tensors_come_back_in_their_order(ag: Autograd) -> None:
    """What forward saves is given to backward in the order in which it was saved."""

    class Product(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(ctx: Any, x: Any, y: Any) -> Any:
            ctx.save_for_backward(x, y)
            return x * y

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            x, y = ctx.saved_tensors
            return g * y, g * x

    x = ag.tensor(2.0, requires_grad=True)
    y = ag.tensor(5.0, requires_grad=True)
    Product.apply(x, y).backward()

    expect(x.grad).equals(5.0)
    expect(y.grad).equals(2.0)


@clause("cf-064", CONVENTION, sources=[SAVE])
def saved_tensors_are_a_sequence(ag: Autograd) -> None:
    """Saved tensors come back as a sequence, also where there is one, or none."""
    seen = ag.notes()

    class Saving(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(ctx: Any, x: Any, one: Any) -> Any:
            if one:
                ctx.save_for_backward(x)
            return x * 1.0

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            seen.note(ctx.saved_tensors)
            return g, None

    x = ag.tensor(2.0, requires_grad=True)
    Saving.apply(x, 1.0).backward()
    Saving.apply(x, 0.0).backward()

    expect(seen).happened_in_order([(2.0,), ()])


@clause("cf-006", CONVENTION, sources=[SAVE])
def only_tensors_are_saved(ag: Autograd) -> None:
    """Saving what is neither a tensor nor None is an error.

    Remedy: keep it as an attribute of the context.
    """

    class Saving(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x, 3)
            return x * 1.0

        @staticmethod
        def backward(_ctx: Any, g: Any) -> Any:
            return g

    with ag.refuses("saved-type"):
        Saving.apply(ag.tensor(2.0, requires_grad=True))


@clause("cf-202", CONVENTION, sources=[SAVE])
def none_is_saved_too(ag: Autograd) -> None:
    """None may be saved in a tensor's place, and comes back there as None."""
    seen = ag.notes()

    class Saving(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(None, x)
            return x * 1.0

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            seen.note(ctx.saved_tensors)
            return g

    Saving.apply(ag.tensor(2.0, requires_grad=True)).backward()

    expect(seen).happened_in_order([(None, 2.0)])


@clause("cf-007", CONVENTION, level=SHOULD, sources=[SAVE])
def what_is_saved_again_replaces_the_first(ag: Autograd) -> None:
    """Of two calls that save tensors the second counts, and the first is forgotten."""
    seen = ag.notes()

    class Saving(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            ctx.save_for_backward(x * 2.0)
            return x * 1.0

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            seen.note(ctx.saved_tensors)
            return g

    Saving.apply(ag.tensor(3.0, requires_grad=True)).backward()

    expect(seen).happened_in_order([(6.0,)])


def _exponential(ag: Autograd) -> Any:
    class Exponential(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            y = x.exp()
            ctx.save_for_backward(y)
            return y

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            (y,) = ctx.saved_tensors
            return g * y

    return Exponential


def _operand_written(ag: Autograd, x: Any) -> Any:
    operand = x * 1.0
    result = _square(ag).apply(operand)
    operand.add_(1.0)
    return result


def _result_written(ag: Autograd, x: Any) -> Any:
    result = _exponential(ag).apply(x)
    result.add_(1.0)
    return result


WRITTEN: Final = {"operand": (_operand_written, 6.0), "result": (_result_written, np.exp(3.0))}


@clause("cf-008", SAFETY, sources=[SAVE], over=WRITTEN)
def a_saved_tensor_that_was_written_is_not_taken_for_the_old_one(ag: Autograd, row: Any) -> None:
    """After a write to the saved {name} a pass is refused, or its gradient is that of the value
    that was saved.
    """
    make, expected = row
    x = ag.tensor(3.0, requires_grad=True)
    y = make(ag, x)

    with ag.attempt("stale-saved-tensor") as attempt:
        y.backward()
    with attempt.granted():
        expect(x.grad).is_close(expected)


@clause("cf-203", CONVENTION, sources=[SAVE], over=WRITTEN)
def a_saved_tensor_that_was_written_is_refused(ag: Autograd, row: Any) -> None:
    """Reading the saved {name} after a write to it is an error.

    Remedy: write to a clone, or after the pass.
    """
    make, _ = row
    x = ag.tensor(3.0, requires_grad=True)
    y = make(ag, x)

    with ag.refuses("stale-saved-tensor"):
        y.backward()


@clause("cf-009", CONVENTION, sources=[NOTE, "torch.autograd.backward docstring"])
def a_pass_frees_what_was_saved(ag: Autograd) -> None:
    """A pass frees the tensors that a custom function saved, and a second one is an error.

    Remedy: retain the graph in the first pass.
    """
    x = ag.tensor(3.0, requires_grad=True)
    y = _square(ag).apply(x)
    y.backward()

    with ag.refuses("graph-freed"):
        y.backward()
    expect(x.grad).equals(6.0)


@clause("cf-204", VALUE, sources=[NOTE])
def a_retained_custom_function_is_asked_again(ag: Autograd) -> None:
    """With the graph retained a custom function is asked in each pass, and has what it saved."""
    x = ag.tensor(3.0, requires_grad=True)
    y = _square(ag).apply(x)
    y.backward(retain_graph=True)
    x.grad = None
    y.backward()

    expect(x.grad).equals(6.0)


@clause("cf-221", CONVENTION, sources=["observed"])
def a_function_that_sends_nothing_is_freed_too(ag: Autograd) -> None:
    """A pass also frees the tensors of a custom function whose backward returns None.

    Remedy: give retain_graph=True.
    """

    class Ending(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return x * 2.0

        @staticmethod
        def backward(ctx: Any, _g: Any) -> Any:
            (_x,) = ctx.saved_tensors
            return None

    y = Ending.apply(ag.tensor(3.0, requires_grad=True))
    y.backward()

    with ag.refuses("graph-freed"):
        y.backward()


def _keeping(ag: Autograd) -> Any:
    class Square(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.x = x
            return x * x

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g * ctx.x * 2.0

    return Square


@clause("cf-010", CONVENTION, level=SHOULD, sources=[SAVE, "notes/extending § Example"])
def a_tensor_that_is_an_attribute_is_not_looked_after(ag: Autograd) -> None:
    """A tensor that is kept as an attribute of the context is neither freed by a pass nor looked
    at for writes, so that a later pass computes with what was written.
    """
    x = ag.tensor(3.0, requires_grad=True)
    y = _keeping(ag).apply(x)
    y.backward()
    x.grad = None
    with ag.no_grad():
        x.add_(1.0)
    y.backward()

    expect(x.grad).equals(8.0)


@clause("cf-205", CONVENTION, level=SHOULD, sources=[SAVE])
def hooks_on_saved_tensors_do_not_see_attributes(ag: Autograd) -> None:
    """Hooks on saved tensors are not called for a tensor that is an attribute of the context."""
    seen = ag.notes()

    def pack(x: Any) -> Any:
        seen.note("packed")
        return x

    square = _keeping(ag)
    x = ag.tensor(3.0, requires_grad=True)
    with ag.saved_tensors_hooks(pack, lambda packed: packed):
        y = square.apply(x)
    y.backward()

    expect(seen).happened_in_order([])
    expect(x.grad).equals(6.0)


@clause("cf-060", VALUE, sources=["torch.autograd.graph.saved_tensors_hooks docstring"])
def hooks_on_saved_tensors_see_what_a_context_saves(ag: Autograd) -> None:
    """What a context saves is packed when forward has returned and unpacked when backward reads
    it, and backward is given what unpack returns.
    """
    square = _square(ag)
    x = ag.tensor(3.0, requires_grad=True)
    with ag.saved_tensors_hooks(lambda saved: saved * 10.0, lambda packed: packed + 1.0):
        y = square.apply(x)
    y.backward()

    expect(x.grad).equals(62.0)


@clause("cf-011", VALUE, sources=["torch.autograd.Function.forward docstring"])
def other_values_are_attributes_of_the_context(ag: Autograd) -> None:
    """A value that is no tensor is kept as an attribute of the context, and backward reads it
    there.
    """

    class Scaled(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(ctx: Any, x: Any, factor: Any) -> Any:
            ctx.factor = factor
            return x * factor

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g * ctx.factor, None

    x = ag.tensor(2.0, requires_grad=True)
    y = ag.tensor(2.0, requires_grad=True)
    one, other = Scaled.apply(x, 7.0), Scaled.apply(y, 5.0)
    one.backward()
    other.backward()

    expect(x.grad).equals(7.0)
    expect(y.grad).equals(5.0)


@clause(
    "cf-017", CONVENTION, unseen="constants", sources=["torch.autograd.Function.backward docstring"]
)
def the_context_says_which_gradients_are_needed(ag: Autograd) -> None:
    """In forward and in backward the context says of each argument whether its gradient is
    needed: of a leaf that requires grad it is, of a constant and of a number it is not.
    """
    seen = ag.notes()

    class Product(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(ctx: Any, x: Any, y: Any, factor: Any) -> Any:
            seen.note(ctx.needs_input_grad)
            return x * y * factor

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            seen.note(ctx.needs_input_grad)
            return g, None, None

    Product.apply(ag.tensor(1.0, requires_grad=True), ag.tensor(1.0), 3.0).backward()

    expect(seen).happened_in_order([(True, False, False)] * 2)


@clause("cf-018", CONVENTION, level=MAY, sources=["observed"])
def a_query_needs_all_that_forward_needed(ag: Autograd) -> None:
    """In a query for one argument the context says the gradient of another is needed, if that
    required grad when forward ran.
    """
    seen = ag.notes()

    class Product(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(_ctx: Any, x: Any, y: Any) -> Any:
            return x * y

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            seen.note(ctx.needs_input_grad)
            return g * 2.0, g * 3.0

    x = ag.tensor(3.0, requires_grad=True)
    y = ag.tensor(2.0, requires_grad=True)
    (found,) = ag.grad(Product.apply(x, y), [x])

    expect(found).equals(2.0)
    expect(seen).happened_in_order([(True, True)])


def _clearing(ag: Autograd, *, twice: bool) -> Any:
    class Square(ag.Function):  # type: ignore[misc, name-defined]
        clear_saved_tensors_on_access = True

        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            (x,) = ctx.saved_tensors
            if twice:
                (x,) = ctx.saved_tensors
            return g * x * 2.0

    return Square


@clause(
    "cf-052",
    CONVENTION,
    sources=["torch.autograd.Function.clear_saved_tensors_on_access"],
    over={"in_one_backward": True, "in_two_passes": False},
)
def cleared_tensors_are_read_once(ag: Autograd, twice: bool) -> None:
    """With clear_saved_tensors_on_access reading the saved tensors twice {name} is an error, even
    if the graph is retained.

    Remedy: read them once, and keep what was read.
    """
    x = ag.tensor(3.0, requires_grad=True)
    y = _clearing(ag, twice=twice).apply(x)
    if not twice:
        y.backward(retain_graph=True)
        expect(x.grad).equals(6.0)

    with ag.refuses("saved-once"):
        y.backward(retain_graph=True)


@clause("cf-059", CONVENTION, level=MAY, sources=["observed"])
def the_context_is_the_node(ag: Autograd) -> None:
    """The context that backward is given is the node that the pass has come to."""

    class Double(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(_ctx: Any, x: Any) -> Any:
            return x * 2.0

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            expect(ag.current_node()).is_same_object_as(ctx)
            return g * 2.0

    Double.apply(ag.tensor(1.0, requires_grad=True)).backward()


@clause("cf-063", CONVENTION, level=SHOULD, sources=["torch.autograd.function.FunctionCtx source"])
def marking_shared_memory_is_out_of_use(ag: Autograd) -> None:
    """Marking tensors that share memory warns, and changes no gradient."""

    class Double(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            y = x * 2.0
            ctx.mark_shared_storage((x, y))
            return y

        @staticmethod
        def backward(_ctx: Any, g: Any) -> Any:
            return g * 2.0

    x = ag.tensor(1.0, requires_grad=True)
    with ag.warns():
        y = Double.apply(x)
    y.backward()

    expect(x.grad).equals(2.0)
