"""Functions of the caller that pack what nodes save; start at `saved_tensors_hooks`.

A pair acts on what is saved while its block is open, in its thread.  A node keeps what `pack` made
of a value, and the value's place in the graph; a pass, or whoever looks at the value, is given
what `unpack` makes of that.
"""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING, Any, Final

from gradspec_reference.engine import modes, saved, versions
from gradspec_reference.engine import node as graph
from gradspec_reference.engine.modes import state
from gradspec_reference.errors import SavedHooksDisabledError, SavedHooksError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gradspec_reference.engine.node import Node
    from gradspec_reference.engine.tensor import Tensor

    Pack = Callable[[Tensor], Any]
    Unpack = Callable[[Any], Tensor]

packing: Final[list[int]] = []
"""The threads that have a block open, each once a block: while there is none, no node asks."""

lock: Final = threading.Lock()


class saved_tensors_hooks:  # noqa: N801 - torch's name
    """Keep what `pack` makes of each value that a node saves, and turn it back by `unpack`.

    Of nested blocks the innermost alone acts.  Raises SavedHooksDisabledError where hooks are
    disabled.  Source: torch.autograd.graph.saved_tensors_hooks docstring.
    """

    def __init__(self, pack_hook: Pack, unpack_hook: Unpack) -> None:
        self.pack_hook = pack_hook
        self.unpack_hook = unpack_hook

    def __enter__(self) -> None:
        for function in (self.pack_hook, self.unpack_hook):
            if not callable(function):
                raise TypeError(
                    f"saved_tensors_hooks was given a {type(function).__name__}; it takes two "
                    "functions"
                )
        if state.no_packing is not None:
            raise SavedHooksDisabledError(state.no_packing)
        state.packing.append((self.pack_hook, self.unpack_hook))
        with lock:
            packing.append(threading.get_ident())
            if pack_saved not in graph.noting:
                graph.noting.append(pack_saved)

    def __exit__(self, *exception: object) -> None:
        if not state.packing:
            raise SavedHooksError(
                "saved_tensors_hooks was left and never entered; use it in a with statement"
            )
        state.packing.pop()
        with lock:
            packing.remove(threading.get_ident())
            if not packing:
                graph.noting.remove(pack_saved)


class save_on_cpu(saved_tensors_hooks):  # noqa: N801 - torch's name
    """Keep saved values in the memory of the CPU, where all of this engine's are.

    Source: torch.autograd.graph.save_on_cpu docstring.
    """

    def __init__(self, pin_memory: bool = False, device_type: str = "cuda") -> None:
        del device_type

        def pack(tensor: Tensor) -> tuple[Any, Tensor]:
            return tensor.device, tensor.clone() if pin_memory else tensor.cpu()

        super().__init__(pack, lambda kept: kept[1])


@contextlib.contextmanager
def disable_saved_tensors_hooks(error_message: str) -> Iterator[None]:
    """Refuse the hooks inside the block, with this message, also those that are on already.

    Source: torch.autograd.graph.disable_saved_tensors_hooks docstring.
    """
    if not isinstance(error_message, str):
        raise TypeError(
            f"disable_saved_tensors_hooks was given a {type(error_message).__name__}; it needs "
            "the message of the errors to come"
        )
    if state.packing:
        raise SavedHooksDisabledError(error_message)
    before, state.no_packing = state.no_packing, error_message
    try:
        yield
    finally:
        state.no_packing = before


def pack_saved(node: Node) -> None:
    """Let the pair of this thread pack what a node saved, unless that is packed already."""
    if state.packing and node.saved:
        node.saved = tuple([kept(node, item, *state.packing[-1]) for item in node.saved])


def kept(node: Node, item: Any, pack: Pack, unpack: Unpack) -> Any:
    """Return what a node keeps of an item: tensors are packed, numbers and shapes are not."""
    if isinstance(item, list):
        return [kept(node, each, pack, unpack) for each in item]
    whole = saved.written_out(item)
    if not isinstance(whole, saved.SavedTensor):
        return item
    of_result = isinstance(whole, saved.SavedResult)
    value = whole.unpack(node, as_tensor=True) if of_result else whole.tensor
    made = saved.PackedTensor(whole, None, unpack)
    made.packed = packed(node, value, pack)
    return made


def packed(node: Node, value: Tensor, pack: Pack) -> Any:
    """Return what `pack` makes of a value, unrecorded; SavedHooksError if it writes to that."""
    version = versions.version(value)
    with modes.no_grad():
        made = pack(value)
    if versions.version(value) != version:
        raise SavedHooksError(
            f"a pack hook wrote to the value that {node.name()} saved; work on a clone()"
        )
    return made
