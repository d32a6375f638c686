"""`Parameter`: the tensors that a module says are its own to learn."""

from __future__ import annotations

import copy
from typing import Any

from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.names import copying, factories, printing


class Parameter(Tensor):
    """A leaf that a module lists among its parameters (torch.nn.Parameter).

    It shows the memory of `data`, and requires grad unless told otherwise.
    """

    __slots__ = ()

    def __init__(self, data: Tensor | None = None, requires_grad: bool = True) -> None:
        source = factories.empty(0) if data is None else data
        super().__init__(source.materialise())
        if data is not None:
            self._counter = data.detach()._counter
        self.requires_grad_(requires_grad)

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
