"""`layer`: a module that does nothing but call a function with the options it was made with."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.nn.modules.module import Module

if TYPE_CHECKING:
    from collections.abc import Callable

NEEDED: Any = inspect.Parameter.empty
"""What stands for an option that has to be given."""


class OfAFunction(Module):
    """Calls a function with its options, if need be also with whether it is trained.

    Layers are made of it by `layer`.
    """

    function: Callable[..., Any]
    signature: inspect.Signature
    is_told: bool
    shown: tuple[str, ...]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()
        bound = self.signature.bind(*args, **kwargs)
        bound.apply_defaults()
        for name, value in bound.arguments.items():
            if isinstance(value, Tensor):
                self.register_buffer(name, value)
            else:
                setattr(self, name, value)

    def forward(self, *inputs: Any) -> Any:
        """Call the function."""
        given = {name: getattr(self, name) for name in self.signature.parameters}
        if self.is_told:
            given["training"] = self.training
        return type(self).function(*inputs, **given)

    def extra_repr(self) -> str:
        """Show the options that tell such layers apart."""
        return ", ".join(
            f"{name}={getattr(self, name)!r}".removeprefix("lambd=") for name in self.shown
        )


def layer(name: str, function: Callable[..., Any], shown: str = "", **options: Any) -> type[Module]:
    """Make a kind of module that calls a function; printing shows the options `shown`."""
    parameters = [
        inspect.Parameter(option, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=default)
        for option, default in options.items()
    ]
    return type(
        name,
        (OfAFunction,),
        {
            "__doc__": f"torch.nn.{name}: {(function.__doc__ or '').splitlines()[0]}",
            "__module__": __name__,
            "function": staticmethod(function),
            "signature": inspect.Signature(parameters),
            "is_told": "training" in inspect.signature(function).parameters,
            "shown": tuple(shown.split()),
        },
    )
