"""Operations whose derivative the caller writes (torch.autograd.Function); start at `apply`.

The context that `forward` and `backward` are given is the node itself.  What `backward` returns is
asked for operand by operand, as any rule's result is, but the function is called once.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from gradspec_reference.engine import modes, recording, saved, versions, views
from gradspec_reference.engine.node import Node, freed
from gradspec_reference.engine.shapes import is_broadcast_of
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.errors import LeafInplaceError

if TYPE_CHECKING:
    from collections.abc import Sequence


class FunctionNode(Node):
    """One call of a function of the caller; it may be given further attributes.

    `needs_input_grad` says for each argument whether its gradient is wanted.
    """

    function: ClassVar[type[Function]]
    operator_is_single = False

    def __init__(self, arguments: tuple[Any, ...]) -> None:
        tensors = tuple(x for x in arguments if isinstance(x, Tensor))
        requires = tuple(recording.needs_grad(x) for x in tensors)
        super().__init__(recording.collect_edges(tensors, requires), (), (), (), freeable=False)
        self.needs_input_grad = tuple(recording.needs_grad(x) for x in arguments)
        self.shapes = [x._array.shape if isinstance(x, Tensor) else None for x in arguments]
        self.to_save: tuple[Any, ...] = ()
        self.dirty: tuple[Tensor, ...] = ()
        self.constant: tuple[Tensor, ...] = ()
        self.materialize = True

    def name(self) -> str:
        """Return the name of the function's derivative."""
        return type(self).__name__

    def refusal(self, error: ValueError) -> Exception:
        """Return what the caller's own function raised."""
        return error

    def unpack(self, as_tensors: bool) -> list[Any]:
        """Return nothing: `backward` asks for `saved_tensors` itself."""
        del as_tensors
        return []

    @property
    def operator(self) -> Any:  # type: ignore[override]
        """Stand in for a row of the table: the rules of this call."""
        return CallersRules(self)

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

    # the call

    def attach(self, returned: Sequence[Any]) -> list[Any]:
        """Give results their history, and save what was asked for."""
        results = [self.result(number, each) for number, each in enumerate(returned)]
        nothing = ((), np.dtype(float))
        self.outputs = tuple(
            (x._array.shape, x._array.dtype) if isinstance(x, Tensor) else nothing for x in results
        )
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
        self.to_save = self.dirty = self.constant = ()
        return results

    def result(self, number: int, value: Any) -> Any:
        """Return one result with its history; an operand that is returned becomes a view."""
        if not isinstance(value, Tensor) or value._array.dtype.kind != "f":
            return value
        if any(value is x for x in self.constant):
            return value
        if any(value is x for x in self.dirty):
            check_may_be_dirty(value)
            versions.bump(value)
        elif value.requires_grad:
            source, value = value, value.detach()
            views.relate(value, source, several=False)
        value._grad_fn, value._output_nr = self, number
        return value

    def shares(self, cotangents: list[Tensor | None]) -> list[Any]:
        """Call `backward` and return what each tensor among the arguments receives."""
        if self.materialize:
            cotangents = [
                Tensor(np.zeros(*output)) if g is None else g
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


class CallersRules:
    """The rules of one visit to a node: the caller's `backward`, called once."""

    saved_names = ()
    param_names = ()
    public_names = "none"

    def __init__(self, node: FunctionNode) -> None:
        self.node = node
        self.shares: list[Any] | None = None

    @property
    def rules(self) -> CallersRules:
        """The rules, by position; not stored, since an object that holds itself is a cycle."""
        return self

    def __getitem__(self, position: int) -> Any:
        return functools.partial(self.share, position)

    def share(self, position: int, xp: Any, cotangents: list[Any]) -> Any:
        """Return what one operand receives."""
        recorded = xp is recording.tensors
        if self.shares is None:
            given = [g if recorded or g is None else Tensor(g) for g in cotangents]
            self.shares = self.node.shares(given)
        share = self.shares[position]
        if recorded or share is None:
            return share
        # the caller may hold the tensor: a view is never written to
        return share.materialise()[...]


def check_may_be_dirty(tensor: Tensor) -> None:
    """Refuse a write in place to a leaf that requires grad, or through a view."""
    if tensor.requires_grad and tensor.is_leaf:
        raise LeafInplaceError(
            "mark_dirty was given a leaf that requires grad, which would no longer be a leaf; "
            "give the function a clone()"
        )
    if tensor._view is not None:
        raise RuntimeError("mark_dirty was given a view; give the function a clone()")


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
        if modes.state.recording and recording.should_record(node.needs_input_grad):
            outputs = tuple(node.attach(outputs))
        return outputs[0] if single else outputs

    @classmethod
    def compute(cls, node: FunctionNode, arguments: tuple[Any, ...]) -> Any:
        """Run `forward`, in the way in which the subclass wrote it."""
        if cls.setup_context is None:
            return cls.forward(node, *arguments)
        returned = cls.forward(*arguments)
        cls.setup_context(node, arguments, returned)
        return returned
