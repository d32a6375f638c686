"""The catalogue of operators: each a name with torch's meaning and torch's signature.

An engine declares the operators that it has as `op:NAME`.  The arithmetic of the host
language (`BASIC`) comes with the group `values` and is not declared one by one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Operator:
    """One operator: its name, and the group it belongs to."""

    name: str
    group: str

    @property
    def capability(self) -> str:
        """The word by which an engine declares it."""
        return self.group if self.name in BASIC else f"op:{self.name}"


def _family(group: str, names: str) -> dict[str, Operator]:
    return {name: Operator(name, group) for name in names.split()}


BASIC: Final = frozenset({"add", "sub", "mul", "div", "neg", "pow"})

OPERATORS: Final[dict[str, Operator]] = {
    # arithmetic and pointwise functions
    **_family("values", "add sub mul div neg pow"),
    **_family(
        "values",
        "abs sign exp expm1 log log1p sqrt rsqrt reciprocal square sin cos tan sinh cosh tanh "
        "sigmoid relu maximum minimum where clamp floor round remainder heaviside",
    ),
    **_family("dtypes", "eq ne lt le gt ge logical_not isnan"),
    # reductions and selections
    **_family(
        "arrays",
        "sum mean prod var std amax amin max min logsumexp softmax log_softmax cumsum norm "
        "argmax argmin sort topk median all any",
    ),
    # products
    **_family("arrays", "matmul dot mv mm outer"),
    # shapes; those that torch documents as views alias their argument
    **_family(
        "arrays",
        "view reshape flatten transpose permute t movedim expand squeeze unsqueeze narrow select "
        "diagonal unfold split chunk unbind unsafe_split unsafe_chunk as_strided contiguous "
        "view_as expand_as flip roll repeat tril triu cat stack getitem index_select gather "
        "masked_fill take_along_dim broadcast_to",
    ),
    # copies, conversions and cuts
    **_family("tape", "clone"),
    **_family("detach", "detach"),
    **_family("dtypes", "to float double long"),
    **_family("tape", "as_tensor asarray new_tensor tensor_from Variable variable"),
    # factories
    **_family(
        "arrays",
        "zeros ones full empty arange linspace eye rand randn zeros_like ones_like full_like "
        "empty_like",
    ),
    # written in place: the name without its underscore is the operator
    **_family(
        "inplace",
        "add_ sub_ mul_ div_ pow_ neg_ abs_ exp_ log_ sqrt_ sin_ cos_ tanh_ sigmoid_ relu_ clamp_ "
        "zero_ fill_ copy_ masked_fill_ setitem iadd isub imul itruediv ipow squeeze_ unsqueeze_ "
        "t_ transpose_ resize_ detach_",
    ),
}
"""Name -> operator.  `getitem`, `setitem` and `iadd` are `x[i]`, `x[i] = v` and `x += v`."""

MULTIPLE: Final = frozenset(
    {"split", "chunk", "unbind", "unsafe_split", "unsafe_chunk", "sort", "topk"}
)
"""Operators that return several tensors whatever their arguments."""

MULTIPLE_ALONG_DIMENSION: Final = frozenset({"max", "min", "median"})
"""Operators that return values and indices when a dimension is given."""


def returns_several(name: str, operands: int, parameters: frozenset[str]) -> bool:
    """Say whether a call returns several tensors rather than one."""
    along_dimension = "dim" in parameters or operands > 1
    return name in MULTIPLE or (name in MULTIPLE_ALONG_DIMENSION and along_dimension)
