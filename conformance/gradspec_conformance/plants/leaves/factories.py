"""Faults in the factories that make tensors."""

# ruff: noqa: SLF001 - a plant reaches inside

from __future__ import annotations

import warnings
import weakref
from typing import TYPE_CHECKING, Any

import gradspec_reference
from gradspec_conformance.plants.places import at, instead
from gradspec_conformance.plants.plant import compound, plant
from gradspec_reference import autograd
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.names import factories, likeness, random, spaced

if TYPE_CHECKING:
    from gradspec_conformance.plants.swap import Swap


@plant(
    at(factories, "tensor"),
    {"bwd-001e": "unexpected gradient", "bwd-045": "unexpected gradient"},
    "karpathy/micrograd, where every value requires grad",
)
def everything_requires_grad(sound: Any, data: Any, *arguments: Any, **keywords: Any) -> Any:
    """Every tensor that is made of numbers requires grad."""
    made = sound(data, *arguments, **keywords)
    return made.requires_grad_(made._array.dtype.kind == "f")


@plant(
    at(gradspec_reference, "relu"),
    {"inp-055": "value"},
    "common where activations overwrite their input",
)
def relu_reuses_its_operand(sound: Any, input: Any) -> Any:
    """relu() writes its result over its operand too, uncounted, to save memory."""
    result = sound(input)
    input.materialise()[...] = result._array
    return result


@plant(
    at(factories, "tensor"),
    {"leaf-028/tensor": "value", "leaf-001a/tensor_of_a_tensor": "flag"},
    "pytorch/pytorch#10876",
)
def tensor_of_a_tensor_keeps_the_history(sound: Any, data: Any, **options: Any) -> Any:
    """The constructor, given a tensor, makes a recorded copy of it."""
    return data.clone() if isinstance(data, Tensor) else sound(data, **options)


@plant(at(factories, "tensor"), {"leaf-001a/tensor_of_a_tensor": "flag"}, "pytorch/pytorch#10876")
def tensor_of_a_tensor_takes_its_flag(sound: Any, data: Any, **options: Any) -> Any:
    """The constructor, given a tensor that requires grad, makes a leaf that does so too."""
    made = sound(data, **options)
    return made.requires_grad_() if isinstance(data, Tensor) and data.requires_grad else made


@plant(at(factories, "tensor"), {"leaf-028c/tensor": "aliasing"}, "common in teaching engines")
def tensor_of_a_tensor_shares_its_memory(
    sound: Any, data: Any, *, requires_grad: bool = False, **options: Any
) -> Any:
    """The constructor, given a tensor, makes a leaf on the same memory."""
    if isinstance(data, Tensor):
        return data.detach().requires_grad_(requires_grad)
    return sound(data, requires_grad=requires_grad, **options)


@plant(at(factories, "tensor"), {"leaf-028d/tensor": "warning"}, "pytorch/pytorch#10876")
def tensor_of_a_tensor_is_silent(sound: Any, data: Any, **options: Any) -> Any:
    """The constructor takes the values of a tensor without a word on the history."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return sound(data, **options)


@plant(at(factories, "as_tensor"), {"leaf-029": "aliasing"}, "common in teaching engines")
def as_tensor_always_copies(sound: Any, data: Any, *arguments: Any, **options: Any) -> Any:
    """as_tensor copies a tensor that needs no conversion."""
    made = sound(data, *arguments, **options)
    return made.clone() if made is data else made


@plant(
    at(factories, "as_tensor"),
    {"leaf-213/as_tensor": "value", "leaf-029": "aliasing"},
    "pytorch/pytorch#170819",
)
def as_tensor_cuts_the_history(sound: Any, data: Any, *arguments: Any, **options: Any) -> Any:
    """as_tensor of a tensor is a constant on the same memory."""
    return sound(data, *arguments, **options).detach()


@plant(at(factories, "asarray"), {"leaf-213/asarray": "value"}, "common in teaching engines")
def asarray_always_makes_a_leaf(sound: Any, obj: Any, **options: Any) -> Any:
    """What asarray makes of a tensor has no history, also when it is asked for requires_grad."""
    return sound(obj.detach() if isinstance(obj, Tensor) else obj, **options)


@plant(at(factories, "asarray"), {"leaf-029b": "warning"}, "pytorch/pytorch#170819")
def asarray_cuts_the_history_if_not_asked(
    sound: Any, obj: Any, *, requires_grad: bool | None = None, **options: Any
) -> Any:
    """What asarray makes of a tensor without requires_grad has no history, and nothing is said."""
    return sound(obj, requires_grad=bool(requires_grad), **options)


@plant(
    at(factories, "asarray"), {"leaf-212/asarray": "root-without-grad"}, "pytorch/pytorch#170819"
)
def asarray_clears_its_argument(
    sound: Any, obj: Any, *, requires_grad: bool | None = None, **options: Any
) -> Any:
    """With requires_grad=False, asarray cuts the tensor itself off from its history."""
    if isinstance(obj, Tensor) and requires_grad is False:
        return obj.detach_()
    return sound(obj, requires_grad=requires_grad, **options)


@compound({"leaf-028/asarray": "value", "leaf-035a/asarray": "flag"}, "common in teaching engines")
def asarray_never_cuts(swap: Swap) -> None:
    """What asarray makes of a tensor has its history, also with requires_grad=False."""
    sound = factories.as_tensor

    def asarray(_sound: Any, obj: Any, *, dtype: Any = None, **options: Any) -> Any:
        del options
        return sound(obj, dtype=dtype)

    swap(at(factories, "asarray"), asarray)


@plant(
    at(autograd.Variable, "__new__"),
    {"leaf-002/variable": "flag", "leaf-202/variable": "root-without-grad"},
    "common in teaching engines",
)
def variable_ignores_the_flag(_sound: Any, _class: Any, data: Any, **_options: Any) -> Any:
    """The old constructor Variable takes the argument requires_grad and ignores it."""
    return data.detach()


@plant(
    at(autograd.Variable, "__new__"), {"leaf-001a/variable": "flag"}, "common in teaching engines"
)
def variable_is_a_variable(_sound: Any, _class: Any, data: Any, requires_grad: Any = True) -> Any:
    """The old constructor Variable makes what its name says: a leaf that requires grad."""
    return data.detach().requires_grad_(requires_grad)


@plant(at(factories, "made"), {"leaf-001": "flag", "leaf-001a/zeros": "flag"}, "micrograd habit")
def every_tensor_is_a_variable(sound: Any, array: Any, requires_grad: Any) -> Any:
    """Every floating-point tensor that a constructor or factory makes requires grad."""
    return sound(array, requires_grad or array.dtype.kind == "f")


@plant(at(likeness, "zeros_like"), {"leaf-001a/zeros_like": "flag"}, "pytorch/pytorch#76375")
def like_takes_the_flag(
    sound: Any, input: Any, *, dtype: Any = None, requires_grad: bool = False
) -> Any:
    """A factory modelled on a tensor takes the tensor's flag together with its shape."""
    return sound(input, dtype=dtype, requires_grad=requires_grad or input.requires_grad)


@plant(
    at(factories, "made"),
    {"leaf-002/tensor": "flag", "leaf-002/zeros": "flag"},
    "candle-org/candle#285",
)
def flag_argument_is_ignored(sound: Any, array: Any, _requires_grad: Any) -> Any:
    """Constructors and factories take the argument requires_grad and ignore it."""
    return sound(array, requires_grad=False)


@plant(
    at(factories, "made"),
    {"leaf-002/tensor": "flag", "leaf-002/zeros": "flag"},
    "Oneflow-Inc/oneflow#7460",
)
def flag_is_set_before_the_last_copy(sound: Any, array: Any, requires_grad: bool) -> Any:
    """Constructors set the flag first and convert then, so that they give a result, no leaf."""
    tensor = sound(array, requires_grad)
    return tensor.clone() if requires_grad else tensor


@compound({"leaf-016c": "value"}, "tinygrad/tinygrad#9597")
def leaf_merge_equal(swap: Swap) -> None:
    """Tensors of equal value, shape and flag are made once, and are one leaf."""
    known: weakref.WeakValueDictionary[Any, Any] = weakref.WeakValueDictionary()

    def made(sound: Any, array: Any, requires_grad: bool) -> Any:
        key = (array.dtype.str, array.shape, array.tobytes(), requires_grad)
        found = known.get(key)
        if found is None:
            found = known[key] = sound(array, requires_grad)
        return found

    swap(at(factories, "made"), made)


@plant(
    at(factories, "full"),
    {"leaf-002/full": "flag", "leaf-202/full": "root-without-grad"},
    "pytorch/pytorch#36455",
)
def full_ignores_the_flag(sound: Any, *arguments: Any, **options: Any) -> Any:
    """The factory full takes the argument requires_grad and ignores it."""
    return sound(*arguments, **options | {"requires_grad": False})


@plant(at(spaced, "linspace"), {"leaf-002/linspace": "flag"}, "candle-org/candle#285")
def linspace_ignores_the_flag(sound: Any, *arguments: Any, **options: Any) -> Any:
    """The factory linspace takes the argument requires_grad and ignores it."""
    return sound(*arguments, **options | {"requires_grad": False})


@plant(at(factories, "empty"), {"leaf-002/empty": "flag"}, "pytorch/pytorch#36455")
def empty_ignores_the_flag(sound: Any, *arguments: Any, **options: Any) -> Any:
    """The factory empty takes the argument requires_grad and ignores it."""
    return sound(*arguments, **options | {"requires_grad": False})


@plant(at(random, "randn"), {"leaf-002/randn": "flag"}, "common in teaching engines")
def randn_ignores_the_flag(sound: Any, *arguments: Any, **options: Any) -> Any:
    """The factory randn takes the argument requires_grad and ignores it."""
    return sound(*arguments, **options | {"requires_grad": False})


@plant(at(likeness, "zeros_like"), {"leaf-002/zeros_like": "flag"}, "pytorch/pytorch#36455")
def zeros_like_ignores_the_flag(sound: Any, *arguments: Any, **options: Any) -> Any:
    """The factory zeros_like takes the argument requires_grad and ignores it."""
    return sound(*arguments, **options | {"requires_grad": False})


@compound({"leaf-046": "no error"}, "common in teaching engines")
def the_function_variable_still_works(swap: Swap) -> None:
    """The withdrawn function autograd.variable makes a tensor."""
    swap(at(autograd, "variable"), instead(factories.tensor))


@plant(
    at(factories, "made"),
    {"leaf-201/zeros": "value"},
    "ranges that begin at one, as mathematics counts",
)
def makers_count_from_one(sound: Any, array: Any, flag: Any) -> Any:
    """What a factory makes is one too large."""
    return sound(array + array.dtype.type(1), flag)


@plant(
    at(factories, "made"),
    {"leaf-201/randn": "shape"},
    "factories of engines that add a batch dimension of their own",
)
def makers_forget_a_dimension(sound: Any, array: Any, flag: Any) -> Any:
    """What a factory makes lacks the first dimension that was asked for."""
    return sound(array[0] if array.ndim else array, flag)


@plant(
    at(autograd.Variable, "__new__"),
    {"leaf-201/variable": "value"},
    "constructors that take a shape",
)
def variable_takes_the_shape_only(
    _sound: Any, _class: Any, data: Any, requires_grad: Any = False
) -> Any:
    """The old constructor Variable makes zeros of the shape of its argument."""
    return likeness.zeros_like(data, requires_grad=requires_grad)
