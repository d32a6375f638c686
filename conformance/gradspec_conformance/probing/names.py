"""What things are called in engines, as far as it is known: the guesses, a row a thing."""

from __future__ import annotations

from typing import Final

TENSORS: Final = (
    *("Tensor", "Value", "Variable", "Var", "Scalar", "Number", "Node", "Array", "Matrix"),
    *("Vector", "tensor", "NDArray", "Parameter"),
)
"""Classes, the likely ones first; any other class with a backward pass comes after them."""

MAKERS: Final = ("tensor", "variable", "array", "asarray", "as_tensor", "Tensor")
"""Functions that make tensors."""

GRADED: Final = (
    *("requires_grad=True", "constant=False", "requires_gradient=True", "require_grad=True"),
    *("needs_grad=True", "need_grad=True", "track=True", "trainable=True", "is_variable=True"),
)
"""How a maker is told that a gradient is wanted."""

PASSES: Final = (
    *("backward", "backprop", "back_propagate", "backpropagate", "backward_pass", "back"),
    *("run_backward", "compute_gradients", "calc_grad", "autograd"),
)

GRADIENTS: Final = (
    *("grad", "gradient", "_grad", "g", "adjoint", "adj", "derivative", "dv", "d", "bar"),
)
"""Attributes, or methods without arguments."""

VALUES: Final = (
    *("data", "value", "val", "array", "_data", "item", "values", "v", "detach().numpy", "numpy"),
    *("realize().numpy", "to_numpy", "asnumpy", "cpu().numpy", "tolist", "get_value", "_value"),
    "x",
)
"""Attributes or methods without arguments that show what a tensor holds."""

STORES: Final = (
    *("data.data", "data._data", "_data.data", "_data._data", "data.flat", "data.values"),
    *("data.storage", "data.buffer", "storage", "_storage", "_data", "data", "values", "buffer"),
)
"""Attributes that hold the numbers in a row, beside a shape."""

NUMBER_MAKERS: Final = (
    "adnumber",
    "dual",
    "make_dual",
    "make_variable",
    "variable",
    "scalar",
    "var",
)
"""Functions that make numbers that carry derivatives."""

SHOWN: Final = ("value", "val", "real", "x", "v", "f", "re", "a", "primal", "data", "item", "evalf")
"""Attributes or methods without arguments that show the value of such a number."""

CARRIED: Final = (
    *("derivative", "deriv", "der", "d", "dual", "dot", "tangent", "grad", "gradient", "eps"),
    *("epsilon", "dx", "dval", "jacobian", "jac", "partial", "imag", "b"),
)
"""Attributes or methods without arguments that show the derivative it carries."""

SLOPES: Final = (
    *(
        "d",
        "diff",
        "derivative",
        "deriv",
        "gradient",
        "grad",
        "partial",
        "jacobian",
        "differentiate",
    ),
    *("derivatives", "gradients", "der", "partials", "get_gradient", "get_gradients"),
)
"""Methods of a result, and functions, that give its derivative by an input."""

SYMBOLS: Final = ("sym", "symbol", "Symbol")
"""What makes a symbol of an expression."""

OF_FUNCTIONS: Final = (
    *("grad", "gradient", "derivative", "value_and_grad", "grad_and_value", "jacobian", "jac"),
    *("jacrev", "jacfwd", "jacobian_forward", "deriv", "diff", "differentiate", "derive"),
    *("compute_gradient", "get_gradient", "elementwise_grad", "forward_grad", "gradient_of"),
)
"""Functions of a function, which give its derivative, or a function of the derivative."""

CLEARINGS: Final = (
    *("$x.zero_grad()", "$x.null_grad()", "$x.clear_grad()", "$x.cleargrad()", "$x.reset_grad()"),
    *("$x.clear_gradient()", "$x.zero_gradient()", "$x.null_gradients()"),
)

COTANGENTS: Final = (
    *("", "gradient", "grad", "grad_output", "gradients", "cotangent", "seed", "upstream"),
    *("out_grad", "output_grad", "output_gradient", "upstream_grad", "initial_grad", "dy"),
)
"""Parameters of a pass that take the cotangent; the empty one is the first."""

FLAGS: Final = (
    *("$x.requires_grad", "not $x.constant", "$x.requires_gradient", "$x.require_grad"),
    *("$x.needs_grad", "$x.need_grad", "$x.trainable"),
)

LEAVES: Final = (
    *("$x.is_leaf", "$x.is_leaf()", "$x.isleaf", "$x.creator is None", "$x.grad_fn is None"),
)

NO_GRAD: Final = (
    *("no_grad", "no_autodiff", "no_record", "stop_recording", "no_backprop_mode", "no_tape"),
    *("NoGrad", "disable_grad", "inference_mode"),
)

ENABLE_GRAD: Final = ("enable_grad", "EnableGrad", "force_backprop_mode")

SWITCHES: Final = ("set_grad_enabled", "set_grad_enable", "SetGrad", "grad_mode")

ENABLED: Final = (
    *("is_grad_enabled", "is_grad_enable", "grad_enabled", "Config.enable_backprop"),
    *("config.enable_backprop", "is_recording", "grad_is_enabled"),
)
"""Functions without arguments, or variables."""

RESETS: Final = (
    *("reset", "clear", "reset_graph", "clear_graph", "free", "free_graph", "reset_tape"),
    *("clear_tape", "clear_state", "reset_state", "new_graph", "erase", "flush"),
)

MODULES_APART: Final = frozenset(
    {
        *("test", "tests", "testing", "setup", "conftest", "example", "examples", "demo", "demos"),
        *("cli", "main", "train", "training", "benchmark", "benchmarks", "bench", "viz", "plot"),
        *("visualize", "visualization", "visualise", "draw", "datasets", "dataset", "download"),
        *("cuda", "gpu", "scripts", "docs", "models", "typing", "apps", "app", "server"),
    }
)
"""Modules of a package that are not imported only to look."""

DATA_TYPES: Final = ("np.NAME", "{module}.NAME", "{module}.dtypes.NAME", "'NAME'")

OPERATORS: Final[dict[str, str]] = {
    "div": "div divide true_divide",
    "sub": "sub subtract",
    "mul": "mul multiply",
    "pow": "pow power",
    "neg": "neg negative",
    "abs": "abs absolute fabs",
    "mm": "mm matmul dot",
    "mv": "mv matmul dot",
    "dot": "dot matmul",
    "remainder": "remainder mod",
    "clamp": "clamp clip",
    "sigmoid": "sigmoid sigm logistic",
    "log": "log ln",
    "relu": "relu ReLU",
    "tanh": "tanh Tanh",
    "reciprocal": "reciprocal recip",
    "square": "square sqr",
    "sign": "sign sgn",
    "where": "where select cond",
    "eq": "eq equal equals",
    "ne": "ne not_equal",
    "lt": "lt less",
    "le": "le less_equal",
    "gt": "gt greater",
    "ge": "ge greater_equal",
    "amax": "amax max",
    "amin": "amin min",
    "log_softmax": "log_softmax logsoftmax",
    "cat": "cat concat concatenate",
    "transpose": "transpose swapaxes",
    "permute": "permute transpose",
    "t": "t T transpose",
    "flatten": "flatten ravel",
    "expand": "expand broadcast_to",
    "broadcast_to": "broadcast_to expand",
    "unsqueeze": "unsqueeze expand_dims",
    "movedim": "movedim moveaxis",
    "repeat": "repeat tile",
    "take_along_dim": "take_along_dim take_along_axis",
    "to": "to astype cast",
}
"""What an operator may be called, where that is not only torch's own name."""

SIGNS: Final[dict[str, str]] = {
    "abs": "abs($x)",
    "remainder": "$x % $other",
    "mm": "$x @ $mat2",
    "mv": "$x @ $vec",
    "dot": "$x @ $tensor",
    "pow": "$x ** $exponent",
    "eq": "$x == $other",
    "ne": "$x != $other",
}
"""Signs of Python that the catalogue does not give."""

ARGUMENTS: Final[dict[str, str]] = {
    "dim": "axis dim",
    "dims": "axes axis dims dim",
    "keepdim": "keepdims keepdim keep_dims",
    "correction": "correction ddof",
    "min": "min a_min low min_value minimum min_",
    "max": "max a_max high max_value maximum max_",
    "diagonal": "diagonal k",
    "shape": "shape newshape",
    "size": "shape size",
}
"""Parameters, where they may not only be called as torch calls them."""

LEFT_OUT: Final = frozenset({"out", "alpha", "dtype", "requires_grad"})
"""Optional arguments that are not guessed at."""

NOT_GUESSED: Final = frozenset(
    {
        *("Variable", "tensor_from", "as_tensor", "asarray", "new_tensor", "detach", "contiguous"),
        *("view", "as_strided", "unsafe_split", "unsafe_chunk", "resize_", "detach_"),
    }
)
"""Operators that no sample shows: what matters is memory or history."""

FORWARDING: Final = frozenset({"clone", "to", "float", "double", "contiguous"})
"""Operators that have to pass a gradient on, or they are another function of a like name."""

LIKE_ELSEWHERE: Final[dict[str, tuple[str, ...]]] = {
    "var": ("ddof=1", "correction=1"),
    "std": ("ddof=1", "correction=1"),
}
"""What is always said besides, in an engine with other defaults."""

AGAIN: Final = frozenset({"dot", "mm", "mv"})
"""Operators that are a product of matrices again: where that is wrong, they show no more."""

ARRAYS_WILL_DO: Final = frozenset({"eq", "ne", "lt", "le", "gt", "ge"})
"""Operators whose result may be an array of NumPy's, which has no flag."""
