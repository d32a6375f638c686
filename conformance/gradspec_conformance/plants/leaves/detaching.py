"""Faults in detach() and detach_(), and in `data` where it differs from them."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

from gradspec_conformance.plants.places import REQUIRES_GRAD_, at, reading
from gradspec_conformance.plants.plant import compound, plant
from gradspec_reference.engine import saved
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.errors import ArrayRequiresGradError

if TYPE_CHECKING:
    from gradspec_conformance.plants.swap import Swap

DETACH = at(Tensor, "detach")
DETACH_ = at(Tensor, "detach_")


class Origins:
    """Of which tensor a detached one was made, as long as both exist."""

    def __init__(self, swap: Swap) -> None:
        self._known: dict[int, tuple[Any, Any]] = {}
        swap.after(DETACH)(self._note)

    def _note(self, alias: Tensor, original: Tensor) -> None:
        self._known[id(alias)] = (weakref.ref(alias), weakref.ref(original))

    def of(self, tensor: Any) -> Any:
        """Give the original, None for what was not detached."""
        alias, original = self._known.get(id(tensor), (None, None))
        return original() if alias is not None and alias() is tensor else None


@compound("unexpected gradient: det-001a", "pytorch/pytorch#685")
def detach_keeps_the_creator(swap: Swap) -> None:
    """A detached tensor still refers to the node that made the original."""
    origins = Origins(swap)

    @swap.into(reading("grad_fn"))
    def read(sound: Any, tensor: Tensor) -> Any:
        original = origins.of(tensor)
        return sound(tensor if original is None else original)


@compound("flag: det-001", "where is_leaf tells who made a tensor")
def detached_tensors_are_no_leaves(swap: Swap) -> None:
    """A detached tensor is no leaf, since an operation made it."""
    origins = Origins(swap)

    @swap.into(reading("is_leaf"))
    def read(sound: Any, tensor: Tensor) -> Any:
        return origins.of(tensor) is None and sound(tensor)


@plant(DETACH, "aliasing: det-015", "nothing to do taken for no new tensor")
def a_constant_is_its_own_detached_tensor(sound, tensor):
    """detach() of a tensor that does not require grad gives the tensor itself."""
    return sound(tensor) if tensor.requires_grad else tensor


@compound("value: det-202", "pytorch/functorch#353")
def the_second_order_sees_through_detach(swap: Swap) -> None:
    """A recorded pass takes a detached operand for the original."""
    origins = Origins(swap)

    @swap.into(at(saved, "unpack"))
    def unpacked(sound: Any, node: Any, items: Any, as_tensors: bool) -> Any:
        found = sound(node, items, as_tensors)
        originals = [origins.of(one) for one in found]
        pairs = zip(found, originals, strict=True)
        return [one if original is None else original for one, original in pairs]


@compound("missing gradient: det-008", "where a detached tensor is a view of the original")
def requiring_grad_joins_again(swap: Swap) -> None:
    """A detached tensor that is made to require grad has the history of the original again."""
    origins = Origins(swap)

    @swap.after(REQUIRES_GRAD_)
    def joined(_: Any, tensor: Tensor, *_rest: Any) -> None:
        original = origins.of(tensor)
        if original is not None:
            tensor._grad_fn = original._grad_fn


@compound(
    "array-requires-grad: det-018/the_leaf_detached det-018/the_result_detached",
    "where memory knows who requires grad",
)
def the_memory_of_variables_is_not_given_out(swap: Swap) -> None:
    """A detached tensor is no NumPy array either, as long as the original requires grad."""
    origins = Origins(swap)

    @swap.before(at(Tensor, "numpy"))
    def refused(tensor: Tensor, **_named: Any) -> None:
        original = origins.of(tensor)
        if original is not None and original.requires_grad:
            raise ArrayRequiresGradError("the memory belongs to a tensor that requires grad")


@plant(DETACH, "lifetime: det-013", "aliases that own what they were made of", memory=list)
def a_detached_tensor_keeps_the_original(kept, sound, tensor):
    """A detached tensor keeps the original alive, and its graph."""
    kept.append(tensor)
    return sound(tensor)


@plant(reading("data"), "value: det-017; stale-saved-tensor: det-007", "data taken for detach()")
def data_counts_with_its_owner(_sound, tensor):
    """The data of a tensor has the version of its owner."""
    return tensor.alias()


@plant(DETACH_, "aliasing: det-009", "where names with an underscore give copies")
def detaching_in_place_gives_another_tensor(sound, tensor):
    """detach_() cuts the tensor, and gives back another one on the same memory."""
    return sound(tensor).alias()


@compound("missing gradient: det-010 det-204", "pytorch/pytorch#88860")
def detaching_in_place_cuts_the_node(swap: Swap) -> None:
    """detach_() cuts the node of a tensor off from its operands, for whoever uses it."""
    swap(at(saved, "check_not_cut_off"), lambda _sound, *_: None)

    @swap.before(DETACH_)
    def cut(tensor: Tensor) -> None:
        if tensor._view is None and tensor._grad_fn is not None:
            tensor._grad_fn.targets = (None,) * len(tensor._grad_fn.targets)


@plant(at(saved, "check_not_cut_off"), "no error: det-205", "pytorch/pytorch#88860")
def saved_tensors_may_be_cut(_sound, *_):
    """That a saved tensor was cut by detach_() since is not looked at."""
    return


@plant(DETACH_, "root-without-grad: det-203; no error: det-011", "views that are their base")
def detaching_a_view_in_place_cuts_its_base(sound, tensor):
    """detach_() of a view cuts the base of the view."""
    if tensor._view is None:
        return sound(tensor)
    tensor._base._grad_fn = None
    return tensor


@plant(DETACH_, "flag: det-012", "a leaf has nothing to be cut off from")
def detaching_a_leaf_in_place_changes_nothing(sound, tensor):
    """detach_() of a leaf changes nothing."""
    return tensor if tensor.is_leaf else sound(tensor)
