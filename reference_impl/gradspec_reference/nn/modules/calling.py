"""How a module is called if it has hooks; start at `called`."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, Final

from gradspec_reference.autograd import Function
from gradspec_reference.engine.hooks import Hooks, RemovableHandle
from gradspec_reference.engine.modes import state
from gradspec_reference.engine.tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MOMENTS: Final = (
    *("before", "after", "backward_before", "backward"),
    *("state_before", "state_after", "load_before", "load_after"),
)
"""When hooks of a module are called."""


EVERYWHERE: Final = {moment: Hooks() for moment in MOMENTS[:4]}
"""Hooks of all modules, which are called before those of each."""


class Hook:
    """A function of the caller, whether it is given keywords, and called after an error too."""

    def __init__(self, function: Callable[..., Any], *, with_kwargs: bool, always: bool) -> None:
        self.function, self.with_kwargs, self.always = function, with_kwargs, always

    def __call__(self, module: Any, args: Any, kwargs: Any, *result: Any) -> Any:
        """Call the function, with keywords if it wants them."""
        named = (kwargs,) if self.with_kwargs else ()
        return self.function(module, args, *named, *result)


class WithHooks:
    """What has hooks around its calls, and in the backward pass of what it computed."""

    _hooks: dict[str, Hooks]

    def _is_hooked(self) -> bool:
        on = self._hooks
        own = on["before"] or on["after"] or on["backward_before"] or on["backward"]
        return bool(own) or any(EVERYWHERE.values())

    def register_forward_pre_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False
    ) -> RemovableHandle:
        """Have `hook(module, arguments)` called before; what it returns replaces the arguments.

        With keywords it is `hook(module, arguments, keywords)`, and returns a pair.
        """
        made = Hook(hook, with_kwargs=with_kwargs, always=False)
        return RemovableHandle(self._hooks["before"], made, prepend=prepend)

    def register_forward_hook(
        self,
        hook: Callable[..., Any],
        *,
        prepend: bool = False,
        with_kwargs: bool = False,
        always_call: bool = False,
    ) -> RemovableHandle:
        """Have `hook(module, arguments, result)` called after; what it returns replaces it.

        With keywords it is `hook(module, arguments, keywords, result)`.  What is always called is
        so after an error, too.
        """
        made = Hook(hook, with_kwargs=with_kwargs, always=always_call)
        return RemovableHandle(self._hooks["after"], made, prepend=prepend)

    def register_full_backward_pre_hook(
        self, hook: Callable[..., Any], prepend: bool = False
    ) -> RemovableHandle:
        """Have `hook(module, gradients of results)` called before the backward pass of a call.

        What it returns replaces them.
        """
        return RemovableHandle(self._hooks["backward_before"], hook, prepend=prepend)

    def register_full_backward_hook(
        self, hook: Callable[..., Any], prepend: bool = False
    ) -> RemovableHandle:
        """Have `hook(module, gradients of arguments, of results)` called in the backward pass.

        What it returns replaces the gradients of the arguments.
        """
        return RemovableHandle(self._hooks["backward"], hook, prepend=prepend)


def register_module_forward_pre_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Have `hook(module, arguments)` called before each call of any module."""
    return RemovableHandle(EVERYWHERE["before"], Hook(hook, with_kwargs=False, always=False))


def register_module_forward_hook(
    hook: Callable[..., Any], *, with_kwargs: bool = False, always_call: bool = False
) -> RemovableHandle:
    """Have `hook(module, arguments, result)` called after each call of any module."""
    made = Hook(hook, with_kwargs=with_kwargs, always=always_call)
    return RemovableHandle(EVERYWHERE["after"], made)


def register_module_full_backward_pre_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Have `hook(module, gradients of results)` called before the backward pass of each call."""
    return RemovableHandle(EVERYWHERE["backward_before"], hook)


def register_module_full_backward_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Have `hook(module, gradients of arguments, of results)` called of each call of any module."""
    return RemovableHandle(EVERYWHERE["backward"], hook)


def hooks_of(module: Any, moment: str) -> list[Any]:
    """Return the hooks of all modules, and those of one."""
    return [*EVERYWHERE[moment].values(), *module._hooks[moment].values()]


def called(module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Call a module, and its hooks before and after."""
    left = [hook for hook in hooks_of(module, "after") if hook.always]
    result = None
    try:
        for hook in hooks_of(module, "before"):
            args, kwargs = replaced(hook, hook(module, args, kwargs), args, kwargs)
        watch = Watch(module) if watched(module) else None
        result = module.forward(*(watch.arguments(args) if watch else args), **kwargs)
        for hook in hooks_of(module, "after"):
            left = [each for each in left if each is not hook]
            changed = hook(module, args, kwargs, result)
            result = result if changed is None else changed
        return watch.results(result) if watch else result
    except Exception:
        for hook in left:
            try:
                changed = hook(module, args, kwargs, result)
            except Exception as error:  # noqa: BLE001 - the first error is the one to be told
                warnings.warn(
                    f"a hook that is always called failed after another error: {error}",
                    UserWarning,
                    stacklevel=3,
                )
            else:
                result = result if changed is None else changed
        raise


def replaced(
    hook: Hook, changed: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return what a module is called with after a hook said something."""
    if changed is None:
        return args, kwargs
    if not hook.with_kwargs:
        return (changed if isinstance(changed, tuple) else (changed,)), kwargs
    if not (isinstance(changed, tuple) and len(changed) == len(("args", "kwargs"))):
        raise RuntimeError(
            "a hook before a call gave something else than arguments and keywords; return None, "
            "or a pair of a tuple and a dict"
        )
    return changed


def watched(module: Any) -> bool:
    """Tell whether a module has hooks in the backward pass."""
    return bool(hooks_of(module, "backward") or hooks_of(module, "backward_before"))


class Arriving(Function):
    """Where gradients of a module's arguments, or of its results, come by."""

    @staticmethod
    def forward(ctx: Any, seen: Callable[[tuple[Any, ...]], Any], *tensors: Tensor) -> Any:
        """Let tensors through."""
        ctx.seen = seen
        ctx.set_materialize_grads(False)
        return tuple(each.view_as(each) for each in tensors)

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        """Show the gradients, and let them through, or what replaces them."""
        changed = ctx.seen(gradients)
        return (None, *(gradients if changed is None else changed))


class Watch:
    """One call of a module, whose hooks see the gradients of its arguments and results."""

    def __init__(self, module: Any) -> None:
        self.module = module
        self.before = hooks_of(module, "backward_before")
        self.after = hooks_of(module, "backward")
        self.of_results: tuple[Any, ...] | None = None
        self.places: list[int] | None = None
        self.count = 0

    def arguments(self, args: tuple[Any, ...]) -> Any:
        """Return the arguments, behind what sees their gradients."""
        self.count = len(args)
        places, passed = let_by(args, self.at_arguments)
        self.places = None if passed is args else places
        return passed

    def results(self, result: Any) -> Any:
        """Return the results, behind what sees their gradients."""
        if not isinstance(result, Tensor | tuple):
            warnings.warn(
                "a module with hooks in the backward pass gave something else than tensors: "
                f"{type(result).__name__}; its hooks are not called",
                UserWarning,
                stacklevel=4,
            )
        given = result if isinstance(result, tuple) else (result,)
        places = [place for place, each in enumerate(given) if isinstance(each, Tensor)]

        def at_results(gradients: tuple[Any, ...]) -> tuple[Any, ...]:
            seen = spread(gradients, places, len(given))
            for hook in self.before:
                changed = hook(self.module, seen)
                if changed is not None:
                    seen = of_as_many(changed, seen)
            self.of_results = seen
            if self.places is None:
                self.without_arguments()
            return tuple(seen[place] for place in places)

        _, passed = let_by(given, at_results)
        return passed if isinstance(result, tuple) else passed[0]

    def without_arguments(self) -> None:
        """Call the hooks where no argument requires grad."""
        warnings.warn(
            "no argument of a module requires grad, so its hooks in the backward pass see those "
            "of the results alone",
            UserWarning,
            stacklevel=2,
        )
        for hook in self.after:
            changed = hook(self.module, (None,) * self.count, self.of_results)
            if changed is not None and not (isinstance(changed, tuple) and not any(changed)):
                raise RuntimeError(
                    "a hook of a module gave gradients for arguments that require none; return None"
                )
        self.of_results = None

    def at_arguments(self, gradients: tuple[Any, ...]) -> tuple[Any, ...] | None:
        """Call the hooks with the gradients of the arguments; return those that replace them."""
        if self.of_results is None or self.places is None:
            return None  # they did not come by the results: the pass is one of second order
        seen = spread(gradients, self.places, self.count)
        for hook in self.after:
            changed = hook(self.module, seen, self.of_results)
            if changed is not None:
                seen = of_as_many(changed, seen)
        self.of_results = None
        return tuple(seen[place] for place in self.places)


def let_by(given: Any, seen: Callable[[tuple[Any, ...]], Any]) -> tuple[list[int], Any]:
    """Return where tensors are among others, and the same behind what sees their gradients."""
    places = [place for place, each in enumerate(given) if isinstance(each, Tensor)]
    if not (state.recording and any(given[place].requires_grad for place in places)):
        return places, given
    behind: Iterator[Any] = iter(Arriving.apply(seen, *(given[place] for place in places)))
    passed = [next(behind) if isinstance(each, Tensor) else each for each in given]
    return places, tuple(passed) if type(given) is tuple else type(given)(*passed)


def spread(values: tuple[Any, ...], places: list[int], count: int) -> tuple[Any, ...]:
    """Return values in their places, None in all others."""
    found = dict(zip(places, values, strict=True))
    return tuple(found.get(place) for place in range(count))


def of_as_many(changed: Any, before: tuple[Any, ...]) -> Any:
    """Return what replaces gradients; RuntimeError if it is not as many."""
    if len(changed) != len(before):
        raise RuntimeError(
            f"a hook of a module gave {len(changed)} gradients in the place of {len(before)}"
        )
    return changed
