"""The attributes of a tensor: what reading each gives, and which can be assigned or deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gradspec.port.act import Act, act

if TYPE_CHECKING:
    from collections.abc import Iterator


def _attribute(
    name: str,
    gives: str,
    doc: str,
    *,
    torch: str = "",
    python: str = "",
    word: str | None = None,
) -> Iterator[Act]:
    read = f"Read {doc}."
    yield act(
        f"get:{name}",
        "x",
        read,
        gives=gives,
        attribute=True,
        torch=torch,
        python=python,
        word=word,
    )
    value = "dtype" if gives == "dtype" else "value"
    language = "python" if python else "torch"
    yield act(f"set:{name}", f"x, {value}", f"Assign {doc}.", **{language: f"$x.{name} = ${value}"})


ATTRIBUTES: Final = (
    *_attribute("grad", "tensor", "the gradient", python="$x.grad", word="tape"),
    act("clear:grad", "x", "Assign None to the gradient.", said="grad", python="$x.grad = None"),
    act("del:grad", "x", "Delete the gradient, as `del x.grad` does.", python="del $x.grad"),
    *_attribute("requires_grad", "flag", "the flag", torch="$x.requires_grad"),
    *_attribute("is_leaf", "flag", "whether nothing recorded made it", torch="$x.is_leaf"),
    *_attribute("grad_fn", "node", "the node that made it", torch="$x.grad_fn"),
    *_attribute("output_nr", "number", "which output of its node it is", torch="$x.output_nr"),
    *_attribute("retains_grad", "flag", "whether it keeps its gradient", torch="$x.retains_grad"),
    *_attribute("data", "tensor", "the values outside the graph", torch="$x.data"),
    *_attribute("grad_dtype", "dtype", "the data type of its gradient", torch="$x.grad_dtype"),
    *_attribute("version", "number", "the count of writes in place", torch="$x._version"),
    *_attribute("base", "tensor", "the tensor that it is a view of", torch="$x._base"),
    *_attribute("is_view", "flag", "whether it is a view", torch="$x._is_view()"),
    *_attribute("strides", "numbers", "the strides", torch="$x.stride()"),
    *_attribute(
        "is_contiguous", "flag", "whether entries lie in order", torch="$x.is_contiguous()"
    ),
)
"""Each read as `get:NAME` and assigned as `set:NAME`."""
