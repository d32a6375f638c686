"""The notation that clauses are written in: torch's vocabulary, one object called `ag`.

`ag.tensor([1.0, 2.0], requires_grad=True)`, `ag.sin(x)`, `y.backward()`, `x.grad`,
`with ag.no_grad():`.  Every act is performed on the engine at once and recorded as a step, so
the host language's own branches and loops work as they do in a tutorial.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np

from gradspec.port.acts import ACTS
from gradspec.port.functions import FLAGS, RULES
from gradspec.program import blocks
from gradspec.program.objects import FunctionHandle, Object, Tensor, acts_on

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager

    import numpy.typing as npt

    from gradspec.program.recorder import Recorder


SIGNS: Final = np.array([-1.0, 1.0])


class Autograd:
    """An engine as a clause sees it.

    Every operator of the catalogue is a method, and so is every act that belongs to no single
    thing (`ag.grad`, `ag.watch`); every mode is a context manager; `ag.func` has the transforms.
    """

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if f"mode:{name}" in ACTS:
            return partial(blocks.Mode, self._recorder, f"mode:{name}")
        act = acts_on("ag").get(name)
        if act is None:
            message = f"the notation has no {name!r}: see gradspec.port.acts"
            raise AttributeError(message)
        return partial(self._recorder.perform, act.key)

    # data -----------------------------------------------------------------------------
    def tensor(self, data: Any, *, dtype: str | None = None, requires_grad: bool = False) -> Tensor:
        """Make a leaf; floats take the engine's working data type unless one is named."""
        return self._recorder.tensor(data, dtype=dtype, leaf=requires_grad)

    def random(self, *shape: int, positive: bool = False) -> npt.NDArray[np.float64]:
        """Draw an array, the same in every run: magnitudes in [0.5, 1.5], signs mixed."""
        generator = self._recorder.random
        magnitude = generator.uniform(0.5, 1.5, shape)
        return magnitude if positive else magnitude * SIGNS[generator.integers(0, 2, shape)]

    # functions ------------------------------------------------------------------------
    def vjp(
        self, function: Callable[..., Any], inputs: Sequence[Any], cotangent: Any = 1.0
    ) -> tuple[Tensor, tuple[Any, ...]]:
        """Return function(*inputs) and, for each input, the cotangent times its Jacobian.

        Inputs are arrays, numbers or tensors; an array of float32 is the cotangent of a result of
        float32, and complex numbers are that of a complex one.  Every engine has a way to a product
        (see `gradspec.program.products`), which is differentiable again where an input is a tensor.
        """
        points = [i if isinstance(i, Tensor) else _wide(i) for i in inputs]
        narrow = isinstance(cotangent, np.ndarray) and cotangent.dtype.kind in "fc"
        weight = cotangent if narrow or np.ndim(cotangent) == 0 else _wide(cotangent)
        product: tuple[Tensor, tuple[Any, ...]]
        product = self._recorder.perform("vjp", function, points, weight)
        return product

    @property
    def func(self) -> Transforms:
        """The transforms: `ag.func.vmap(ag.func.grad(f), in_dims=0)(x)`."""
        return Transforms(self._recorder)

    @property
    def Function(self) -> type[CustomFunction]:  # noqa: N802 - torch's name
        """The base of custom functions: static methods `forward(ctx, ...)`, `backward(ctx, g)`."""
        recorder = self._recorder
        return type("Function", (CustomFunction,), {"recorder": recorder}, defined=False)

    # logs and memory ------------------------------------------------------------------
    def forget(self, *things: Object) -> None:
        """Let go of objects, as `del` does."""
        for thing in things:
            self._recorder.perform("forget", thing)

    # demands on a block of steps ------------------------------------------------------
    def refuses(self, kind: str) -> AbstractContextManager[None]:
        """Demand that the engine refuses the block with an error of this kind."""
        return blocks.refuses(self._recorder, kind)

    def attempt(self, *kinds: str) -> AbstractContextManager[blocks.Attempt]:
        """Let the engine refuse the block with an error of one of these kinds."""
        return blocks.attempt(self._recorder, kinds)

    def warns(self, **text: Any) -> AbstractContextManager[None]:
        """Demand at least one warning from the block, whose text `shows` something, or `lacks` it.

        What it shows is something that the engine says elsewhere too: its words are its own.
        """
        return blocks.warnings(self._recorder, expected=True, **text)

    def silent(self) -> AbstractContextManager[None]:
        """Demand no warning from the block."""
        return blocks.warnings(self._recorder, expected=False)


class Transforms:
    """`ag.func`: each transform of the table of acts makes a function of the engine."""

    def __init__(self, recorder: Recorder, prefix: str = "transform:") -> None:
        self._recorder = recorder
        self._prefix = prefix

    def __getattr__(self, name: str) -> Any:
        key = f"{self._prefix}{name}"
        if key in ACTS:
            return partial(self._recorder.perform, key)
        if any(known.startswith(f"{key}.") for known in ACTS):
            return Transforms(self._recorder, f"{key}.")
        message = f"there is no transform {name!r}: see gradspec.port.functions"
        raise AttributeError(message)


def _wide(value: Any) -> Any:
    """Give numbers as an array of float64; complex ones stay what they are."""
    array = np.asarray(value)
    return array if array.dtype.kind == "c" else np.asarray(value, np.float64)


class CustomFunction:
    """A custom function, written as in torch; `apply` calls it.

    A subclass names its rules as static methods and its flags as attributes, or inherits them; it
    is defined in the engine when the class statement ends.
    """

    recorder: ClassVar[Recorder]
    handle: ClassVar[FunctionHandle]

    def __init_subclass__(cls, *, defined: bool = True) -> None:
        if defined and hasattr(cls, "forward"):  # without, it is a base that others share
            cls.define()

    @classmethod
    def define(cls) -> None:
        """Make it a function of the engine."""
        rules = {name: getattr(cls, name) for name in RULES if hasattr(cls, name)}
        flags = {name: getattr(cls, name) for name in FLAGS if hasattr(cls, name)}
        cls.handle = cls.recorder.perform("define", name=cls.__name__, **rules, **flags)

    @classmethod
    def apply(cls, *arguments: Any, **keywords: Any) -> Any:
        """Call the function; one that has no `forward` is defined only here."""
        if not hasattr(cls, "handle"):
            cls.define()
        return cls.handle(*arguments, **keywords)
