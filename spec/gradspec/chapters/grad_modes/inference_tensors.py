"""Inference tensors: which tensors are, and what is refused of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gradspec import CONVENTION, SAFETY, SHOULD, VALUE, clause, expect
from gradspec.chapters.grad_modes.rows import CPP, INFERENCE
from gradspec.chapters.in_place.rows import PIECES, WRITABLE, WRITES

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradspec import Autograd, Tensor
    from gradspec.chapters.in_place.rows import Shown, Write

    Maker = Callable[[Autograd, Tensor], Tensor]


def inference_tensor(ag: Autograd, data: Any) -> Tensor:
    """Make one."""
    with ag.inference_mode():
        return ag.tensor(data)


MAKERS: dict[str, Maker] = {
    "from_numbers": lambda ag, _: ag.tensor(1.0),
    "as_a_leaf": lambda ag, _: ag.tensor(1.0, requires_grad=True),
    "as_a_sum": lambda _, x: x + 1.0,
    "as_a_copy": lambda _, x: x.clone(),
}
"""How a tensor is made, maybe of another."""


@clause("mode-026", CONVENTION, sources=[CPP], over=MAKERS)
def where_a_tensor_was_made_decides(ag: Autograd, make: Maker) -> None:
    """A tensor that was made {name} inside inference mode is an inference tensor for good; one that
    was made outside never is.
    """
    x = ag.tensor(2.0)
    outside = make(ag, x)
    with ag.inference_mode():
        inside = make(ag, x)
        found = [outside.is_inference(), inside.is_inference()]
    found += [outside.is_inference(), inside.is_inference()]

    expect(found).happened_in_order([False, True, False, True])


@clause("mode-027", CONVENTION, sources=[CPP], over=WRITABLE | PIECES)
def a_view_is_what_its_base_is(ag: Autograd, shown: Shown) -> None:
    """A view by {name} is an inference tensor exactly if its base is one, wherever it is taken."""
    ordinary = ag.tensor(shown.values)
    inferred = inference_tensor(ag, shown.values)
    found = [shown.of(ag, x).is_inference() for x in (ordinary, inferred)]
    with ag.inference_mode():
        found += [shown.of(ag, x).is_inference() for x in (ordinary, inferred)]

    expect(found).happened_in_order([False, True, False, True])


@clause("mode-212", CONVENTION, sources=["observed"])
def a_detached_alias_is_what_the_tensor_is(ag: Autograd) -> None:
    """detach() gives an inference tensor exactly of one, wherever it is called."""
    ordinary = ag.tensor(1.0)
    inferred = inference_tensor(ag, 1.0)
    found = [x.detach().is_inference() for x in (ordinary, inferred)]
    with ag.inference_mode():
        found += [x.detach().is_inference() for x in (ordinary, inferred)]

    expect(found).happened_in_order([False, True, False, True])


@clause("mode-028", CONVENTION, sources=[INFERENCE])
def an_inference_tensor_has_no_version(ag: Autograd) -> None:
    """Reading the version of an inference tensor is refused: writes to it are not counted.

    Remedy: ask a clone() that is made outside inference mode.
    """
    x = inference_tensor(ag, 1.0)

    with ag.refuses("inference-version"):
        x.version  # noqa: B018 - reading is the act


@clause("mode-029", CONVENTION, sources=[CPP], over=WRITES)
def an_inference_tensor_is_not_written_outside(ag: Autograd, write: Write) -> None:
    """Writing by {name} into an inference tensor outside inference mode is refused.

    Remedy: write into a clone().
    """
    x = inference_tensor(ag, write.point)

    with ag.refuses("inference-inplace"):
        write.into(ag, x)


@clause("mode-213", CONVENTION, sources=["observed"])
def an_inference_tensor_is_not_written_in_no_grad(ag: Autograd) -> None:
    """Writing into an inference tensor is refused in no_grad, too.

    Remedy: write in inference mode, or into a clone().
    """
    x = inference_tensor(ag, 1.0)

    with ag.no_grad(), ag.refuses("inference-inplace"):
        x.add_(1.0)


@clause("mode-214", CONVENTION, sources=["observed"])
def an_inference_tensor_is_not_written_through_a_view(ag: Autograd) -> None:
    """Writing outside inference mode into a view of an inference tensor is refused.

    Remedy: write in inference mode, or into a clone().
    """
    x = inference_tensor(ag, [1.0, 2.0])

    with ag.refuses("inference-inplace"):
        x[:1].add_(1.0)


@clause("mode-215", VALUE, sources=[CPP], over=WRITES)
def an_inference_tensor_is_written_inside(ag: Autograd, write: Write) -> None:
    """Inside inference mode an inference tensor is written by {name} as any tensor is."""
    with ag.inference_mode():
        x = ag.tensor(write.point)
        write.into(ag, x)

    expect(x).is_close(write.value)


@clause("mode-030", CONVENTION, sources=[CPP])
def an_inference_tensor_is_not_made_to_require_grad(ag: Autograd) -> None:
    """Making an inference tensor require grad outside inference mode is refused.

    Remedy: use a clone().
    """
    x = inference_tensor(ag, 1.0)

    with ag.refuses("inference-flag"):
        x.requires_grad_()


SAVING: dict[str, Callable[[Autograd, Tensor, Tensor], Tensor]] = {
    "mul": lambda _, w, x: w * x,
    "div": lambda _, w, x: w / x,
    "matmul": lambda ag, w, x: ag.matmul(w, x),
}
"""Operations whose derivative by the first operand needs the second."""


@clause("mode-031", CONVENTION, sources=[INFERENCE, "notes/autograd § Inference Mode"], over=SAVING)
def an_inference_tensor_is_not_saved(ag: Autograd, operation: Any) -> None:
    """A recorded {name}, which has to save an inference tensor for its derivative, is refused.

    Nobody could tell whether it was written before the backward pass.  It is refused at once, and
    not when the pass comes to it.

    Remedy: use a clone(), or compute in no_grad.
    """
    w = ag.tensor([3.0, 5.0], requires_grad=True)
    x = inference_tensor(ag, [2.0, 4.0])

    with ag.refuses("inference-saved"):
        operation(ag, w, x)


@clause("mode-216", SAFETY, sources=[INFERENCE])
def an_inference_tensor_is_refused_or_saved_right(ag: Autograd) -> None:
    """If an inference tensor that a recorded product needs is written before the backward pass,
    something is refused, or the gradient is that of the product.
    """
    w = ag.tensor(3.0, requires_grad=True)
    x = inference_tensor(ag, 2.0)
    with ag.attempt() as backward:
        y = w * x
        with ag.inference_mode():
            x.add_(5.0)
        y.backward()
    with backward.granted():
        expect(w.grad).equals(2.0)


@clause("mode-032", VALUE, level=SHOULD, sources=["observed"])
def an_inference_tensor_that_is_not_saved_is_an_operand(ag: Autograd) -> None:
    """A recorded sum, whose derivative needs none of its operands, takes an inference tensor."""
    w = ag.tensor(3.0, requires_grad=True)
    x = inference_tensor(ag, 2.0)
    y = w + x
    y.backward()

    expect(y).equals(5.0)
    expect(w.grad).equals(1.0)


@clause("mode-217", VALUE, sources=["observed"])
def a_result_in_no_grad_takes_an_inference_tensor(ag: Autograd) -> None:
    """In no_grad, where nothing is saved, an inference tensor is an operand like any other."""
    w = ag.tensor(3.0, requires_grad=True)
    x = inference_tensor(ag, 2.0)
    with ag.no_grad():
        y = w * x

    expect(y).equals(6.0)


@clause("mode-033", VALUE, sources=[CPP])
def a_clone_is_an_ordinary_tensor(ag: Autograd) -> None:
    """A clone, taken outside inference mode, of an inference tensor is an ordinary tensor: it can
    be written, require grad and be saved.
    """
    copy = inference_tensor(ag, 2.0).clone()
    copy.add_(1.0)
    copy.requires_grad_()
    (copy * copy).backward()

    expect(copy.grad).equals(6.0)
