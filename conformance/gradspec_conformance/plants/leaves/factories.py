"""Faults in the factories that make tensors."""

from __future__ import annotations

import inspect
import warnings
from typing import Any
from weakref import WeakValueDictionary

import gradspec_reference
from gradspec_conformance.plants.places import VARIABLE, at
from gradspec_conformance.plants.plant import TEACHING, after, compound, plant
from gradspec_reference import autograd
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.names import factories, likeness, random, spaced


@plant(at(factories, "tensor"), "unexpected gradient: bwd-001e bwd-045", "karpathy/micrograd")
def everything_requires_grad(sound, data, *arguments, **keywords):
    """Every tensor that is made of numbers requires grad."""
    made = sound(data, *arguments, **keywords)
    return made.requires_grad_(made._array.dtype.kind == "f")


@compound("dtype: op-212/full op-212/arange", "engines of one data type")
def data_types_are_not_asked(swap):
    """Whatever makes tensors makes them of its own data type, whichever is asked for."""

    def in_its_own(sound, *arguments, **keywords):
        keywords.pop("dtype", None)
        return sound(*arguments, **keywords)

    makers = (factories, likeness, spaced)
    owners: list[tuple[Any, str]] = [(m, name) for m in makers for name in m.__all__]
    owners += [(random, "rand"), (random, "randn"), (Tensor, "new_tensor")]
    for owner, name in owners:
        if "dtype" in inspect.signature(getattr(owner, name)).parameters:
            swap(at(owner, name), in_its_own)


@after(at(gradspec_reference, "relu"), "value: inp-055", "where activations overwrite their input")
def relu_reuses_its_operand(result, input):
    """relu() writes its result over its operand too, uncounted, to save memory."""
    input.materialise()[...] = result._array


@plant(
    at(factories, "tensor"),
    "value: leaf-028/tensor; flag: leaf-001a/tensor_of_a_tensor",
    "pytorch/pytorch#10876",
)
def tensor_of_a_tensor_keeps_the_history(sound, data, **options):
    """The constructor, given a tensor, makes a recorded copy of it."""
    return data.clone() if isinstance(data, Tensor) else sound(data, **options)


@plant(at(factories, "tensor"), "flag: leaf-001a/tensor_of_a_tensor", "pytorch/pytorch#10876")
def tensor_of_a_tensor_takes_its_flag(sound, data, **options):
    """The constructor, given a tensor that requires grad, makes a leaf that does so too."""
    made = sound(data, **options)
    return made.requires_grad_() if isinstance(data, Tensor) and data.requires_grad else made


@plant(at(factories, "tensor"), "aliasing: leaf-028c/tensor", TEACHING)
def tensor_of_a_tensor_shares_its_memory(sound, data, *, requires_grad=False, **options):
    """The constructor, given a tensor, makes a leaf on the same memory."""
    if isinstance(data, Tensor):
        return data.detach().requires_grad_(requires_grad)
    return sound(data, requires_grad=requires_grad, **options)


@plant(at(factories, "tensor"), "warning: leaf-028d/tensor", "pytorch/pytorch#10876")
def tensor_of_a_tensor_is_silent(sound, data, **options):
    """The constructor takes the values of a tensor without a word on the history."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return sound(data, **options)


@plant(at(factories, "as_tensor"), "aliasing: leaf-029", TEACHING)
def as_tensor_always_copies(sound, data, *arguments, **options):
    """as_tensor copies a tensor that needs no conversion."""
    made = sound(data, *arguments, **options)
    return made.clone() if made is data else made


@plant(
    at(factories, "as_tensor"),
    "value: leaf-213/as_tensor; aliasing: leaf-029",
    "pytorch/pytorch#170819",
)
def as_tensor_cuts_the_history(sound, data, *arguments, **options):
    """as_tensor of a tensor is a constant on the same memory."""
    return sound(data, *arguments, **options).detach()


@plant(at(factories, "asarray"), "value: leaf-213/asarray", TEACHING)
def asarray_always_makes_a_leaf(sound, obj, **options):
    """What asarray makes of a tensor has no history, also when it is asked for requires_grad."""
    return sound(obj.detach() if isinstance(obj, Tensor) else obj, **options)


@plant(at(factories, "asarray"), "warning: leaf-029b", "pytorch/pytorch#170819")
def asarray_cuts_the_history_if_not_asked(sound, obj, *, requires_grad=None, **options):
    """What asarray makes of a tensor without requires_grad has no history, and nothing is said."""
    return sound(obj, requires_grad=bool(requires_grad), **options)


@plant(at(factories, "asarray"), "root-without-grad: leaf-212/asarray", "pytorch/pytorch#170819")
def asarray_clears_its_argument(sound, obj, *, requires_grad=None, **options):
    """With requires_grad=False, asarray cuts the tensor itself off from its history."""
    if isinstance(obj, Tensor) and requires_grad is False:
        return obj.detach_()
    return sound(obj, requires_grad=requires_grad, **options)


@plant(at(factories, "asarray"), "value: leaf-028/asarray; flag: leaf-035a/asarray", TEACHING)
def asarray_never_cuts(_sound, obj, *, dtype=None, **_options):
    """What asarray makes of a tensor has its history, also with requires_grad=False."""
    return factories.as_tensor(obj, dtype=dtype)


@plant(VARIABLE, "flag: leaf-002/variable; root-without-grad: leaf-202/variable", TEACHING)
def variable_ignores_the_flag(_sound, _class, data, **_options):
    """The old constructor Variable takes the argument requires_grad and ignores it."""
    return data.detach()


@plant(VARIABLE, "flag: leaf-001a/variable", TEACHING)
def variable_is_a_variable(_sound, _class, data, requires_grad=True):
    """The old constructor Variable makes what its name says: a leaf that requires grad."""
    return data.detach().requires_grad_(requires_grad)


@plant(at(factories, "made"), "flag: leaf-001 leaf-001a/zeros", "micrograd habit")
def every_tensor_is_a_variable(sound, array, requires_grad, *place):
    """Every floating-point tensor that a constructor or factory makes requires grad."""
    return sound(array, requires_grad or array.dtype.kind == "f", *place)


@plant(at(likeness, "zeros_like"), "flag: leaf-001a/zeros_like", "pytorch/pytorch#76375")
def like_takes_the_flag(sound, input, *, dtype=None, requires_grad=False):
    """A factory modelled on a tensor takes the tensor's flag together with its shape."""
    return sound(input, dtype=dtype, requires_grad=requires_grad or input.requires_grad)


@plant(at(factories, "made"), "flag: leaf-002/tensor leaf-002/zeros", "candle-org/candle#285")
def flag_argument_is_ignored(sound, array, _requires_grad, *place):
    """Constructors and factories take the argument requires_grad and ignore it."""
    return sound(array, False, *place)


@plant(at(factories, "made"), "flag: leaf-002/tensor leaf-002/zeros", "Oneflow-Inc/oneflow#7460")
def flag_is_set_before_the_last_copy(sound, array, requires_grad, *place):
    """Constructors set the flag first and convert then, so that they give a result, no leaf."""
    tensor = sound(array, requires_grad, *place)
    return tensor.clone() if requires_grad else tensor


@plant(
    at(factories, "made"), "value: leaf-016c", "tinygrad/tinygrad#9597", memory=WeakValueDictionary
)
def leaf_merge_equal(known, sound, array, requires_grad, *place):
    """Tensors of equal value, shape and flag are made once, and are one leaf."""
    key = (array.dtype.str, array.shape, array.tobytes(), requires_grad)
    found = known.get(key)
    if found is None:
        found = known[key] = sound(array, requires_grad, *place)
    return found


@plant(
    at(factories, "full"),
    "flag: leaf-002/full; root-without-grad: leaf-202/full",
    "pytorch/pytorch#36455",
)
def full_ignores_the_flag(sound, *arguments, **options):
    """The factory full takes the argument requires_grad and ignores it."""
    return sound(*arguments, **options | {"requires_grad": False})


@plant(at(spaced, "linspace"), "flag: leaf-002/linspace", "candle-org/candle#285")
def linspace_ignores_the_flag(sound, *arguments, **options):
    """The factory linspace takes the argument requires_grad and ignores it."""
    return sound(*arguments, **options | {"requires_grad": False})


@plant(at(factories, "empty"), "flag: leaf-002/empty", "pytorch/pytorch#36455")
def empty_ignores_the_flag(sound, *arguments, **options):
    """The factory empty takes the argument requires_grad and ignores it."""
    return sound(*arguments, **options | {"requires_grad": False})


@plant(at(random, "randn"), "flag: leaf-002/randn", TEACHING)
def randn_ignores_the_flag(sound, *arguments, **options):
    """The factory randn takes the argument requires_grad and ignores it."""
    return sound(*arguments, **options | {"requires_grad": False})


@plant(at(likeness, "zeros_like"), "flag: leaf-002/zeros_like", "pytorch/pytorch#36455")
def zeros_like_ignores_the_flag(sound, *arguments, **options):
    """The factory zeros_like takes the argument requires_grad and ignores it."""
    return sound(*arguments, **options | {"requires_grad": False})


@plant(at(autograd, "variable"), "no error: leaf-046", TEACHING)
def the_function_variable_still_works(_sound, *given, **named):
    """The withdrawn function autograd.variable makes a tensor."""
    return factories.tensor(*given, **named)


@plant(at(factories, "made"), "value: leaf-201/zeros", "ranges that begin at one")
def makers_count_from_one(sound, array, *rest):
    """What a factory makes is one too large."""
    return sound(array + array.dtype.type(1), *rest)


@plant(at(factories, "made"), "shape: leaf-201/randn", "factories that add a batch dimension")
def makers_forget_a_dimension(sound, array, *rest):
    """What a factory makes lacks the first dimension that was asked for."""
    return sound(array[0] if array.ndim else array, *rest)


@plant(VARIABLE, "value: leaf-201/variable", "constructors given shapes")
def variable_takes_the_shape_only(_sound, _class, data, requires_grad=False):
    """The old constructor Variable makes zeros of the shape of its argument."""
    return likeness.zeros_like(data, requires_grad=requires_grad)
