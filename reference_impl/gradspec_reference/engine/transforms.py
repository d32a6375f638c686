"""Calls of transforms: inputs of their own, and what leaves them; start at `Reverse`.

While a transformed function runs, the tensors that it is differentiated by are its call's own: each
shows the memory of what was given, and its node is a *door*.  What is recorded leads to the doors,
and through them to where the given tensors come from, so that transforms nest as calls do, and the
graph outside is differentiated as ever.  A door that leads nowhere is a constant as soon as its
call is over: what leaves a call and depends on nothing else has no history.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar, Final, Self

from gradspec_reference import dtypes
from gradspec_reference.engine import duals, forward, modes
from gradspec_reference.engine import node as graph
from gradspec_reference.engine.batched import inside, requires_below
from gradspec_reference.engine.differentiating import ask, zeros
from gradspec_reference.engine.edges import GradientEdge
from gradspec_reference.engine.linking import needs_grad
from gradspec_reference.engine.modes import state
from gradspec_reference.engine.plans import plan
from gradspec_reference.errors import NonfloatRequiresGradError
from gradspec_reference.operators import OPERATORS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from gradspec_reference.engine.node import Node
    from gradspec_reference.engine.tensor import Tensor

ALIAS: Final = OPERATORS["alias"]


@contextmanager
def outside_inference() -> Iterator[None]:
    """Make ordinary tensors: what transforms give is ordinary in inference mode too."""
    before = (state.inference, modes.is_grad_enabled())
    modes.leave_inference((False, before[1]))
    try:
        yield
    finally:
        modes.leave_inference(before)


class Reverse:
    """One call of a transform that goes backward; its function runs in the `with` block.

    There operations are recorded, whatever the modes are outside; `recording` is what was outside.
    """

    def __init__(self) -> None:
        self.doors: dict[Node, None] = {}
        self.recording = True
        self.before = (False, True)

    def __enter__(self) -> Self:
        self.before = inference, recording = state.inference, modes.is_grad_enabled()
        self.recording = recording and not inference
        modes.leave_inference((False, True))
        state.transforms.append(self)
        return self

    def __exit__(self, *exception: object) -> None:
        state.transforms.pop()
        modes.leave_inference(self.before)

    def own(self, tensor: Tensor) -> Tensor:
        """Return a tensor of the call's own on the same memory, with the tangents of the given one.

        NonfloatRequiresGradError for whole numbers.
        """
        tensor = inside(tensor)
        array = tensor._array
        if array.dtype.kind not in dtypes.DIFFERENTIABLE:
            raise NonfloatRequiresGradError(
                f"a tensor of {tensor.dtype} was given to differentiate by; only floating-point "
                "tensors have gradients"
            )
        made: Tensor = tensor.detach()
        edge = graph.gradient_edge(tensor) if self.recording else graph.NO_EDGE
        outputs = ((array.shape, array.dtype),)
        made._grad_fn = door = plan(ALIAS, (True,)).node((edge,), (), (), outputs, False)
        self.doors[door] = None
        for level in duals.followed():
            tangent = forward.tangent_of(tensor, level)
            if tangent is not None:
                duals.made_dual(made, level).tangent = tangent
        return made

    def products(
        self,
        outputs: Sequence[Tensor],
        cotangents: Sequence[Any] | None,
        like: Sequence[Tensor],
        recording: bool,
    ) -> list[Tensor]:
        """Return cotangents times the Jacobian by the call's own tensors, zeros where it is zero.

        They are recorded if that is wanted, and if they depend on anything outside.
        """
        doors: Any = tuple([GradientEdge(door, 0) for door in self.doors])
        given = [*outputs, *(cotangents or ())]
        recorded = recording and (
            duals.is_followed() or any(map(requires_below, given)) or self.lead_outside(given)
        )
        seeds = None if cotangents is None else tuple(cotangents)
        found = ask(outputs, doors, seeds, recorded, retain_graph=True)
        return [zeros(x) if g is None else g for g, x in zip(found, like, strict=True)]

    def lead_outside(self, tensors: Sequence[Tensor]) -> bool:
        """Tell whether the history of a tensor ends in anything but the doors of this call."""
        others = [each.doors for each in state.transforms if each is not self]
        seen: set[Node | None] = set()  # what one tensor has led to in vain, the next passes over
        return any(leads_to_leaf(x, others, seen) for x in tensors)

    def leaving(self, tensor: Tensor, recording: bool) -> Tensor:
        """Return a tensor as it is outside: without a history that leads nowhere there.

        Nor has it one if nothing is recorded outside; and its tangents are looked at, too.
        """
        for level in duals.followed():
            tangent = forward.tangent_of(tensor, level)
            if tangent is not None:
                tensor._dual[level].tangent = self.leaving(tangent, recording)
        if not needs_grad(tensor) or (tensor._grad_fn is None and tensor._view is None):
            return tensor
        if recording and self.lead_outside([tensor]):
            return tensor
        made: Tensor = tensor.detach()
        duals.keep_with(made, tensor)
        return made


class Forward:
    """One call of a transform that goes forward; its function runs in the `with` block."""

    doors: ClassVar[tuple[Node, ...]] = ()

    def __init__(self) -> None:
        self.level = duals.Level()
        self.before = (False, True)

    def __enter__(self) -> Self:
        self.before = (state.inference, modes.is_grad_enabled())
        modes.leave_inference((False, self.before[1]))
        self.level = duals.enter_transform()
        state.transforms.append(self)
        return self

    def __exit__(self, *exception: object) -> None:
        state.transforms.pop()
        duals.leave_transform()
        modes.leave_inference(self.before)

    def dual(self, primal: Tensor, tangent: Tensor) -> Tensor:
        """Return a tensor on the memory of the primal that has the tangent in this call."""
        return forward.make_dual(inside(primal), tangent, self.level)

    def tangent_of(self, tensor: Tensor) -> Tensor | None:
        """Return the tangent that a tensor has in this call."""
        return forward.tangent_of(tensor, self.level)


def leads_to_leaf(tensor: Tensor, doors: list[Collection[Node]], seen: set[Node | None]) -> bool:
    """Tell whether the history of a tensor leads to a leaf or to one of these doors.

    What was seen by one walk is passed over by the next: it led to none.
    """
    pending: list[Any] = [graph.gradient_edge(tensor)[0]]
    while pending:
        node = pending.pop()
        if node is None or node in seen:
            continue
        if isinstance(node, graph.AccumulateGrad) or any(node in each for each in doors):
            return True
        seen.add(node)
        pending.extend(node.targets)
    return False
