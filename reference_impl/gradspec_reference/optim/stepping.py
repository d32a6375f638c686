"""`ByParameter`: optimizers whose rule says how one parameter follows its own gradient.

The arithmetic is done on arrays, in place, and no operation is recorded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gradspec_reference.engine import versions
from gradspec_reference.engine.modes import enable_grad, state
from gradspec_reference.optim.optimizer import Group, Optimizer

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np

    from gradspec_reference.engine.tensor import Tensor

    Array = np.ndarray[Any, Any]


class ByParameter(Optimizer):
    """An optimizer that takes one parameter after the other; a kind defines `update`."""

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Change each parameter that has a gradient; return what the closure gave, if there is one.

        The closure is called before, in grad mode.
        """
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter._grad is not None:
                    self._step_of(group, parameter)
        return loss

    def _step_of(self, group: Group, parameter: Tensor) -> None:
        versions.check_may_be_written(parameter)
        if state.mutations is not None:
            state.mutations.keep(parameter)
        array, gradient = parameter.materialise(), parameter._grad._array  # type: ignore[union-attr]
        slope = -gradient if group["maximize"] else gradient
        memory = self.state.get(parameter, {})
        self.update(group, memory, array, slope)
        if memory:
            self.state[parameter] = memory
        versions.bump(parameter)

    def update(self, group: Group, memory: dict[str, Any], array: Array, gradient: Array) -> None:
        """Write the parameter anew; what it remembers lies in `memory`, by torch's names."""
        raise NotImplementedError(f"{type(self).__name__} has no rule: define update()")
