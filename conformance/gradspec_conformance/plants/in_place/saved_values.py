"""Faults in saved values: stale ones that pass, and good ones that are refused."""

from __future__ import annotations

from typing import Any

from gradspec_conformance.plants.plant import Swap, plant
from gradspec_conformance.plants.rows import counted, replace_row
from gradspec_reference.engine import inplace, recording, saved, versions, views
from gradspec_reference.engine.node import Node
from gradspec_reference.engine.saved import SavedTensor
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.errors import StaleSavedTensorError
from gradspec_reference.operators import OPERATORS


@plant(
    kills={
        "inp-010": "no error",
        "inp-011": "no error",
        "inp-019": "no error",
        "inp-038": "no error",
        "inp-016": "no error",
        "inp-016a": "no error",
    },
    modelled_on="pytorch/pytorch#197887",
)
def version_not_checked(swap: Swap) -> None:
    """The version of a saved value is never compared."""
    swap(saved, "check_version", lambda *_: None)


@plant(kills={"inp-011": "no error"}, modelled_on="pytorch/pytorch#6990")
def detach_new_version(swap: Swap) -> None:
    """A detached alias, and so a saved result, has a version counter of its own."""
    swap(Tensor, "alias", lambda self: Tensor(self.materialise()))


@plant(
    kills={"inp-019": "no error"}, modelled_on="common where the node is finished after the write"
)
def versions_are_noted_after_the_write(swap: Swap) -> None:
    """A write notes the versions of what it saved when it is done, not before it begins."""
    original = views.rebase

    def rebase(tensor: Any, node: Any) -> None:
        for item in node.saved or ():
            if isinstance(item, SavedTensor):
                item.version = versions.version(item.tensor)
        original(tensor, node)

    swap(views, "rebase", rebase)


@plant(
    kills={
        "inp-014": "stale-saved-tensor",
        "inp-007": "stale-saved-tensor",
        "inp-018a": "stale-saved-tensor",
    },
    modelled_on="common in engines with a dirty flag for a version",
)
def any_version_is_stale(swap: Swap) -> None:
    """A saved value is refused if its memory was ever written, also before it was saved."""
    original = saved.check_version
    swap(saved, "check_version", lambda node, tensor, now, _then: original(node, tensor, now, 0))


@plant(
    kills={"inp-012": "stale-saved-tensor"},
    modelled_on="the memory guard of MyGrad, which locks what a graph uses",
)
def saved_values_are_locked(swap: Swap) -> None:
    """A write to a value that some operation saved is refused at once."""
    init, store = SavedTensor.__init__, inplace.store
    locked: list[Any] = []

    def saving(self: Any, tensor: Any) -> None:
        init(self, tensor)
        locked.append(versions.counter_of(tensor))

    def stored(target: Any, result: Any) -> None:
        counter = versions.counter_of(target)
        if any(counter is each for each in locked):
            raise StaleSavedTensorError("a value that was saved for backward was written")
        store(target, result)

    swap(SavedTensor, "__init__", saving)
    swap(inplace, "store", stored)


@plant(
    kills={
        "inp-013": "stale-saved-tensor",
        "inp-015": "stale-saved-tensor",
        "inp-015a": "stale-saved-tensor",
    },
    modelled_on="pytorch/pytorch#15115",
)
def operands_are_always_saved(swap: Swap) -> None:
    """An operation saves all its operands, and checks them, whatever its derivative needs."""
    make, unpack = recording.make_node, Node.unpack

    def make_node(operator: Any, operands: Any, *rest: Any) -> Any:
        node = make(operator, operands, *rest)
        node.metadata["operands"] = [SavedTensor(x) for x in operands if isinstance(x, Tensor)]
        return node

    def unpacked(self: Any, as_tensors: bool) -> Any:
        for item in self.metadata.get("operands", ()):
            item.unpack(self, as_tensors)
        return unpack(self, as_tensors)

    swap(recording, "make_node", make_node)
    swap(Node, "unpack", unpacked)


@plant(
    kills={"inp-013": "stale-saved-tensor", "inp-015a": "stale-saved-tensor"},
    modelled_on="pytorch/pytorch#15115",
)
def product_saves_both_factors(swap: Swap) -> None:
    """A product saves both factors, also if only one requires grad."""
    row = OPERATORS["mul"]
    replace_row(swap, "mul", saves="other self", kernel=counted(swap, row.kernel))
