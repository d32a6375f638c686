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
    bundle: str,
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
        bundle=bundle if word is None else "",
    )
    value = "dtype" if gives == "dtype" else "value"
    language = "python" if python else "torch"
    assigning = {language: f"$x.{name} = ${value}"}
    yield act(f"set:{name}", f"x, {value}", f"Assign {doc}.", bundle=bundle, **assigning)


ATTRIBUTES: Final = (
    *_attribute("grad", "tensor", "the gradient", python="$x.grad", word="tape", bundle="tape"),
    act(
        "clear:grad",
        "x",
        "Assign None to the gradient.",
        said="grad",
        python="$x.grad = None",
        bundle="tape",
    ),
    act(
        "del:grad",
        "x",
        "Delete the gradient, as `del x.grad` does.",
        python="del $x.grad",
        bundle="tape",
    ),
    *_attribute("requires_grad", "flag", "the flag", torch="$x.requires_grad", bundle="flags"),
    *_attribute(
        "is_leaf", "flag", "whether nothing recorded made it", torch="$x.is_leaf", bundle="flags"
    ),
    *_attribute(
        "grad_fn", "node", "the node that made it", torch="$x.grad_fn", bundle="graph_introspection"
    ),
    *_attribute(
        "output_nr",
        "number",
        "which output of its node it is",
        torch="$x.output_nr",
        bundle="graph_introspection",
    ),
    *_attribute(
        "retains_grad",
        "flag",
        "whether it keeps its gradient",
        torch="$x.retains_grad",
        bundle="retain_grad",
    ),
    *_attribute("data", "tensor", "the values outside the graph", torch="$x.data", bundle="detach"),
    *_attribute(
        "grad_dtype",
        "dtype",
        "the data type of its gradient",
        torch="$x.grad_dtype",
        bundle="dtypes",
    ),
    *_attribute(
        "version", "number", "the count of writes in place", torch="$x._version", bundle="inplace"
    ),
    *_attribute(
        "base", "tensor", "the tensor that it is a view of", torch="$x._base", bundle="views"
    ),
    *_attribute("is_view", "flag", "whether it is a view", torch="$x._is_view()", bundle="views"),
    *_attribute("strides", "numbers", "the strides", torch="$x.stride()", bundle="layout"),
    *_attribute(
        "is_contiguous",
        "flag",
        "whether entries lie in order",
        torch="$x.is_contiguous()",
        bundle="layout",
    ),
    act(
        "is_complex",
        "x",
        "Say whether its entries are complex numbers.",
        gives="flag",
        on="tensor",
        torch="$x.is_complex()",
    ),
    act(
        "is_conj",
        "x",
        "Say whether it is a conjugate that is yet to be computed.",
        gives="flag",
        on="tensor",
        torch="$x.is_conj()",
    ),
)
"""Each read as `get:NAME` and assigned as `set:NAME`."""
