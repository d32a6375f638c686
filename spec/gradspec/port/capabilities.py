"""What an engine may or may not be able to do, as data.

An engine declares a set of these words; a clause names the words that it needs.  Besides
the groups there is one word for each data type (`dtype:float64`) and each operator
(`op:softmax`).  What an engine does not declare it is never asked for: the clause is
*unsupported* there, and counted as such.
"""

from __future__ import annotations

from typing import Final

GROUPS: Final[dict[str, str]] = {
    "values": "makes a tensor from a NumPy array, applies an operator, gives an array back",
    "arrays": "tensors of any shape, not numbers only",
    "tape": "leaves that require grad, backward() from a scalar, a leaf's grad read and cleared",
    "flags": "requires_grad and is_leaf can be read and set",
    "cotangent": "backward() from any shape with a given cotangent; several roots; inputs=",
    "grad_api": "grad(outputs, inputs), a query that leaves .grad alone",
    "vjp": "the vector-Jacobian product of a function (derived from backward on a tape)",
    "retain_graph": "backward frees the saved values, and retain_graph keeps them",
    "create_graph": "the backward pass can be differentiated",
    "retain_grad": "gradients of intermediates are kept on request",
    "detach": "a tensor can be cut out of the graph",
    "modes": "no_grad, enable_grad and set_grad_enabled",
    "control_flow": "tensors become numbers of the host language, which steer its branches",
    "inplace": "tensors can be written in place; versions are counted",
    "views": "tensors that share the memory of others",
    "hooks": "functions of the caller that run when a tensor's gradient is known",
    "graph_introspection": "nodes, their names, edges and saved values",
    "custom_function": "pairs of forward and backward written by the caller",
    "dtypes": "more than one data type, and conversion between them",
    "layout": "strides of tensors and of gradients",
    "warnings": "warnings of the host language",
    "memory": "the life of a tensor can be observed",
    "interop": "numbers, arrays, copies, serialisation and text",
}
"""Group -> what an engine that declares it can do."""

METHODS: Final[dict[str, str]] = {
    "tensor": "values",
    "apply": "values",
    "array": "values",
    "get": "tape",
    "set": "tape",
    "delete": "tape",
    "backward": "tape",
    "same_object": "tape",
    "requires_grad_": "flags",
    "grad": "grad_api",
    "vjp": "vjp",
    "retain_grad": "retain_grad",
    "enter": "modes",
    "leave": "modes",
    "grad_enabled": "modes",
    "inplace": "inplace",
    "increment_version": "inplace",
    "shares_memory": "views",
    "register_hook": "hooks",
    "register_post_accumulate_grad_hook": "hooks",
    "remove_hook": "hooks",
    "node_name": "graph_introspection",
    "next_functions": "graph_introspection",
    "saved_value": "graph_introspection",
    "gradient_edge": "graph_introspection",
    "custom_function": "custom_function",
    "save_for_backward": "custom_function",
    "saved_tensors": "custom_function",
    "watch": "memory",
    "is_alive": "memory",
    "number": "control_flow",
    "tolist": "interop",
    "numpy": "interop",
    "copy": "interop",
    "text": "interop",
}
"""Port method -> the group whose engines have it (see `gradspec.port.engine.Engine`)."""

ATTRIBUTES: Final[dict[str, tuple[str, str]]] = {
    "grad": ("tensor", "tape"),
    "requires_grad": ("flag", "flags"),
    "is_leaf": ("flag", "flags"),
    "grad_fn": ("node", "graph_introspection"),
    "output_nr": ("number", "graph_introspection"),
    "retains_grad": ("flag", "retain_grad"),
    "data": ("tensor", "detach"),
    "grad_dtype": ("text", "dtypes"),
    "version": ("number", "inplace"),
    "base": ("tensor", "views"),
    "is_view": ("flag", "views"),
    "strides": ("numbers", "layout"),
    "is_contiguous": ("flag", "layout"),
}
"""Attribute of a tensor -> (what reading it gives, the group whose engines have it)."""

DTYPES: Final[tuple[str, ...]] = (
    "bool",
    "uint8",
    "int8",
    "int16",
    "int32",
    "int64",
    "float16",
    "float32",
    "float64",
)
"""Data types by their NumPy names; an engine declares each as `dtype:NAME`."""
