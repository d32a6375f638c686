"""Operations whose derivative the caller writes (torch.autograd.Function); start at `apply`.

The context that `forward` and `backward` are given is the node itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from gradspec_reference.engine import (
    dirty,
    linking,
    modes,
    packing,
    raw,
    saved,
    versions,
    views,
)
from gradspec_reference.engine.node import NodeOfSeveral, freed
from gradspec_reference.engine.shapes import is_broadcast_of
from gradspec_reference.engine.tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Sequence


class CallersOperator:
    """Stand in for a row of the table: what such a node saves has no names."""

    saved_names = ()
    param_names = ()
    receivers = ()


class FunctionNode(NodeOfSeveral):
    """One call of a function of the caller; it may be given further attributes.

    `needs_input_grad` says for each argument whether its gradient is wanted.
    """

    function: ClassVar[type[Function]]
    operator: ClassVar[Any] = CallersOperator
    operator_is_callers = True

    def __init__(self, arguments: tuple[Any, ...]) -> None:
        tensors = tuple(x for x in arguments if isinstance(x, Tensor))
        requires = tuple(linking.needs_grad(x) for x in tensors)
        recorded = modes.state.recording and linking.should_record(requires)
        edges = linking.collect_edges(tensors, requires) if recorded else ()
        super().__init__(edges, (), (), (), freeable=False)
        self.needs_input_grad = tuple(linking.needs_grad(x) for x in arguments)
        self.shapes = [x._array.shape if isinstance(x, Tensor) else None for x in arguments]
        self.to_save: tuple[Any, ...] = ()
        self.dirty: tuple[Tensor, ...] = ()
        self.constant: tuple[Tensor, ...] = ()
        self.materialize = True

    def name(self) -> str:
        """Return the name of the function's derivative."""
        return type(self).__name__

    # what forward calls

    def save_for_backward(self, *tensors: Tensor | None) -> None:
        """Save tensors for `backward`; TypeError for anything else."""
        for each in tensors:
            if each is not None and not isinstance(each, Tensor):
                raise TypeError(
                    f"save_for_backward was given a {type(each).__name__}; it saves tensors, "
                    "other values are kept as attributes of the context"
                )
        self.to_save = tensors

    def mark_dirty(self, *tensors: Tensor) -> None:
        """Declare operands that `forward` writes in place; it must return them."""
        self.dirty = tensors

    def mark_non_differentiable(self, *tensors: Tensor) -> None:
        """Declare results that have no history."""
        self.constant = tensors

    def set_materialize_grads(self, value: bool) -> None:
        """Say whether `backward` is given zeros, rather than None, for unused results."""
        self.materialize = value

    # what backward calls

    @property
    def saved_tensors(self) -> tuple[Any, ...]:
        """The saved tensors; GraphFreedError once freed, StaleSavedTensorError if written."""
        if self.saved is None:
            raise freed(self)
        return tuple(saved.unpack(self, self.saved, as_tensors=True))

    @property
    def _raw_saved_tensors(self) -> tuple[raw.RawSaved, ...]:
        return tuple(raw.RawSaved(self, place) for place in range(len(self.saved or ())))

    # the call

    def attach(self, returned: Sequence[Any], arguments: tuple[Any, ...]) -> list[Any]:
        """Give results their history, and save what was asked for."""
        tensors = [x for x in arguments if isinstance(x, Tensor)]
        results = [self.result(number, each, tensors) for number, each in enumerate(returned)]
        of_all: Any = [
            (x._array.shape, x._array.dtype) if isinstance(x, Tensor) else None for x in results
        ]
        self.outputs = tuple(of_all)
        numbers = {id(x): n for n, x in enumerate(returned) if isinstance(x, Tensor)}
        self.saved = tuple(
            None
            if x is None
            else saved.save_result(x, numbers[id(x)])
            if id(x) in numbers and results[numbers[id(x)]] is x
            else saved.SavedTensor(x)
            for x in self.to_save
        )
        self.freeable = bool(self.saved)
        if packing.packing:
            packing.pack_saved(self)
        self.to_save = self.dirty = self.constant = ()
        return results

    def result(self, number: int, value: Any, tensors: list[Tensor]) -> Any:
        """Return one result with its history; an argument that is returned becomes a view.

        A write through such a view would leave this function out, so it is refused.
        """
        if not isinstance(value, Tensor) or value._array.dtype.kind not in "fV":
            return value
        places = [place for place, x in enumerate(tensors) if x is value]
        if any(value is x for x in self.constant):
            return value.detach() if places else value
        if any(value is x for x in self.dirty) and places:
            dirty.rebase(value, self, number, places[0])
            return value
        if places or (value.requires_grad and value._grad_fn is not self):
            value = view_of(value)
        value._grad_fn, value._output_nr = self, number
        if value._view is not None:
            value._view.creation = views.Creation.CUSTOM
        return value

    def shares(self, cotangents: list[Tensor | None]) -> list[Any]:
        """Call `backward` and return what each tensor among the arguments receives."""
        if self.materialize:
            cotangents = [
                Tensor(np.zeros(*output)) if g is None and output else g
                for g, output in zip(cotangents, self.outputs, strict=True)
            ]
        returned = self.function.backward(self, *cotangents)
        given = list(returned) if isinstance(returned, tuple | list) else [returned]
        count = len(self.shapes)
        if len(given) < count or any(g is not None for g in given[count:]):
            raise RuntimeError(
                f"backward of {self.function.__name__} returned {len(given)} gradients; forward "
                f"was given {count} arguments, so there must be {count}"
            )
        for position, (gradient, shape) in enumerate(zip(given, self.shapes, strict=False)):
            self.check(position, gradient, shape)
        return [g for g, shape in zip(given, self.shapes, strict=False) if shape is not None]

    def check(self, position: int, gradient: Any, shape: tuple[int, ...] | None) -> None:
        """Refuse what cannot be the gradient of an argument of that shape; None always can."""
        name = self.function.__name__
        if gradient is None:
            return
        if not isinstance(gradient, Tensor):
            raise RuntimeError(  # noqa: TRY004 - as torch
                f"backward of {name} returned a {type(gradient).__name__} for argument {position}; "
                "it must return tensors or None"
            )
        if shape is None:
            raise RuntimeError(
                f"backward of {name} returned a gradient for argument {position}, which is no "
                "tensor; return None for it"
            )
        if not is_broadcast_of(gradient._array.shape, shape):
            raise RuntimeError(
                f"backward of {name} returned a gradient of shape {list(gradient.shape)} for "
                f"argument {position}, whose shape is {list(shape)}"
            )


def view_of(argument: Tensor) -> Tensor:
    """Return an argument that forward returned as a view of it, which is not to be written."""
    view = argument.detach()
    views.relate(view, argument, several=False)
    view._view.creation = views.Creation.CUSTOM  # type: ignore[union-attr]
    return view


def apart(value: Any, arguments: tuple[Any, ...], written: tuple[Tensor, ...]) -> Any:
    """Return a result that has no history; an argument that was not written as another tensor."""
    returned = isinstance(value, Tensor) and any(value is x for x in arguments)
    if not returned or any(value is x for x in written):
        return value
    return value.detach() if value.requires_grad else view_of(value)


class Function:
    """An operation with a derivative of the caller's own (torch.autograd.Function docstring).

    Subclasses have static methods `forward(ctx, *arguments)` and `backward(ctx, *cotangents)`,
    which returns a gradient, or None, per argument.  With a static `setup_context(ctx, inputs,
    output)`, `forward` is not given a context.  Neither is recorded, except that `backward` is
    under create_graph.
    """

    node: ClassVar[type[FunctionNode]] = FunctionNode
    setup_context: ClassVar[Any] = None

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        cls.node = type(f"{cls.__name__}Backward", (FunctionNode,), {"function": cls})

    @staticmethod
    def forward(*arguments: Any) -> Any:
        """Compute the results."""
        raise NotImplementedError("a Function needs a static method forward(ctx, *arguments)")

    @staticmethod
    def backward(context: Any, *cotangents: Any) -> Any:
        """Compute the gradients of the arguments from those of the results."""
        raise NotImplementedError("a Function needs a static method backward(ctx, *cotangents)")

    @classmethod
    def apply(cls, *arguments: Any) -> Any:
        """Run `forward` without recording, and record the call as one node."""
        node = cls.node(arguments)
        with modes.no_grad():
            returned = cls.compute(node, arguments)
        single = not isinstance(returned, tuple)
        outputs = (returned,) if single else returned
        for each in node.dirty:
            if not any(each is x for x in outputs):
                raise RuntimeError("forward did not return an operand that it marked as dirty")
            versions.check_may_be_written(each)
            versions.bump(each)
        if modes.state.recording and linking.should_record(node.needs_input_grad):
            outputs = tuple(node.attach(outputs, arguments))
        else:
            outputs = tuple(apart(x, arguments, node.dirty) for x in outputs)
        return outputs[0] if single else outputs

    @classmethod
    def compute(cls, node: FunctionNode, arguments: tuple[Any, ...]) -> Any:
        """Run `forward`, in the way in which the subclass wrote it."""
        if cls.setup_context is None:
            return cls.forward(node, *arguments)
        returned = cls.forward(*arguments)
        cls.setup_context(node, arguments, returned)
        return returned
