"""Classes of tensors: a caller's own, which say what some functions give for them.

A class is a thing of the engine, as a function is.
"""

from __future__ import annotations

from typing import Final

from gradspec.port.act import act

PLAIN: Final = "class _Derived(torch.Tensor):\n    pass\n$result = _Derived"

ANSWERING: Final = """class _Answering(torch.Tensor):
    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        if func.__name__ == $overridden:
            return $answer(kwargs or {})
        return super().__torch_function__(func, types, args, kwargs)
$result = _Answering"""

CLASSES: Final = (
    act(
        "tensor_class",
        "overridden=None, answer: answer=None",
        "Make a class of tensors, for which the function answers what is called by this name, "
        "by the options that it was called with.",
        gives="function",
        some=True,
        on="ag",
        torch=(PLAIN, ANSWERING),
    ),
    act(
        "as_subclass",
        "x, cls",
        "Give a tensor of a class that stays attached to what it was made of.",
        gives="tensor",
        some=True,
        word="tensor_class",
        torch="$x.as_subclass($cls)",
    ),
    act(
        "is_of_class",
        "x, cls",
        "Say whether a tensor is of a class.",
        gives="flag",
        word="tensor_class",
        torch="isinstance($x, $cls)",
    ),
)
