"""What engines with torch's public names share: torch itself, and the reference engine.

An adapter for such an engine names its module, its capabilities and its error kinds; every
method here passes the call on under torch's name for it.
"""

from __future__ import annotations

import copy
import operator
import pickle
import weakref
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec.catalogue.operators import OPERATORS
from gradspec.port.capabilities import DTYPES, GROUPS
from gradspec.program.scripts.script import as_torch

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from gradspec.program.steps import Program

EVERYTHING: Final = frozenset(
    {
        *(set(GROUPS) - {"vjp"}),
        *(f"op:{name}" for name in OPERATORS),
        *(f"dtype:{name}" for name in DTYPES),
    }
)
"""All that the catalogue knows; a torch-like engine takes away what it lacks."""

LANGUAGE: Final[dict[str, Callable[..., Any]]] = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "div": operator.truediv,
    "pow": operator.pow,
    "neg": operator.neg,
    "matmul": operator.matmul,
    "getitem": operator.getitem,
    "iadd": operator.iadd,
    "isub": operator.isub,
    "imul": operator.imul,
    "itruediv": operator.itruediv,
    "ipow": operator.ipow,
}
"""Operators that users write as signs of the language."""

ATTRIBUTE_NAMES: Final = {"version": "_version", "base": "_base"}
METHOD_ATTRIBUTES: Final = {
    "is_view": "_is_view",
    "strides": "stride",
    "is_contiguous": "is_contiguous",
}


class TorchLike:
    """The engine port over a module with torch's public names."""

    name = "torch-like"
    version = ""
    capabilities = EVERYTHING

    def __init__(self, module: Any) -> None:
        self.module = module

    def error_kind(self, error: Exception) -> str | None:
        """Map an exception to its kind; an adapter overrides this."""
        raise NotImplementedError(type(error).__name__)

    def script(self, program: Program) -> str:
        """Print a program in the words of the module."""
        return as_torch(program, self.module.__name__)

    # values ---------------------------------------------------------------------------
    def tensor(self, array: Any, *, requires_grad: bool) -> Any:
        """See `gradspec.port.engine.Engine.tensor`."""
        return self.module.tensor(array, requires_grad=requires_grad)

    def apply(self, operator: str, operands: Sequence[Any], parameters: Mapping[str, Any]) -> Any:
        """See `gradspec.port.engine.Engine.apply`."""
        if operator in LANGUAGE and not parameters:
            return LANGUAGE[operator](*operands)
        arguments, keywords = self._dtypes(operands), self._dtypes(dict(parameters))
        result = self._function(operator)(*arguments, **keywords)
        return tuple(result) if isinstance(result, tuple | list) else result

    def _function(self, operator: str) -> Callable[..., Any]:
        if operator in SPELLINGS:
            return SPELLINGS[operator](self.module)
        function = getattr(self.module, operator, None)
        return function if function is not None else _method(operator)

    def _dtypes(self, value: Any) -> Any:
        """Turn the names of data types into the module's data types."""
        match value:
            case str() if value in DTYPES:
                return getattr(self.module, value)
            case list():
                return [self._dtypes(v) for v in value]
            case dict():
                return {k: self._dtypes(v) for k, v in value.items()}
        return value

    def array(self, tensor: Any) -> Any:
        """See `gradspec.port.engine.Engine.array`."""
        return np.array(tensor.detach().numpy())

    # attributes -----------------------------------------------------------------------
    def get(self, tensor: Any, attribute: str) -> Any:
        """See `gradspec.port.engine.Engine.get`."""
        if attribute in METHOD_ATTRIBUTES:
            return getattr(tensor, METHOD_ATTRIBUTES[attribute])()
        value = getattr(tensor, ATTRIBUTE_NAMES.get(attribute, attribute))
        if attribute == "grad_dtype" and value is not None:
            return str(value).rpartition(".")[2]
        return value

    def set(self, tensor: Any, attribute: str, value: Any) -> None:
        """See `gradspec.port.engine.Engine.set`."""
        setattr(tensor, ATTRIBUTE_NAMES.get(attribute, attribute), self._dtypes(value))

    def delete(self, tensor: Any, attribute: str) -> None:
        """See `gradspec.port.engine.Engine.delete`."""
        delattr(tensor, attribute)

    def same_object(self, one: Any, other: Any) -> bool:
        """See `gradspec.port.engine.Engine.same_object`."""
        return one is other

    # tape -----------------------------------------------------------------------------
    def requires_grad_(self, tensor: Any, *flag: bool) -> Any:
        """See `gradspec.port.engine.Engine.requires_grad_`."""
        return tensor.requires_grad_(*flag)

    def backward(self, roots: Any, cotangents: Any = None, **options: Any) -> Any:
        """See `gradspec.port.engine.Engine.backward`."""
        if isinstance(roots, self.module.Tensor) and not {"grad_variables"} & options.keys():
            return roots.backward(cotangents, **options)
        return self.module.autograd.backward(roots, cotangents, **options)

    def grad(self, outputs: Any, inputs: Any, cotangents: Any = None, **options: Any) -> Any:
        """See `gradspec.port.engine.Engine.grad`."""
        return self.module.autograd.grad(outputs, inputs, cotangents, **options)

    def retain_grad(self, tensor: Any) -> None:
        """See `gradspec.port.engine.Engine.retain_grad`."""
        tensor.retain_grad()

    # modes ----------------------------------------------------------------------------
    def enter(self, mode: str, *arguments: Any) -> Any:
        """See `gradspec.port.engine.Engine.enter`."""
        place = self.module.autograd.grad_mode
        context = getattr(place, mode)(*arguments)
        context.__enter__()
        return context

    def leave(self, context: Any) -> None:
        """See `gradspec.port.engine.Engine.leave`."""
        context.__exit__(None, None, None)

    def grad_enabled(self) -> bool:
        """See `gradspec.port.engine.Engine.grad_enabled`."""
        return bool(self.module.is_grad_enabled())

    # in-place writes and views --------------------------------------------------------
    def inplace(
        self, operator: str, target: Any, operands: Sequence[Any], parameters: Mapping[str, Any]
    ) -> Any:
        """See `gradspec.port.engine.Engine.inplace`."""
        if operator == "setitem":
            index, value = operands
            target[index] = value
            return target
        if operator in LANGUAGE:
            return LANGUAGE[operator](target, *operands)
        return getattr(target, operator)(*operands, **parameters)

    def increment_version(self, tensors: Any) -> None:
        """See `gradspec.port.engine.Engine.increment_version`."""
        self.module.autograd.graph.increment_version(tensors)

    def shares_memory(self, one: Any, other: Any) -> bool:
        """See `gradspec.port.engine.Engine.shares_memory`."""
        return bool(np.shares_memory(one.detach().numpy(), other.detach().numpy()))

    # hooks ----------------------------------------------------------------------------
    def register_hook(self, tensor: Any, function: Callable[..., Any]) -> Any:
        """See `gradspec.port.engine.Engine.register_hook`."""
        return tensor.register_hook(function)

    def register_post_accumulate_grad_hook(self, tensor: Any, function: Callable[..., Any]) -> Any:
        """See `gradspec.port.engine.Engine.register_post_accumulate_grad_hook`."""
        return tensor.register_post_accumulate_grad_hook(function)

    def remove_hook(self, hook: Any) -> None:
        """See `gradspec.port.engine.Engine.remove_hook`."""
        hook.remove()

    # functions of the caller ----------------------------------------------------------
    def custom_function(
        self, forward: Callable[..., Any], backward: Callable[..., Any], operands: Sequence[Any]
    ) -> Any:
        """See `gradspec.port.engine.Engine.custom_function`."""
        rules = {"forward": staticmethod(forward), "backward": staticmethod(backward)}
        function: Any = type("Custom", (self.module.autograd.Function,), rules)
        return function.apply(*operands)

    def save_for_backward(self, context: Any, tensors: Sequence[Any]) -> None:
        """See `gradspec.port.engine.Engine.save_for_backward`."""
        context.save_for_backward(*tensors)

    def saved_tensors(self, context: Any) -> Sequence[Any]:
        """See `gradspec.port.engine.Engine.saved_tensors`."""
        return tuple(context.saved_tensors)

    # the graph ------------------------------------------------------------------------
    def node_name(self, node: Any) -> str:
        """See `gradspec.port.engine.Engine.node_name`."""
        name: str = node.name()
        return name

    def next_functions(self, node: Any) -> Any:
        """See `gradspec.port.engine.Engine.next_functions`."""
        return list(node.next_functions)

    def saved_value(self, node: Any, name: str) -> Any:
        """See `gradspec.port.engine.Engine.saved_value`."""
        return getattr(node, f"_saved_{name}")

    def gradient_edge(self, tensor: Any) -> Any:
        """See `gradspec.port.engine.Engine.gradient_edge`."""
        return self.module.autograd.graph.get_gradient_edge(tensor)

    # life -----------------------------------------------------------------------------
    def watch(self, tensor: Any) -> Any:
        """See `gradspec.port.engine.Engine.watch`."""
        return weakref.ref(tensor)

    def is_alive(self, watcher: Any) -> bool:
        """See `gradspec.port.engine.Engine.is_alive`."""
        return watcher() is not None

    # leaving the engine ---------------------------------------------------------------
    def number(self, tensor: Any, kind: str) -> Any:
        """See `gradspec.port.engine.Engine.number`."""
        if kind == "item":
            return tensor.item()
        return {"float": float, "int": int, "bool": bool}[kind](tensor)

    def tolist(self, tensor: Any) -> Any:
        """See `gradspec.port.engine.Engine.tolist`."""
        return tensor.tolist()

    def numpy(self, tensor: Any, *, force: bool = False) -> Any:
        """See `gradspec.port.engine.Engine.numpy`."""
        return tensor.numpy(force=force)

    def copy(self, tensor: Any, how: str) -> Any:
        """See `gradspec.port.engine.Engine.copy`."""
        if how == "deepcopy":
            return copy.deepcopy(tensor)
        return pickle.loads(pickle.dumps(tensor))  # noqa: S301 - the engine's own bytes

    def text(self, tensor: Any, how: str) -> str:
        """See `gradspec.port.engine.Engine.text`."""
        ways: dict[str, Callable[[Any], str]] = {"repr": repr, "str": str, "format": format}
        return ways[how](tensor)


def _method(name: str) -> Callable[..., Any]:
    return lambda tensor, *operands, **parameters: getattr(tensor, name)(*operands, **parameters)


def _as_method(name: str) -> Callable[[Any], Callable[..., Any]]:
    return lambda _module: _method(name)


SPELLINGS: Final[Mapping[str, Callable[[Any], Callable[..., Any]]]] = MappingProxyType(
    {
        # torch's own functions of these names are absent, or are data types
        **{name: _as_method(name) for name in ("clamp", "view", "t", "to", "detach")},
        **{name: _as_method(name) for name in ("float", "double", "long")},
        "tensor_from": lambda module: module.tensor,
        "Variable": lambda module: module.autograd.Variable,
        "variable": lambda module: module.autograd.variable,
    }
)
"""Operator -> how the module spells it where `module.NAME` is not the usual way."""
