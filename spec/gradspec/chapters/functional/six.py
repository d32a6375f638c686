"""The six derivatives, each of a function of three variables whose derivatives are known.

`vjp`, `jvp` and `jacobian` are asked of M x^3, which has the Jacobian 3 M diag(x^2); `vhp`, `hvp`
and `hessian` of the sum of (Mx)^3, which has the Hessian 6 M' diag(Mx) M.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from gradspec import Autograd, Tensor

    Array = npt.NDArray[np.float64]
    Function = Callable[..., Any]

DOCSTRING: Final = "torch.autograd.functional.{} docstring"
SOURCE: Final = "torch.autograd.functional source"

OF_CUBES: Final = ("vjp", "jvp", "jacobian")
PRODUCTS: Final = ("vjp", "jvp", "vhp", "hvp")


def cubes(ag: Autograd, m: Tensor, x: Tensor) -> Tensor:
    """Give M x^3."""
    del ag
    result: Tensor = m @ (x * x * x)
    return result


def sum_of_cubes(ag: Autograd, m: Tensor, x: Tensor) -> Tensor:
    """Give the sum of (Mx)^3."""
    del ag
    h = m @ x
    result: Tensor = (h * h * h).sum()
    return result


@dataclass(frozen=True, slots=True)
class Derivative:
    """One of the six, the function that it is asked of, and what it gives.

    `found` is the derivative at x along v, with the matrix of the function; `bent` is what comes
    back to x if the cotangent of that is w.
    """

    name: str
    function: Function
    found: Callable[[Array, Array, Array], Array]
    bent: Callable[[Array, Array, Array, Array], Array]

    @property
    def takes_a_vector(self) -> bool:
        """Whether it is a product."""
        return self.name in PRODUCTS

    def by(self, ag: Autograd, function: Function, **options: Any) -> Function:
        """Give the derivative of a function, as a function of the inputs and the vector."""
        derivative: Function = getattr(ag.func.functional, self.name)(function, **options)
        if self.takes_a_vector:
            return lambda inputs, v: derivative(inputs, v)[1]
        return lambda inputs, _v: derivative(inputs)

    def number(self, ag: Autograd, x: Tensor) -> Tensor:
        """Give of a tensor what its function may return: its sum where that is a number."""
        del ag
        return x if self.name in OF_CUBES else x.sum()


def _diagonal(x: Array) -> Array:
    return 3.0 * np.diag(x * x)


SIX: Final[dict[str, Derivative]] = {
    one.name: one
    for one in (
        Derivative(
            "vjp",
            cubes,
            lambda m, x, v: v @ m @ _diagonal(x),
            lambda m, x, v, w: w * 6.0 * x * (v @ m),
        ),
        Derivative(
            "jvp",
            cubes,
            lambda m, x, v: m @ _diagonal(x) @ v,
            lambda m, x, v, w: (w @ m) * 6.0 * x * v,
        ),
        Derivative(
            "vhp",
            sum_of_cubes,
            lambda m, x, v: 6.0 * m.T @ ((m @ x) * (m @ v)),
            lambda m, _x, v, w: 6.0 * m.T @ ((m @ w) * (m @ v)),
        ),
        Derivative(
            "hvp",
            sum_of_cubes,
            lambda m, x, v: 6.0 * m.T @ ((m @ x) * (m @ v)),
            lambda m, _x, v, w: 6.0 * m.T @ ((m @ w) * (m @ v)),
        ),
        Derivative(
            "jacobian",
            cubes,
            lambda m, x, _v: m @ _diagonal(x),
            lambda m, x, _v, w: (w * m).sum(0) * 6.0 * x,
        ),
        Derivative(
            "hessian",
            sum_of_cubes,
            lambda m, x, _v: 6.0 * m.T @ np.diag(m @ x) @ m,
            lambda m, _x, _v, w: 6.0 * m.T @ np.diag(m @ w @ m.T),
        ),
    )
}
"""Name -> derivative."""

TERMS: Final = 100.0
"""How large the terms can be that add up to an entry of one."""

WITH_VECTOR: Final = {name: SIX[name] for name in PRODUCTS}
FROM_INPUTS: Final = {name: SIX[name] for name in ("jvp", "vhp", "hvp")}
"""The products whose vector has the form of the inputs."""

SECOND: Final = {name: SIX[name] for name in ("vhp", "hvp", "hessian")}
"""The derivatives of second order."""
