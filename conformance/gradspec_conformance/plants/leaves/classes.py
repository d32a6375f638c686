"""Faults in a caller's classes of tensors: what they are attached to, and who is asked."""

from __future__ import annotations

from gradspec_conformance.plants.places import REQUIRES_GRAD_, at
from gradspec_conformance.plants.plant import TEACHING, general, plant
from gradspec_reference.engine import overriding
from gradspec_reference.engine.overriding import Unasked, is_asked
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.names import subclasses

OF_CLASS = at(Tensor, "as_subclass")


@plant(OF_CLASS, "root-without-grad: leaf-053", "classes that wrap an array")
def another_class_is_cut_off(sound, self, cls):
    """as_subclass gives a tensor without history."""
    return sound(self.detach(), cls)


@plant(OF_CLASS, "aliasing: leaf-227", "classes that wrap an array")
def another_class_has_a_copy(sound, self, cls):
    """as_subclass copies the memory."""
    return sound(self.clone(), cls)


@plant(at(subclasses, "converted"), "flag: leaf-228/sin leaf-228/split", "numpy's asarray")
def results_forget_their_class(_sound, result, _cls):
    """What is computed from tensors of a class is of the usual one."""
    return result


@general("flag: leaf-228/stack", "pytorch/pytorch#34294")
def lists_are_not_looked_into(swap):
    """A tensor of a class that stands in a list goes unnoticed."""
    swap.into(at(overriding, "members"))(lambda _sound, values: iter(values))


@general("root-without-grad: leaf-229", TEACHING)
def only_the_usual_class_has_leaves(swap):
    """A tensor of a caller's class cannot be made to require grad."""

    @swap.into(REQUIRES_GRAD_)
    def flagged(sound, tensor, requires_grad=True):
        return sound(tensor, requires_grad and not is_asked(type(tensor)))


@general(
    "order: bwd-048/backward_of_several bwd-048/grad",
    "where functions ask, and autograd does not",
)
def no_class_is_asked_about_passes(swap):
    """backward() and grad() as functions ask no class."""
    swap.into(at(overriding, "to_ask"))(lambda _sound, *_values: [])


@plant(
    at(overriding, "answer"),
    "order: bwd-048/backward_of_a_tensor; value: grad-213",
    "where autograd is no function that is asked about",
)
def passes_are_run_whatever_a_class_answers(sound, function, found, args, keywords):
    """Of backward() and grad() what is done is what is always done."""
    if function.__name__ not in ("backward", "grad"):
        return sound(function, found, args, keywords)
    with Unasked():
        return function(*args, **keywords)


@plant(at(overriding, "answer"), "order: bwd-291", "options that are told without their values")
def a_class_is_told_names_alone(sound, function, found, args, keywords):
    """A class that answers backward() or grad() is told no value of an option."""
    is_pass = function.__name__ in ("backward", "grad")
    return sound(function, found, args, dict.fromkeys(keywords) if is_pass else keywords)
