"""The catalogue of operators: each a name with torch's meaning and torch's signature.

`x` is the tensor that torch calls `input` or `self`.  Written in place, `NAME_` is called as `NAME`
is.  An engine that has an operator declares `op:NAME`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from gradspec.catalogue.signature import Signature

if TYPE_CHECKING:
    from collections.abc import Iterable

ALWAYS: Final = "always"


@dataclass(frozen=True, slots=True)
class Operator:
    """One operator.

    `several` says when it returns several tensors: `always`, or the parameter that must be given.
    `sign` is how Python writes it, where it has a sign; `torch` how torch does, where it is neither
    `torch.NAME(...)` nor, with `method`, `x.NAME(...)`.
    """

    name: str
    signature: Signature
    several: str = ""
    sign: str = ""
    torch: str = ""
    method: bool = False
    inplace: bool = False

    def gives_several(self, given: Iterable[str]) -> bool:
        """Say whether a call with these arguments returns several tensors."""
        return self.several == ALWAYS or (bool(self.several) and self.several in given)


def _alike(names: str, parameters: str, **more: Any) -> list[Operator]:
    signature = Signature.read(parameters)
    return [Operator(name, signature, **more) for name in names.split()]


def _signs(parameters: str, **signs: str) -> list[Operator]:
    second = parameters.split(", ")[1]
    signature = Signature.read(parameters)
    return [Operator(n, signature, sign=f"$x {sign} ${second}") for n, sign in signs.items()]


OUT_OF_PLACE: Final = (
    # arithmetic
    *_signs("x, other, *, alpha=1, out=None", add="+", sub="-"),
    *_signs("x, other, *, out=None", mul="*", div="/"),
    *_signs("x, exponent", pow="**"),
    *_alike("neg", "x", sign="-$x"),
    *_alike("maximum minimum remainder", "x, other"),
    *_alike("heaviside", "x, values"),
    # functions of each entry
    *_alike("abs sign exp expm1 log log1p sqrt rsqrt reciprocal square", "x"),
    *_alike("sin cos tan sinh cosh tanh sigmoid relu floor round", "x"),
    *_alike("clamp", "x, min=None, max=None", method=True),
    *_alike("where", "condition, x, other"),
    # comparisons
    *_signs("x, other", gt=">", ge=">=", lt="<", le="<="),
    *_alike("eq ne", "x, other"),
    *_alike("logical_not isnan", "x"),
    # reductions
    *_alike("sum mean prod argmax argmin all any", "x, dim=None, keepdim=False"),
    *_alike("amax amin", "x, dim=(), keepdim=False"),
    *_alike("var std", "x, dim=None, *, correction=1, keepdim=False"),
    *_alike("max min median", "x, dim=None, keepdim=False", several="dim"),
    *_alike("norm", "x, p='fro', dim=None, keepdim=False"),
    *_alike("logsumexp", "x, dim, keepdim=False"),
    *_alike("softmax log_softmax cumsum", "x, dim"),
    *_alike("sort", "x, dim=-1, descending=False", several=ALWAYS),
    *_alike("topk", "x, k, dim=-1, largest=True, sorted=True", several=ALWAYS),
    # products
    *_signs("x, other", matmul="@"),
    *_alike("dot", "x, tensor"),
    *_alike("mv", "x, vec"),
    *_alike("mm", "x, mat2"),
    *_alike("outer", "x, vec2"),
    # shapes; those that torch documents as views alias their argument
    *_alike("view", "x, *shape", method=True),
    *_alike("reshape", "x, *shape"),
    *_alike("flatten", "x, start_dim=0, end_dim=-1"),
    *_alike("transpose", "x, dim0, dim1"),
    *_alike("permute flip", "x, *dims"),
    *_alike("t contiguous", "x", method=True),
    *_alike("movedim", "x, source, destination"),
    *_alike("expand", "x, *size", method=True),
    *_alike("broadcast_to", "x, size"),
    *_alike("squeeze", "x, dim=None"),
    *_alike("unsqueeze", "x, dim"),
    *_alike("narrow", "x, dim, start, length"),
    *_alike("select", "x, dim, index"),
    *_alike("diagonal", "x, offset=0, dim1=0, dim2=1"),
    *_alike("unfold", "x, dimension, size, step", method=True),
    *_alike("split", "x, split_size_or_sections, dim=0", several=ALWAYS),
    *_alike("unsafe_split", "x, split_size, dim=0", several=ALWAYS),
    *_alike("chunk unsafe_chunk", "x, chunks, dim=0", several=ALWAYS),
    *_alike("unbind", "x, dim=0", several=ALWAYS),
    *_alike("as_strided", "x, size, stride, storage_offset=None"),
    *_alike("view_as expand_as", "x, other", method=True),
    *_alike("roll", "x, shifts, dims=None"),
    *_alike("repeat", "x, *repeats", method=True),
    *_alike("tril triu", "x, diagonal=0"),
    *_alike("cat stack", "tensors, dim=0"),
    # selections
    *_alike("getitem", "x, index", sign="$x[$index]"),
    *_alike("index_select gather", "x, dim, index"),
    *_alike("take_along_dim", "x, indices, dim=None"),
    *_alike("masked_fill", "x, mask, value"),
    # copies, conversions and cuts
    *_alike("clone", "x"),
    *_alike("detach float double long", "x", method=True),
    *_alike("to", "x, dtype", method=True),
    *_alike("as_tensor", "data, dtype=None"),
    *_alike("asarray", "obj, *, dtype=None, copy=None, requires_grad=False"),
    *_alike("new_tensor", "x, data, *, dtype=None, requires_grad=False", method=True),
    *_alike(
        "tensor_from",
        "data, *, dtype=None, requires_grad=False",
        torch="torch.tensor($data, $(dtype=$dtype), $(requires_grad=$requires_grad))",
    ),
    *_alike(
        "Variable",
        "data, requires_grad=False",
        torch="torch.autograd.Variable($data, $(requires_grad=$requires_grad))",
    ),
    *_alike("variable", "data", torch="torch.autograd.variable($data)"),
    # factories
    *_alike("zeros ones empty rand randn", "*size, dtype=None, requires_grad=False"),
    *_alike("full", "size, fill_value, *, dtype=None, requires_grad=False"),
    *_alike(
        "arange",
        "start, end=None, step=1, *, dtype=None, requires_grad=False",
        torch="torch.arange($start, $($end), $($step), $(dtype=$dtype), "
        "$(requires_grad=$requires_grad))",
    ),
    *_alike("linspace", "start, end, steps, *, dtype=None, requires_grad=False"),
    *_alike("eye", "n, m=None, *, dtype=None, requires_grad=False"),
    *_alike("zeros_like ones_like empty_like", "x, *, dtype=None, requires_grad=False"),
    *_alike("full_like", "x, fill_value, *, dtype=None, requires_grad=False"),
)

NAMES: Final = {operator.name: operator for operator in OUT_OF_PLACE}


def _in_place(names: str) -> list[Operator]:
    return [
        Operator(f"{name}_", NAMES[name].signature, method=True, inplace=True)
        for name in names.split()
    ]


def _augmented(**signs: str) -> list[Operator]:
    signature = Signature.read("x, other")
    return [
        Operator(name, signature, sign=f"$result = $x\n$result {sign} $other", inplace=True)
        for name, sign in signs.items()
    ]


IN_PLACE: Final = (
    *_in_place("add sub mul div pow neg abs exp log sqrt sin cos tanh sigmoid relu clamp"),
    *_in_place("masked_fill squeeze unsqueeze t transpose detach"),
    *_alike("zero_", "x", method=True, inplace=True),
    *_alike("fill_", "x, value", method=True, inplace=True),
    *_alike("copy_", "x, other", method=True, inplace=True),
    *_alike("resize_", "x, *size", method=True, inplace=True),
    *_alike("setitem", "x, index, value", sign="$x[$index] = $value\n$x", inplace=True),
    *_augmented(iadd="+=", isub="-=", imul="*=", itruediv="/=", ipow="**="),
)

OPERATORS: Final[dict[str, Operator]] = {o.name: o for o in (*OUT_OF_PLACE, *IN_PLACE)}
"""Name -> operator.  `getitem`, `setitem` and `iadd` are `x[i]`, `x[i] = v` and `x += v`."""

BASIC: Final = ("add", "sub", "mul", "div", "neg", "pow")
"""The arithmetic of the host language, which a Python adapter declares with `values`."""
