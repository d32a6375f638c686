"""Operands that forward writes in place, and says so."""

from __future__ import annotations

from typing import Any, Final

from gradspec import CONVENTION, SAFETY, VALUE, Autograd, clause, expect

DIRTY: Final = "torch.autograd.function.FunctionCtx.mark_dirty docstring"


def _doubling(ag: Autograd) -> Any:
    """Make a function that doubles its operand in place, and sends ten times the gradient."""

    class Doubling(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.mark_dirty(x)
            return x.mul_(2.0)

        @staticmethod
        def backward(_ctx: Any, g: Any) -> Any:
            return g * 10.0

    return Doubling


@clause("cf-033", VALUE, sources=[DIRTY])
def a_written_operand_has_the_function_as_its_history(ag: Autograd) -> None:
    """An operand that is marked as dirty has its new value from then on, and its gradient goes
    through backward.
    """
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    h = x * 1.0
    _doubling(ag).apply(h)
    h.sum().backward()

    expect(h).equals([2.0, 4.0])
    expect(x.grad).equals([10.0, 10.0])


@clause("cf-223", CONVENTION, sources=[DIRTY])
def a_written_operand_is_the_result(ag: Autograd) -> None:
    """An operand that is marked as dirty is itself the result, its version has gone up, and its
    node is that of the function.
    """
    h = ag.tensor([1.0, 2.0], requires_grad=True) * 1.0
    before = h.version
    result = _doubling(ag).apply(h)

    expect(result).is_same_object_as(h)
    expect(h.version).exceeds(before)
    expect(h.grad_fn.name()).contains("DoublingBackward")


@clause("cf-034", SAFETY, sources=[DIRTY])
def who_saved_the_old_value_finds_out(ag: Autograd) -> None:
    """After a custom function wrote an operand of which the old value was saved, a pass over what
    saved it is refused, or its gradient is that of the old value.
    """
    x = ag.tensor([3.0], requires_grad=True)
    h = x * 1.0
    square = h * h
    _doubling(ag).apply(h)

    with ag.attempt("stale-saved-tensor") as attempt:
        square.sum().backward()
    with attempt.granted():
        expect(x.grad).equals([6.0])


@clause("cf-224", SAFETY, sources=[DIRTY])
def a_mark_counts_as_a_write(ag: Autograd) -> None:
    """An operand that is marked as dirty counts as written, though the engine saw no write.

    Remedy: do not write to what was saved.
    """
    h = ag.tensor([3.0], requires_grad=True) * 1.0
    square = h * h

    class Written(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.mark_dirty(x)
            return x

        @staticmethod
        def backward(_ctx: Any, g: Any) -> Any:
            return g

    Written.apply(h)

    with ag.refuses("stale-saved-tensor"):
        square.sum().backward()


@clause("cf-035", CONVENTION, sources=[DIRTY])
def a_written_operand_is_returned(ag: Autograd) -> None:
    """A custom function that does not return what it marked as dirty is an error.

    Remedy: return the operand itself.
    """

    class Losing(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.mark_dirty(x)
            return x.mul_(2.0) * 1.0

        @staticmethod
        def backward(_ctx: Any, g: Any) -> Any:
            return g

    with ag.refuses("marked-tensors"):
        Losing.apply(ag.tensor([1.0], requires_grad=True) * 1.0)


@clause("cf-212", CONVENTION, sources=["observed"])
def what_is_marked_is_a_tensor(ag: Autograd) -> None:
    """Marking what is no tensor as dirty is an error.

    Remedy: give tensors.
    """

    class Marking(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.mark_dirty("x")
            return x * 2.0

        @staticmethod
        def backward(_ctx: Any, g: Any) -> Any:
            return g

    with ag.refuses("marked-tensors"):
        Marking.apply(ag.tensor([1.0], requires_grad=True))


@clause("cf-036", CONVENTION, sources=["observed"])
def a_leaf_is_not_written(ag: Autograd) -> None:
    """Marking a leaf that requires grad as dirty is an error, and it stays a leaf.

    Remedy: give the function a clone.
    """
    x = ag.tensor([1.0], requires_grad=True)

    with ag.refuses("leaf-inplace"):
        _doubling(ag).apply(x)
    expect(x.is_leaf).is_true()


@clause("cf-037", VALUE, sources=["observed"])
def a_view_that_is_written_changes_its_base(ag: Autograd) -> None:
    """Where the operand that is written is a view, the gradient of the region of its base goes
    through backward, and that of the rest does not.
    """
    x = ag.tensor([1.0, 2.0, 3.0], requires_grad=True)
    h = x * 1.0
    _doubling(ag).apply(h[1:])
    (h * ag.tensor([1.0, 2.0, 3.0])).sum().backward()

    expect(h).equals([1.0, 4.0, 6.0])
    expect(x.grad).equals([1.0, 20.0, 30.0])


@clause("cf-225", VALUE, sources=["observed"])
def what_is_written_into_a_view_has_its_gradient(ag: Autograd) -> None:
    """Where a custom function writes one argument by another, through a view, both have the
    gradients that backward returns, of the region's gradient.
    """

    class Scaling(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(ctx: Any, x: Any, factor: Any) -> Any:
            ctx.mark_dirty(x)
            return x.mul_(factor)

        @staticmethod
        def backward(_ctx: Any, g: Any) -> Any:
            return g * 10.0, g.sum() * 100.0

    x = ag.tensor([1.0, 2.0, 3.0], requires_grad=True)
    factor = ag.tensor(5.0, requires_grad=True)
    h = x * 1.0
    Scaling.apply(h[1:], factor)
    (h * ag.tensor([1.0, 2.0, 3.0])).sum().backward()

    expect(x.grad).equals([1.0, 20.0, 30.0])
    expect(factor.grad).equals(500.0)


@clause("cf-226", VALUE, sources=["observed"])
def a_constant_that_is_written_begins_to_require_grad(ag: Autograd) -> None:
    """A constant that a custom function writes by what requires grad requires grad itself, and the
    gradient goes through backward.
    """

    class Scaling(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(ctx: Any, x: Any, factor: Any) -> Any:
            ctx.mark_dirty(x)
            return x.mul_(factor)

        @staticmethod
        def backward(_ctx: Any, g: Any) -> Any:
            return None, g * 100.0

    constant = ag.tensor([1.0, 2.0])
    factor = ag.tensor([5.0, 7.0], requires_grad=True)
    Scaling.apply(constant, factor)

    expect(constant.requires_grad).is_true()
    (constant * ag.tensor([2.0, 3.0])).sum().backward()
    expect(factor.grad).equals([200.0, 300.0])


@clause("cf-261", CONVENTION, sources=["observed"])
def a_retained_gradient_is_that_of_the_new_value(ag: Autograd) -> None:
    """An operand that retains its gradient, and that a custom function writes, retains the gradient
    of its new value.
    """
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    h = x * 1.0
    h.retain_grad()
    y = _doubling(ag).apply(h)
    (y * 3.0).sum().backward()

    expect(h.grad).equals([3.0, 3.0])


@clause("cf-297", CONVENTION, sources=["observed"])
def what_was_retained_for_the_old_value_goes(ag: Autograd) -> None:
    """When a custom function writes an operand, the gradient that was retained for its old value
    goes, and a further pass does not add to it.
    """
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    h = x * 1.0
    h.retain_grad()
    h.sum().backward(retain_graph=True)
    _doubling(ag).apply(h)

    expect(h.grad).is_none_or_zero()
    (h * 3.0).sum().backward()
    expect(h.grad).equals([3.0, 3.0])


@clause("cf-213", CONVENTION, sources=["observed"])
def a_view_that_is_written_is_the_only_result(ag: Autograd) -> None:
    """A custom function that writes a view and has further results is an error.

    Remedy: return the view alone, or give the function a clone.
    """

    class Both(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.mark_dirty(x)
            y = x * 3.0
            return x.mul_(2.0), y

        @staticmethod
        def backward(_ctx: Any, g: Any, _h: Any) -> Any:
            return g

    h = ag.tensor([1.0, 2.0], requires_grad=True) * 1.0

    with ag.refuses("marked-tensors"):
        Both.apply(h[1:])


@clause("cf-293", CONVENTION, unseen="constants", sources=["observed"])
def a_leaf_may_be_written_in_no_grad(ag: Autograd) -> None:
    """In no_grad a leaf that requires grad may be marked as dirty: it has its new value, its
    version has gone up, and it still is a leaf that requires grad.
    """
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    before = x.version
    with ag.no_grad():
        _doubling(ag).apply(x)

    expect(x).equals([2.0, 4.0])
    expect(x.version).exceeds(before)
    expect(x.is_leaf).is_true()
    expect(x.requires_grad).is_true()


@clause("cf-294", CONVENTION, unseen="constants", sources=["observed"])
def what_is_returned_of_a_written_leaf_is_a_constant(ag: Autograd) -> None:
    """What a custom function returns that wrote a leaf in no_grad is another tensor over its
    memory, which does not require grad.
    """
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    with ag.no_grad():
        y = _doubling(ag).apply(x)

    expect(y).is_another_object_than(x)
    expect(y).shares_memory_with(x)
    expect(y.requires_grad).is_false()


def _whole(x: Any) -> Any:
    return x


def _region(x: Any) -> Any:
    return x[1:]


@clause(
    "cf-295",
    CONVENTION,
    unseen="constants",
    sources=["observed"],
    over={"a_constant": _whole, "a_view_of_a_constant": _region},
)
def a_written_constant_is_the_result(ag: Autograd, part: Any) -> None:
    """{name} that is marked as dirty where nothing is recorded is itself the result, and may be
    written again.
    """
    x = ag.tensor([1.0, 2.0, 3.0])
    operand = part(x)
    result = _doubling(ag).apply(operand)
    result.mul_(5.0)

    expect(result).is_same_object_as(operand)
    expect(x[2]).equals(30.0)


@clause("cf-296", CONVENTION, sources=["observed"])
def who_wrote_a_view_is_not_asked_if_nothing_comes(ag: Autograd) -> None:
    """Where None comes to the base of a view that a custom function wrote, its backward is not
    called, and nothing comes to what the base was computed from.
    """
    seen = ag.notes()

    class Doubling(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.mark_dirty(x)
            return x.mul_(2.0)

        @staticmethod
        def backward(_ctx: Any, g: Any) -> Any:
            seen.note("called")
            return g * 2.0

    class Silent(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(_ctx: Any, x: Any) -> Any:
            return x * 1.0

        @staticmethod
        def backward(_ctx: Any, _g: Any) -> Any:
            return None

    x = ag.tensor([1.0, 2.0, 3.0], requires_grad=True)
    h = x * 1.0
    Doubling.apply(h[1:])
    Silent.apply(h).sum().backward()

    expect(seen).happened_in_order([])
    expect(x.grad).is_none_or_zero()
