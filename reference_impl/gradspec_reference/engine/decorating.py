"""How a mode decorates: a function, each step of a generator, the making of an object."""

from __future__ import annotations

import functools
import inspect
import warnings
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

F = TypeVar("F", bound="Callable[..., Any]")


class Decorator:
    """A context manager that holds, as a decorator, while the function runs."""

    def __enter__(self) -> None:
        raise NotImplementedError

    def __exit__(self, *exception: object) -> None:
        raise NotImplementedError

    def clone(self) -> Decorator:
        """Return a context manager of the same kind that nobody has entered."""
        return type(self)()

    def __call__(self, function: F) -> F:
        """Decorate: the mode holds while the function runs, not while it is defined."""
        return decorated(self, function)


def decorated(mode: Decorator, function: F) -> F:
    """Return the function, run in the mode; of a class, the function that makes its objects."""
    if inspect.isgeneratorfunction(function):
        return _generator(mode, function)
    if inspect.isclass(function):
        warnings.warn(
            f"the class {function.__name__} was decorated with a mode, which holds for nothing but "
            "making its objects; decorate its methods instead",
            FutureWarning,
            stacklevel=3,
        )

    @functools.wraps(function)
    def within(*args: Any, **kwargs: Any) -> Any:
        with mode.clone():
            return function(*args, **kwargs)

    return within  # type: ignore[return-value]


def _generator(mode: Decorator, function: F) -> F:
    """Hold the mode inside the generator's body; put it back at each yield."""

    @functools.wraps(function)
    def within(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        generator = function(*args, **kwargs)
        with mode.clone():
            reply = _advance(generator.send, None)
        while reply[0]:
            try:
                sent = yield reply[1]
            except GeneratorExit:
                with mode.clone():
                    generator.close()
                raise
            except BaseException as error:  # noqa: BLE001 - handed to the generator, which decides
                with mode.clone():
                    reply = _advance(generator.throw, error)
            else:
                with mode.clone():
                    reply = _advance(generator.send, sent)
        return reply[1]

    return within  # type: ignore[return-value]


def _advance(step: Callable[[Any], Any], value: Any) -> tuple[bool, Any]:
    """Run a generator to its next yield: (True, what it yields) or (False, what it returns)."""
    try:
        return True, step(value)
    except StopIteration as stop:
        return False, stop.value
