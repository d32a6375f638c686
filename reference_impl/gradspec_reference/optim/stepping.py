"""`ByParameter`: optimizers whose rule says how one parameter follows its own gradient.

The arithmetic is done on arrays, in place, and no operation is recorded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gradspec_reference.engine import versions
from gradspec_reference.engine.modes import enable_grad, state
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.operators.complex_numbers import (
    view_as_complex_kernel,
    view_as_real_kernel,
)
from gradspec_reference.operators.conjugation import is_complex
from gradspec_reference.optim.optimizer import Group, Optimizer

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np

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
        if array.dtype.kind == "c":
            memory = self._by_parts(group, memory, array, slope)
        else:
            self.update(group, memory, array, slope)
        if memory:
            self.state[parameter] = memory
        versions.bump(parameter)

    def _by_parts(
        self, group: Group, memory: dict[str, Any], array: Array, gradient: Array
    ) -> dict[str, Any]:
        """Update complex numbers as the pairs of real ones that they are, in the same memory."""
        pairs, slopes = view_as_real_kernel(array), view_as_real_kernel(gradient)
        held = {
            name: Tensor(view_as_real_kernel(x.materialise())) if is_complex(x) else x
            for name, x in memory.items()
        }
        self.update(group, held, pairs, slopes)
        return {
            name: Tensor(view_as_complex_kernel(x.materialise()))
            if isinstance(x, Tensor) and x.shape == pairs.shape
            else x
            for name, x in held.items()
        }

    def update(self, group: Group, memory: dict[str, Any], array: Array, gradient: Array) -> None:
        """Write the parameter anew; what it remembers lies in `memory`, by torch's names."""
        raise NotImplementedError(f"{type(self).__name__} has no rule: define update()")
