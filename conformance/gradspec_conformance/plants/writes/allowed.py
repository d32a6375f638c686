"""Faults in the block in which saved values may be written."""

from __future__ import annotations

from contextlib import nullcontext

from gradspec_conformance.plants.places import at
from gradspec_conformance.plants.plant import compound, plant
from gradspec_reference.autograd import graph
from gradspec_reference.engine import modes, saved, versions
from gradspec_reference.engine.mutation import FormerValues

KEEP = at(FormerValues, "keep")
FIND = at(FormerValues, "find")
ALLOW = at(graph, "allow_mutation_on_saved_tensors")


@plant(FIND, "value: inp-050/one_write inp-261", "versions that are not looked at")
def allowed_writes_are_not_undone(_sound, _self, tensor, _version):
    """Inside the block nothing is refused, and the present value is used."""
    return tensor._array


@plant(KEEP, "stale-saved-tensor: inp-261 inp-050/one_write", "copies that are made too late")
def kept_under_the_next_version(sound, self, tensor):
    """What memory held is kept under the version that the write brings about."""
    counter = versions.counter_of(tensor)
    counter.value += 1
    sound(self, tensor)
    counter.value -= 1


@plant(FIND, "value: inp-050/several_writes", "one copy for each tensor")
def the_last_copy_serves_all(sound, self, tensor, version):
    """Of what a tensor held, only what it held last is kept."""
    kept = self._copies.get(versions.counter_of(tensor), {version: None})
    return sound(self, tensor, max(kept))


@plant(FIND, "value: inp-262", "versions that count from the beginning of a block")
def earlier_writes_are_forgiven(sound, self, tensor, version):
    """Inside the block a value that was overwritten before it is taken for the one saved."""
    found = sound(self, tensor, version)
    return tensor._array if found is None else found


@compound("no error: inp-051", "copies that are never let go")
def copies_outlive_the_block(swap):
    """What was kept in the block is used behind it too."""
    blocks: list[FormerValues] = []

    @swap.after(KEEP)
    def keep(_, self, _tensor):
        blocks.append(self)

    @swap.into(at(FormerValues, "clear"))
    def clear(*_):
        pass

    @swap.into(at(saved, "present"))
    def present(sound, *arguments):
        if modes.state.former is not None or not blocks:
            return sound(*arguments)
        modes.state.former = blocks[-1]
        try:
            return sound(*arguments)
        finally:
            modes.state.former = None


@plant(ALLOW, "no error: inp-052", "blocks that are counted")
def the_block_can_be_nested(sound):
    """Inside the block it may be entered again, to no effect."""
    return sound() if modes.state.former is None else nullcontext()
