"""Faults in the context of a custom function."""

from __future__ import annotations

from gradspec_conformance.plants.places import at, reading
from gradspec_conformance.plants.plant import TEACHING, after, compound, plant
from gradspec_reference.engine import saved
from gradspec_reference.engine.context import FunctionCtx
from gradspec_reference.engine.custom import FunctionNode
from gradspec_reference.engine.tensor import Tensor

SAVED = reading("saved_tensors", FunctionNode)
SAVE = at(FunctionCtx, "save_for_backward")
SHARES = at(FunctionNode, "shares")
FREE = at(FunctionNode, "release")


@plant(SAVED, "value: cf-005", TEACHING)
def saved_tensors_come_back_reversed(sound, self):
    """Saved tensors come back in the opposite order."""
    return sound(self)[::-1]


@plant(SAVED, "order: cf-064", "return x[0] if len(x) == 1 else x")
def one_saved_tensor_stands_alone(sound, self):
    """One saved tensor comes back as itself, and not in a tuple."""
    found = sound(self)
    return found[0] if len(found) == 1 else found


@plant(SAVE, "no error: cf-006", "contexts that keep anything")
def what_is_no_tensor_is_not_saved(sound, self, *tensors):
    """What is neither a tensor nor None is left out of what is saved."""
    sound(self, *[x for x in tensors if x is None or isinstance(x, Tensor)])


@plant(SAVE, "order: cf-202", "lists without holes")
def none_is_not_saved(sound, self, *tensors):
    """None is left out of what is saved."""
    sound(self, *[x for x in tensors if x is not None])


@plant(SAVE, "order: cf-007", "contexts with a list")
def what_is_saved_again_is_added(sound, self, *tensors):
    """What is saved by a second call comes behind what the first saved."""
    sound(self, *self.to_save, *tensors)


@plant(SAVED, "value: cf-008/operand; no error: cf-203/result", TEACHING)
def contexts_do_not_look_at_versions(sound, self):
    """Saved tensors are not looked at for writes."""
    if self.saved is None:
        return sound(self)
    return tuple(map(saved.tensor_of, self.saved))


@plant(FREE, "no error: cf-009 cf-221", "contexts that nobody clears")
def contexts_are_not_freed(_sound, _self):
    """What a custom function saved stays after the pass."""


@after(SHARES, "graph-freed: cf-204", "contexts that are used once")
def contexts_are_freed_when_they_are_used(_, self, _cotangents):
    """What a custom function saved goes when its backward has run, also in a retained graph."""
    self.saved = None if self.freeable else self.saved


@compound("no error: cf-221", "passes that stop where nothing comes")
def what_sends_nothing_is_not_freed(swap):
    """A custom function whose backward returned None keeps what it saved."""
    silent = set()

    @swap.after(SHARES)
    def look(made, self, _cotangents):
        if all(g is None for g in made):
            silent.add(self)

    @swap.into(FREE)
    def keep(sound, self):
        if self not in silent:
            sound(self)


@after(FREE, "value: cf-010", "contexts that are emptied")
def attributes_are_freed(_, self):
    """A pass sets the tensors among a context's attributes to zero."""
    for name, value in list(vars(self).items()):
        if isinstance(value, Tensor):
            setattr(self, name, value.detach() * 0.0)


@plant(at(FunctionNode, "__setattr__"), "value: cf-011", "attributes of the class")
def attributes_belong_to_the_function(sound, self, name, value):
    """An attribute of the context is one of the function, shared by all its calls."""
    if name == "factor":
        setattr(type(self), name, value)
    else:
        sound(self, name, value)


@plant(SAVED, "no error: cf-052/in_one_backward cf-052/in_two_passes", "flags that nobody reads")
def cleared_tensors_stay(sound, self):
    """Saved tensors that are cleared on access can be read again."""
    kept = self.saved
    found = sound(self)
    self.saved, self.were_read = kept, False
    return found


@plant(at(FunctionCtx, "mark_shared_storage"), "warning: cf-063", "names that stay silently")
def marking_shared_memory_is_silent(_sound, _self, *_pairs):
    """Marking tensors that share memory does not warn."""


@plant(SAVED, "root-without-grad: cf-045 cf-048", "contexts of arrays")
def saved_tensors_have_no_history(sound, self):
    """Saved tensors come back without their history."""
    return tuple(x if x is None else x.detach() for x in sound(self))


@plant(SAVED, "root-without-grad: cf-046", "results that are saved before they have a history")
def saved_results_have_no_history(sound, self):
    """Saved results come back without their history."""
    return tuple(x.detach() if x is not None and x._grad_fn is self else x for x in sound(self))
