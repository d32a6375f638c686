"""What nodes show of what they saved, where torch's formulas have other names than the table's.

A node shows as `_saved_<name>` what its row saves and its params.  Start at `shown_by`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from gradspec_reference.engine.node import Node
    from gradspec_reference.operators import Operator

Look = Callable[["Node"], Any]

OF_THIS_ENGINE: Final = frozenset({"draw", "generator", "key", "origin", "self_geometry"})
"""Arguments that rules of this engine are given, and nodes of torch do not have."""
HIDDEN: Final = {
    "AvgPool2DBackward0": "bins divisors self_sym_sizes",
    "CatBackward0": "starts",
    "ConstantPadNdBackward0": "padding value",
    "ConvolutionBackward0": "input_sym_sizes size weight_sym_sizes",
    "CummaxBackward0": "self_sym_sizes",
    "CumminBackward0": "self_sym_sizes",
    "DiagEmbedBackward0": "size",
    "EmbeddingBackward0": "weight_sym_sizes",
    "ExpandBackward0": "size",
    "FftR2CBackward0": "self_sym_sizes",
    "IndexAddBackward0": "source_sym_sizes",
    "IndexCopyBackward0": "source_sym_sizes",
    "IndexFillBackward0": "value",
    "LinalgEighBackward0": "UPLO",
    "LinalgPinvBackward0": "rcond",
    "MaskedFillBackward0": "value",
    "MaxPool2DWithIndicesBackward0": "count",
    "NanToNumBackward0": "nan neginf posinf",
    "NativeLayerNormBackward0": "dim eps",
    "ReflectionPad2DBackward0": "self_sym_sizes",
    "ReplicationPad2DBackward0": "self_sym_sizes",
    "RsubBackward1": "other",
    "ScatterAddBackward0": "src_sym_sizes",
    "ScatterBackward0": "src_sym_sizes",
    "ScatterBackward1": "value",
    "TakeBackward0": "self_sym_sizes",
    "ThresholdBackward0": "value",
    "ToCopyBackward0": "dtype",
    "UnbindBackward0": "self_sym_sizes",
    "UnsqueezeBackward0": "self_sym_sizes",
    "UnsqueezeBackward1": "self_sym_sizes",
    "ViewBackward0": "size",
}
"""What a row of the table needs and a node of torch does not have, by the node's name."""
RENAMED: Final = {
    "LinalgCholeskyExBackward0": {"result": "L"},
    "LinalgDetBackward0": {"self": "A"},
    "LinalgInvExBackward0": {"result": "inverse"},
    "LinalgSlogdetBackward0": {"self": "A"},
    "MaxPool2DWithIndicesBackward0": {"indices": "result1"},
    "NativeLayerNormBackward0": {"self": "input"},
}
"""The name in a row -> the name in torch."""
PARTS: Final = {
    "LinalgEighBackward0": ("eigenvalues", "eigenvectors"),
    "LinalgQrBackward0": ("Q", "R"),
    "LinalgSvdBackward0": ("U", "S", "Vh"),
}
"""Names of the results that are saved, which rows save as one list."""
CHOOSING: Final = frozenset(
    {"KthvalueBackward0", "MaxBackward0", "MedianBackward1", "MinBackward0", "ModeBackward0"}
)
"""Nodes whose indices are of the result's shape; rows keep them with the dimension."""
REDUCTIONS: Final = {"none": 0, "mean": 1, "sum": 2}
LARGEST: Final = 1 << 64
"""Below which torch shows negative numbers, as those without a sign."""


def sizes_of(position: int) -> Look:
    """Look at the shape of an operand, which its edge knows."""

    def sizes(node: Node) -> Any:
        target, number = node.next_functions[position]
        if target is None:
            return ()
        return target.shape if target.shape is not None else target.outputs[number][0]

    return sizes


def strides_of(position: int, name: str) -> Look:
    """Look at the strides of an operand; where it was not saved itself, of one in rows."""

    def strides(node: Node) -> Any:
        if name in node.operator.saved_names and getattr(node, f"_saved_{name}") is not None:
            return getattr(node, f"_saved_{name}").stride()
        shape = sizes_of(position)(node)
        return tuple(math.prod(shape[n + 1 :]) for n in range(len(shape)))

    return strides


def param(name: str) -> Look:
    """Look at an argument."""

    def look(node: Node) -> Any:
        return node.params[node.operator.param_names.index(name)]

    return look


def unless_all(nothing: Any) -> Look:
    """Look at dimensions; where they are all, none were named."""

    def look(node: Node) -> Any:
        dims = param("dim")(node)
        return nothing if len(dims) == len(sizes_of(0)(node)) else dims

    return look


def correction(node: Node) -> Any:
    """Look at the correction; none was given where there were no dimensions, and it is 1."""
    given = param("correction")(node)
    return None if given == 1 and unless_all(None)(node) is None else given


def count_of_entries(node: Node) -> int:
    """Look at how many numbers the operand has."""
    return math.prod(sizes_of(0)(node))


def reduction(node: Node) -> Any:
    """Look at torch's number of a reduction."""
    return REDUCTIONS[param("reduction")(node)]


def without_sign(name: str) -> Look:
    """Look at a number as torch shows it."""
    return lambda node: param(name)(node) % LARGEST


def constant(value: Any) -> Look:
    """Show what there is no choice of here."""
    return lambda _node: value


MADE: Final[dict[str, dict[str, Look]]] = {
    "AddmmBackward0": {
        "mat1_sym_sizes": sizes_of(1),
        "mat1_sym_strides": strides_of(1, "mat1"),
        "mat2_sym_sizes": sizes_of(2),
        "mat2_sym_strides": strides_of(2, "mat2"),
    },
    "AmaxBackward0": {"dim": unless_all(())},
    "AminBackward0": {"dim": unless_all(())},
    "BinaryCrossEntropyBackward0": {"reduction": reduction},
    "EmbeddingBackward0": {
        "padding_idx": without_sign("padding_idx"),
        "sparse": constant(False),
        "weight_sym_argsize_0": lambda node: sizes_of(0)(node)[0],
    },
    "ExpandBackward0": {"self_sym_sizes": sizes_of(0)},
    "GatherBackward0": {"sparse_grad": constant(False)},
    "HuberLossBackward0": {"reduction": reduction},
    "LinalgCholeskyExBackward0": {"upper": constant(False)},
    "LinalgSolveExBackward0": {"left": constant(True)},
    "LinalgVectorNormBackward0": {"dim": unless_all(None)},
    "MeanBackward0": {"self_sym_numel": count_of_entries},
    "MeanBackward1": {"self_sym_numel": count_of_entries},
    "MmBackward0": {
        "mat2_sym_sizes": sizes_of(1),
        "mat2_sym_strides": strides_of(1, "mat2"),
        "self_sym_sizes": sizes_of(0),
        "self_sym_strides": strides_of(0, "self"),
    },
    "MseLossBackward0": {"reduction": reduction},
    "NansumBackward0": {"dim": unless_all(None)},
    "NllLossBackward0": {"reduction": reduction},
    "NormalBackward1": {"mean_sym_sizes": sizes_of(0)},
    "SmoothL1LossBackward0": {"reduction": reduction},
    "SplitBackward0": {"split_size": lambda node: param("split_size")(node)[0]},
    "SqueezeBackward1": {"dim": lambda node: param("dim")(node)[0]},
    "StdBackward0": {"dim": unless_all(None), "correction": correction},
    "VarBackward0": {"dim": unless_all(None), "correction": correction},
}
"""What torch shows otherwise, or besides, and how it follows from what a node has."""


def shown_by(operator: Operator) -> dict[str, str]:
    """Return torch's name of each thing that a row saves, or is told -> the row's name."""
    node = operator.node
    renamed = RENAMED.get(node, {})
    hidden = HIDDEN.get(node, "").split()
    own = [name for name in operator.param_names if name not in OF_THIS_ENGINE]
    names = {
        renamed.get(called(name), called(name)): name for name in (*operator.saved_names, *own)
    }
    if node in PARTS:
        names.pop("result", None)
    return {name: own for name, own in names.items() if name not in hidden}


def called(name: str) -> str:
    """Return what torch calls a saved value in most formulas."""
    return "indices" if name == "all_indices" else name.replace("_shape", "_sym_sizes")
