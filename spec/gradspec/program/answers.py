"""What each act gives back: a tensor, a node, a flag, several tensors, or nothing.

The port promises these kinds; the recorder wraps answers by them, and so does whoever carries
answers from another process.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from gradspec.catalogue.operators import returns_several
from gradspec.port.capabilities import ATTRIBUTES
from gradspec.program.objects import (
    Context,
    Edge,
    Hook,
    HostArray,
    Node,
    Object,
    Tensor,
    Watcher,
)

RESULTS: Final[dict[str, str]] = {
    "tensor": "tensor",
    "get": "attribute",
    "apply": "applied",
    "inplace": "tensor",
    "requires_grad_": "tensor",
    "grad": "tensors",
    "vjp": "product",
    "enter": "context",
    "register_hook": "hook",
    "register_post_accumulate_grad_hook": "hook",
    "custom_function": "tensor",
    "saved_tensors": "tensors",
    "saved_value": "tensor",
    "next_functions": "edges",
    "gradient_edge": "edge",
    "watch": "watcher",
    "copy": "tensor",
    "numpy": "host array",
    "same_object": "flag",
    "shares_memory": "flag",
    "is_alive": "flag",
    "grad_enabled": "flag",
    "node_name": "text",
    "text": "text",
    "number": "number",
    "drain_warnings": "plain",
    "array": "plain",
    "tolist": "plain",
    "backward": "plain",
}
"""Act -> the kind of thing that it gives back; an act not named here gives nothing."""

WRAPPERS: Final[dict[str, type[Object]]] = {
    "tensor": Tensor,
    "node": Node,
    "edge": Edge,
    "context": Context,
    "hook": Hook,
    "watcher": Watcher,
    "host array": HostArray,
}

PLAIN_TYPES: Final[dict[str, tuple[type, ...]]] = {
    "flag": (bool, np.bool_),
    "text": (str,),
    "number": (bool, int, float, np.generic),
    "plain": (object,),
}


def result_kind(act: str, arguments: tuple[Any, ...]) -> str:
    """Say what kind of thing an act with these arguments gives back."""
    kind = RESULTS.get(act, "nothing")
    if kind == "attribute":
        return ATTRIBUTES[arguments[1]][0]
    if kind == "applied":
        operator, operands, parameters = arguments
        several = returns_several(operator, len(operands), frozenset(parameters))
        return "tensors" if several else "tensor"
    return kind
