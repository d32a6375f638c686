"""Calling a function so that only its arguments are kept; start at `checkpoint`."""

from __future__ import annotations

import contextlib
import warnings
from typing import TYPE_CHECKING, Any

from gradspec_reference.engine.modes import is_grad_enabled
from gradspec_reference.errors import (
    CheckpointArgumentsError,
    CheckpointCheckError,
    CheckpointError,
    CheckpointKeywordsError,
    CheckpointVariantError,
)
from gradspec_reference.utils.checkpoint.randomness import as_it_was
from gradspec_reference.utils.checkpoint.reentrant import CheckpointFunction
from gradspec_reference.utils.checkpoint.regions import Region
from gradspec_reference.utils.checkpoint.selective import Listing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from gradspec_reference.engine.tensor import Tensor

    Contexts = tuple[AbstractContextManager[Any], AbstractContextManager[Any]]


class Settings:
    """What a block has set for all calls in it; None where each call says it."""

    early_stop: bool | None = None
    debug: bool | None = None


def noop_context_fn() -> Contexts:
    """Return two blocks that change nothing."""
    return contextlib.nullcontext(), contextlib.nullcontext()


CHECKS: dict[str, Callable[[Tensor], Any]] = {
    "default": lambda x: (tuple(x.shape), x.dtype, x.device),
    "none": lambda _: None,
}


def checkpoint(
    function: Callable[..., Any],
    *args: Any,
    use_reentrant: bool | None = None,
    context_fn: Callable[[], Contexts] = noop_context_fn,
    determinism_check: str = "default",
    debug: bool = False,
    early_stop: bool = True,
    **kwargs: Any,
) -> Any:
    """Return function(*args, **kwargs); what it saves is computed again when a pass needs it.

    `preserve_rng_state=False`, among the keywords, draws new random numbers then.
    CheckpointArgumentsError for what the variant does not take; CheckpointError, in the pass, if
    the function does not do the same again.
    Source: torch.utils.checkpoint.checkpoint docstring.
    """
    if use_reentrant is None:
        warnings.warn(
            "checkpoint was called without use_reentrant, and True is taken; give it, and better "
            "give False",
            UserWarning,
            stacklevel=2,
        )
        use_reentrant = True
    preserve = kwargs.pop("preserve_rng_state", True)
    if not use_reentrant:
        return region(
            function,
            args,
            kwargs,
            preserve=preserve,
            context_fn=context_fn,
            determinism_check=determinism_check,
            debug=debug if Settings.debug is None else Settings.debug,
            early_stop=early_stop if Settings.early_stop is None else Settings.early_stop,
        )
    if kwargs:
        raise CheckpointKeywordsError(
            f"checkpoint(use_reentrant=True) was given {', '.join(kwargs)}; it takes no keywords "
            "for the function"
        )
    if context_fn is not noop_context_fn or debug:
        raise CheckpointVariantError(
            "checkpoint(use_reentrant=True) was given context_fn or debug, which are for "
            "use_reentrant=False"
        )
    return CheckpointFunction.apply(function, preserve, *args)


def region(
    function: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    *,
    preserve: bool,
    context_fn: Callable[[], Contexts],
    determinism_check: str,
    debug: bool,
    early_stop: bool,
) -> Any:
    """Call the function in a region of its own."""
    if debug and context_fn is not noop_context_fn:
        raise CheckpointArgumentsError("debug=True was given together with a context_fn; give one")
    if determinism_check not in CHECKS:
        raise CheckpointCheckError(
            f"determinism_check was {determinism_check!r}; it is one of {', '.join(CHECKS)}"
        )
    first, later = (Listing(), Listing()) if debug else context_fn()
    again = as_it_was(preserve)
    if not is_grad_enabled():
        return function(*args, **kwargs)

    def run(*arguments: Any) -> None:
        with again(), later:
            function(*arguments, **kwargs)

    made = Region(run, args, early_stop=early_stop, describe=CHECKS[determinism_check])
    hooks = made.hooks()
    if debug:
        hooks.unpack_hook = telling(hooks.unpack_hook, first, later)
    returned = unset = object()
    with hooks, first:
        returned = function(*args, **kwargs)
    if returned is unset:
        raise RuntimeError(
            "the first block of context_fn swallowed an exception of the checkpointed function, "
            "which has no result then"
        )
    made.complete = True
    return returned


def telling(unpack: Callable[[Any], Any], first: Any, later: Any) -> Callable[[Any], Any]:
    """Have the operations of both runs told where these differ."""

    def told(place: Any) -> Any:
        try:
            return unpack(place)
        except CheckpointError as error:
            raise CheckpointError(
                "non-determinism was detected: a checkpointed function did something else when it "
                "was run again.\nOperations executed during the original forward:\n"
                + "\n".join(first.names)
                + "\nOperations executed during recomputation:\n"
                + "\n".join(later.names)
            ) from error

    return told


def checkpoint_sequential(
    functions: Any,
    segments: int,
    input: Any,
    use_reentrant: bool | None = None,
    **kwargs: Any,
) -> Any:
    """Run functions one after the other, in segments of which all but the last are checkpointed.

    Source: torch.utils.checkpoint.checkpoint_sequential docstring.
    """
    if use_reentrant is None:
        warnings.warn(
            "checkpoint_sequential was called without use_reentrant, and True is taken; give it",
            UserWarning,
            stacklevel=2,
        )
        use_reentrant = True
    preserve = kwargs.pop("preserve_rng_state", True)
    if kwargs:
        raise CheckpointArgumentsError(
            f"checkpoint_sequential was given {', '.join(kwargs)}, which it does not take"
        )
    steps = list(functions.children()) if hasattr(functions, "children") else list(functions)
    size = len(steps) // segments
    begun = 0
    for start in range(0, size * (segments - 1), size):
        begun = start + size
        input = checkpoint(
            one_after_the_other(steps[start:begun]),
            input,
            use_reentrant=use_reentrant,
            preserve_rng_state=preserve,
        )
    return one_after_the_other(steps[begun:])(input)


def one_after_the_other(steps: Sequence[Callable[[Any], Any]]) -> Callable[[Any], Any]:
    """Return the function that runs these, each on what the one before returned."""

    def run(value: Any) -> Any:
        for step in steps:
            value = step(value)
        return value

    return run


@contextlib.contextmanager
def set_checkpoint_early_stop(enable: bool) -> Iterator[None]:
    """Say for all calls in the block whether a run is cut short when all is there.

    Source: torch.utils.checkpoint.set_checkpoint_early_stop docstring.
    """
    before, Settings.early_stop = Settings.early_stop, enable
    try:
        yield
    finally:
        Settings.early_stop = before


@contextlib.contextmanager
def set_checkpoint_debug_enabled(enabled: bool | None) -> Iterator[None]:
    """Say for all calls in the block whether operations are listed; None leaves it to each call.

    Source: torch.utils.checkpoint.set_checkpoint_debug_enabled docstring.
    """
    before, Settings.debug = Settings.debug, enabled
    try:
        yield
    finally:
        Settings.debug = before
