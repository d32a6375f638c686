"""`Parameter`: the tensors that a module says are its own to learn."""

from __future__ import annotations

import copy
from typing import Any, Self

from gradspec_reference.engine import overriding
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.names import copying, factories, printing


class Parameters(type):
    """The class of `Parameter`, which knows those that are of a caller's class of tensors."""

    def __instancecheck__(cls, instance: object) -> bool:
        if super().__instancecheck__(instance):
            return True
        return isinstance(instance, Tensor) and "_is_param" in vars(instance)


class Parameter(Tensor, metaclass=Parameters):
    """A leaf that a module lists among its parameters (torch.nn.Parameter).

    It shows the memory of `data`, and requires grad unless told otherwise.  Of a tensor of a
    caller's class it makes another one of that class, which counts as a parameter.
    """

    __slots__ = ()

    __torch_function__ = overriding.disabled

    def __new__(cls, data: Tensor | None = None, requires_grad: bool = True) -> Self:
        """Make the parameter."""
        source = factories.empty(0) if data is None else data
        if overriding.is_asked(type(source)):
            twin: Any = source.detach().requires_grad_(requires_grad)
            kind = type(twin)
            if kind is not type(source):
                raise RuntimeError(
                    f"a parameter was to be made of a {type(source).__name__}, whose detach() "
                    f"gives a {kind.__name__}; it must give one of its own class"
                )
            twin._is_param = True
            return twin  # type: ignore[no-any-return]
        made = object.__new__(cls)
        Tensor.__init__(made, source.materialise())
        if data is not None:
            made._counter = data.alias()._counter
        made.requires_grad_(requires_grad)
        return made

    def __init__(self, *_given: Any, **_named: Any) -> None:
        """Do nothing: `__new__` made all of it, also where a subclass has other arguments."""

    def __repr__(self) -> str:
        """Show the tensor, and that it is a parameter."""
        return f"Parameter containing:\n{printing.show(self)}"

    def __deepcopy__(self, memo: dict[int, Any]) -> Parameter:
        if id(self) in memo:
            known: Parameter = memo[id(self)]
            return known
        twin = Parameter(copying.deepcopy(self.detach(), memo), self.requires_grad)
        memo[id(self)] = twin
        twin._grad = copy.deepcopy(self._grad, memo)
        return twin

    def __reduce__(self) -> tuple[Any, ...]:
        return Parameter, (self.detach(), self.requires_grad), vars(self) or None


class Buffers(type):
    """The class of `Buffer`, which knows those that are tensors with a mark."""

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, Tensor) and "_is_buffer" in vars(instance)


class Buffer(Tensor, metaclass=Buffers):
    """A tensor that a module lists among its buffers when it is assigned (torch.nn.Buffer)."""

    __slots__ = ()

    def __new__(cls, data: Tensor | None = None, *, persistent: bool = True) -> Any:  # type: ignore[misc]
        """Make another tensor on the same memory, with a mark."""
        made = (factories.empty(0) if data is None else data).detach()
        made.requires_grad_(data is not None and data.requires_grad)
        vars(made).update(persistent=persistent, _is_buffer=True)
        return made
