"""Operations whose derivative the caller writes (torch.autograd.Function); start at `apply`.

The context that `forward` and `backward` are given is the node itself.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from gradspec_reference.engine import (
    batched,
    batching,
    binding,
    custom_batched,
    custom_forward,
    dirty,
    forward,
    linking,
    modes,
    packing,
    raw,
    saved,
    versions,
    views,
)
from gradspec_reference.engine.context import (
    FunctionCtx,
    check_marked,
    check_not_saved,
    check_saved,
)
from gradspec_reference.engine.node import NodeOfSeveral, freed
from gradspec_reference.engine.shapes import is_broadcast_of
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.errors import (
    FunctionContextError,
    FunctionForwardError,
    FunctionGradientsError,
    FunctionInstanceError,
    FunctionRuleError,
    FunctionRuleTwiceError,
    SavedOnceError,
)
from gradspec_reference.operators.conjugation import is_complex

if TYPE_CHECKING:
    from collections.abc import Sequence


class CallersOperator:
    """Stand in for a row of the table: what such a node saves has no names."""

    saved_names = ()
    beside = ()
    param_names = ()
    receivers = ()


class FunctionNode(FunctionCtx, NodeOfSeveral):
    """One call of a function of the caller, and the context of that call.

    `needs_input_grad` says for each argument whether its gradient is wanted; `were_read` whether
    the saved tensors were, where that is allowed once; `was_released` whether they are gone, which
    is noticed by those who ask for them, though there were none.
    """

    function: ClassVar[type[Function]]
    operator: ClassVar[Any] = CallersOperator
    operator_is_callers = True
    were_read = False
    was_released = False

    def __init__(self, arguments: tuple[Any, ...]) -> None:
        tensors = tuple(x for x in arguments if isinstance(x, Tensor))
        requires = tuple(linking.needs_grad(x) for x in tensors)
        recorded = modes.state.recording and linking.should_record(requires)
        edges = linking.collect_edges(tensors, requires) if recorded else ()
        super().__init__(edges, (), (), (), freeable=False)
        self.needs_input_grad = tuple(linking.needs_grad(x) for x in arguments)
        targets = iter(self.targets)
        self.requires = tuple(
            isinstance(x, Tensor) and next(targets, None) is not None for x in arguments
        )
        self.shapes = [x._array.shape if isinstance(x, Tensor) else None for x in arguments]
        self.are_complex = [is_complex(x) for x in arguments]

    def name(self) -> str:
        """Return the name of the function's derivative."""
        return type(self).__name__

    # what backward calls

    @property
    def saved_tensors(self) -> tuple[Any, ...]:
        """The saved tensors; GraphFreedError once freed, StaleSavedTensorError if written.

        As in torch, `jvp` is given those that were saved for it.
        """
        if self.saved_for_forward:
            return self.saved_for_forward
        if self.were_read:
            raise SavedOnceError(
                f"the saved tensors of {self.function.__name__} were read again, which "
                "clear_saved_tensors_on_access does not allow; keep what the first access gave"
            )
        if self.saved is None or self.was_released:
            raise freed(self)
        found = tuple(saved.unpack(self, self.saved, as_tensors=True))
        for each in found:
            if each is not None and each._view is not None:
                views.current_history(each)  # refused if forward wrote to it and did not say so
        if self.function.clear_saved_tensors_on_access:
            self.saved, self.were_read = (), True
        return found

    @property
    def _raw_saved_tensors(self) -> tuple[raw.RawSaved, ...]:
        return tuple(raw.RawSaved(self, place) for place in range(len(self.saved or ())))

    # the call

    def attach(self, returned: Sequence[Any], arguments: tuple[Any, ...]) -> list[Any]:
        """Give results their history, and save what was asked for."""
        tensors = [x for x in arguments if isinstance(x, Tensor)]
        self.outputs = tuple([described(x) for x in returned])
        results = [self.result(number, each, tensors) for number, each in enumerate(returned)]
        if sum(self.is_differentiable(x) for x in returned) > 1:
            for each in results:
                if isinstance(each, Tensor) and each._view is not None:
                    each._view.creation = views.Creation.SEVERAL
        dirty.check_returned(self.dirty_tensors, returned)
        self.saved = tuple(
            x
            if x is None
            else saved.save_result(x, x._output_nr)
            if x._grad_fn is self
            else saved.SavedTensor(x)
            for x in self.to_save
        )
        self.freeable = bool(self.saved)
        if packing.packing:
            packing.pack_saved(self)
        self.to_save = self.dirty_tensors = self.non_differentiable = ()
        return results

    def is_differentiable(self, value: Any) -> bool:
        """Tell whether a result gets this node as its history."""
        return (
            isinstance(value, Tensor)
            and value._array.dtype.kind in "fVc"
            and all(value is not x for x in self.non_differentiable)
        )

    def result(self, number: int, value: Any, tensors: list[Tensor]) -> Any:
        """Return one result with its history; an argument that is returned becomes a view.

        A write through such a view would leave this function out, so it is refused.
        """
        if not self.is_differentiable(value):
            return unrelated(self, value, tensors)
        places = [place for place, x in enumerate(tensors) if x is value]
        if any(value is x for x in self.dirty_tensors):
            dirty.check_alone(value, len(self.outputs))
            dirty.rebase(value, self, number, places[0] if places else None)
            return value
        if places:
            check_not_saved(self, value)
            value = view_of(value)
        value._grad_fn, value._output_nr = self, number
        if value._view is not None:
            value._view.creation = views.Creation.CUSTOM
            value._view.version = versions.version(value)
        return value

    def shares(self, cotangents: list[Tensor | None]) -> list[Any]:
        """Call `backward` and return what each tensor among the arguments receives."""
        if self.materialize_grads:
            cotangents = [
                Tensor(np.zeros(*output)) if g is None and output else g
                for g, output in zip(cotangents, self.outputs, strict=True)
            ]
        boxed = self.function.boxed_grads_call
        returned = derivative(self.function)(self, *([cotangents] if boxed else cotangents))
        given = list(returned) if isinstance(returned, tuple) else [returned]
        count = len(self.shapes)
        if len(given) < count or any(g is not None for g in given[count:]):
            raise FunctionGradientsError(
                f"backward of {self.function.__name__} returned {len(given)} gradients; forward "
                f"was given {count} arguments, so there must be {count}, in a tuple"
            )
        return [
            self.checked(position, gradient, shape)
            for position, (gradient, shape) in enumerate(zip(given, self.shapes, strict=False))
            if self.is_for_a_tensor(position, gradient)
        ]

    def apply(self, *gradients: Any) -> Any:
        """Call `backward` by itself, and return what it returns, unlooked at."""
        return derivative(self.function)(self, *gradients)

    def __call__(self, *_: Tensor | None) -> Any:
        """Refuse to be called, as torch does for a function of the caller's."""
        raise TypeError(f"{type(self).__name__} is not called; call its apply() with gradients")

    def release(self) -> None:
        """Let go of the saved values; what saved none can run again, and not ask for them."""
        self.was_released = True
        super().release()

    def is_for_a_tensor(self, position: int, gradient: Any) -> bool:
        """Tell whether there is an edge at a position; refuse a gradient where there is none."""
        if self.shapes[position] is not None:
            return True
        if gradient is None:
            return False
        raise FunctionGradientsError(
            f"backward of {self.function.__name__} returned a {type(gradient).__name__} for "
            f"argument {position}, which is no tensor; return None for it"
        )

    def checked(self, position: int, gradient: Any, shape: Any) -> Tensor | None:
        """Return a gradient; refuse what cannot be one where one is wanted."""
        name = self.function.__name__
        if gradient is None:
            return None
        if not isinstance(gradient, Tensor):
            raise FunctionGradientsError(
                f"backward of {name} returned a {type(gradient).__name__} for argument {position}; "
                "it must return tensors or None"
            )
        if not self.requires[position]:
            return gradient  # which goes nowhere, but hooks of the node see it
        if is_complex(gradient) and not self.are_complex[position]:
            raise FunctionGradientsError(
                f"backward of {name} returned a complex gradient for argument {position}, which is "
                "real; return the real part"
            )
        if not is_broadcast_of(gradient._array.shape, shape):
            raise FunctionGradientsError(
                f"backward of {name} returned a gradient of shape {list(gradient.shape)} for "
                f"argument {position}, whose shape is {list(shape)}"
            )
        return gradient


def view_of(argument: Tensor) -> Tensor:
    """Return an argument that forward returned as a view of it, which is not to be written."""
    view = argument.detach()
    views.relate(view, argument, several=False)
    view._view.creation = views.Creation.CUSTOM  # type: ignore[union-attr]
    return view


def described(value: Any) -> Any:
    """Return the shape and the data type of a result, None for one that is no tensor."""
    return (value._array.shape, value._array.dtype) if isinstance(value, Tensor) else None


def constant(value: Any, node: FunctionNode, arguments: tuple[Any, ...]) -> Any:
    """Return a result of a call that is not recorded."""
    return unrelated(node, value, arguments)


def unrelated(node: FunctionNode, value: Any, arguments: Sequence[Any]) -> Any:
    """Return a result to which a node does not lead; of an argument, another tensor.

    What was computed by operations that were recorded all the same loses that history, as in
    torch, unless it is a view.
    """
    if not isinstance(value, Tensor):
        return value
    is_argument = any(value is x for x in arguments)
    is_written = any(value is x for x in node.dirty_tensors)
    if not value.requires_grad:
        if is_argument and not is_written:
            check_not_saved(node, value)
            value = view_of(value)
    elif is_argument:
        value = value.detach()
    elif value._view is None:
        value.detach_()
    if value._view is not None and not (is_argument and is_written):
        value._view.creation = views.Creation.CUSTOM
    return value


class Function:
    """An operation with a derivative of the caller's own (torch.autograd.Function docstring).

    Subclasses have static methods `forward(ctx, *arguments)` and `backward(ctx, *cotangents)`,
    which returns a gradient, or None, per argument; `vjp` is another name of it.  With a static
    `setup_context(ctx, inputs, output)`, `forward` is not given a context, and its defaults count
    as arguments; what is given by name always does.  Neither is recorded, except that `backward` is
    under create_graph.  `jvp` and `vmap` are the rules of forward mode and of batches.

    Under `boxed_grads_call`, `backward` is given its cotangents in one list;
    `clear_saved_tensors_on_access` lets go of the saved tensors as soon as they were read.
    """

    _node: ClassVar[type[FunctionNode]] = FunctionNode
    setup_context: ClassVar[Any] = None
    generate_vmap_rule: ClassVar[bool] = False
    boxed_grads_call: ClassVar[bool] = False
    clear_saved_tensors_on_access: ClassVar[bool] = False

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        cls._node = type(f"{cls.__name__}Backward", (FunctionNode,), {"function": cls})

    def __init__(self, *_: Any, **__: Any) -> None:
        warnings.warn(
            f"an object of {type(self).__name__} was made, and has no use: the methods of a "
            "Function are static; call apply on the class",
            DeprecationWarning,
            stacklevel=2,
        )

    def __call__(self, *_: Any, **__: Any) -> Any:
        """Refuse: a function is used through its class."""
        raise FunctionInstanceError(
            f"an object of {type(self).__name__} was called; call {type(self).__name__}.apply"
        )

    @staticmethod
    def forward(*_: Any, **__: Any) -> Any:
        """Compute the results."""
        raise FunctionRuleError("a Function needs a static method forward(ctx, *arguments)")

    @staticmethod
    def backward(*_: Any, **__: Any) -> Any:
        """Compute the gradients of the arguments from those of the results."""
        raise FunctionRuleError("a Function needs a static method backward(ctx, *cotangents)")

    vjp = backward

    @staticmethod
    def jvp(*_: Any, **__: Any) -> Any:
        """Compute the tangents of the results from those of the arguments."""
        raise FunctionForwardError("forward mode needs a static method jvp(ctx, *tangents)")

    @staticmethod
    def vmap(*_: Any, **__: Any) -> Any:
        """Compute the results of a batch of arguments."""
        raise FunctionRuleError(
            "vmap needs a static method vmap(info, in_dims, *arguments), or generate_vmap_rule"
        )

    @classmethod
    def apply(cls, *arguments: Any, **named: Any) -> Any:
        """Run `forward` without recording, and record the call as one node."""
        apart = cls.setup_context is not None
        if modes.state.transforms or modes.state.batching:
            check_under_transforms(cls)
        if apart:
            arguments, named = binding.with_defaults(cls.forward, arguments, named)
        if named:
            arguments = binding.in_places(cls.forward, arguments, named, bound=0 if apart else 1)
        level = batched.level_of(arguments) if modes.exceptional else None
        if level is not None:
            arguments = tuple([batching.at(level, x) for x in arguments])
        node = cls._node(arguments)
        moving = forward.tangents_of(arguments) if modes.exceptional else {}
        if level is not None:
            returned = custom_batched.run(cls, level, arguments)
            with modes.no_grad(), forward.still(moving):
                cls.setup_context(node, arguments, returned)
        else:
            with modes.no_grad(), forward.still(moving):
                returned = run_forward(cls, node, arguments)
        single = not isinstance(returned, tuple)
        outputs = (returned,) if single else returned
        written = node.dirty_tensors
        recorded = modes.state.recording and linking.should_record(node.needs_input_grad)
        if recorded:
            check_saved(node.to_save)
        check_marked("mark_non_differentiable", node.non_differentiable)
        dirty.count_writes(written)
        if recorded:
            results = tuple(node.attach(outputs, arguments))
        else:
            results = tuple([constant(x, node, arguments) for x in outputs])
            dirty.check_returned(written, outputs)
        if moving:
            custom_forward.propagate(node, arguments, moving, results, written)
        node.saved_for_forward = ()
        return results[0] if single else results


def check_under_transforms(function: type[Function]) -> None:
    """Refuse, under a transform, a function whose forward is given the context."""
    if function.setup_context is None:
        raise FunctionContextError(
            f"{function.__name__} was used in a function under a transform, where forward() gets "
            "no context; write a static method setup_context(ctx, inputs, output)"
        )


def run_forward(function: type[Function], node: FunctionNode, arguments: tuple[Any, ...]) -> Any:
    """Run `forward`, in the way in which the subclass wrote it."""
    if function.setup_context is None:
        return function.forward(node, *arguments)
    returned = function.forward(*arguments)
    function.setup_context(node, arguments, returned)
    return returned


def derivative(function: type[Function]) -> Any:
    """Return the one rule that there is: `backward`, or `vjp`."""
    own = [rule for rule in (function.backward, function.vjp) if rule is not Function.backward]
    if len(own) > 1:
        raise FunctionRuleTwiceError(
            f"{function.__name__} has both backward and vjp, which are two names of one rule; "
            "write one of them"
        )
    return own[0] if own else function.backward
