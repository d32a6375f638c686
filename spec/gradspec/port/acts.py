"""`ACTS`: the one table of what an engine can be asked, a row an act.

The families stand in files of their own (`attributes`, `graph`, `modes`, `functions`,
`operators`, and the acts of the `kit`); here are the single acts, and the table that holds all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gradspec.port.act import Act, act, deprecated, several_roots, shaped
from gradspec.port.attributes import ATTRIBUTES
from gradspec.port.classes import CLASSES
from gradspec.port.functions import CALL, CONTEXT_ACTS, DEFINITION, TRANSFORMS
from gradspec.port.graph import GRAPH
from gradspec.port.kit import OF_THE_KIT
from gradspec.port.modes import MODES, SWITCHES
from gradspec.port.operators import OPERATOR_ACTS
from gradspec.port.training import TRAINING

if TYPE_CHECKING:
    from collections.abc import Iterable

VALUES: Final = (
    act(
        "tensor",
        "data, *, dtype=None",
        "Make a tensor that owns a copy of the data.",
        gives="tensor",
        some=True,
        word="values",
        needs_more=shaped,
        notation="ag.tensor($list, $(dtype=$dtype))",
        torch="torch.tensor($data, dtype=$dtype)",
    ),
    act(
        "leaf",
        "data, *, dtype=None",
        "Make a tensor that requires grad; it owns a copy of the data.",
        gives="tensor",
        some=True,
        word="tape",
        needs_more=shaped,
        notation="ag.tensor($list, requires_grad=True, $(dtype=$dtype))",
        torch="torch.tensor($data, dtype=$dtype, requires_grad=True)",
    ),
    act(
        "array",
        "x",
        "Give the present values as an array: a look from outside, never recorded.",
        gives="array",
        some=True,
        word="values",
        torch="$x.detach().numpy(force=True)",  # of a conjugate too
    ),
    act("shape", "x", "Give the shape.", gives="plain", attribute=True, torch="tuple($x.shape)"),
    act(
        "reset",
        "",
        "Forget what earlier programs left behind.",
        torch="torch.set_grad_enabled(True)\n"
        "torch.autograd.set_multithreading_enabled(True)\n"
        "torch.autograd.set_detect_anomaly(False)\n"
        "torch.set_default_dtype(torch.float32)",
    ),
    act(
        "set_default_dtype",
        "dtype",
        "Set the data type of what is made of floating-point numbers and names none.",
        on="ag",
        torch="torch.set_default_dtype($dtype)",
    ),
    act(
        "elsewhere",
        "x",
        "Copy to another device than the one where tensors are made.",
        gives="tensor",
        some=True,
        torch="$x.to('meta')",
    ),
    act(
        "get:device",
        "x",
        "Name the device where a tensor is.",
        gives="text",
        some=True,
        attribute=True,
        torch="str($x.device)",
    ),
)

OPTIONS: Final = {
    "retain_graph": "keeps_graph",
    "create_graph": "create_graph",
    "allow_unused": "allow_unused",
    "materialize_grads": "materialize_grads",
    "is_grads_batched": "is_grads_batched",
    "only_inputs": "only_inputs",
    "inputs": "inputs",
    "gradient": "given_cotangent",
    "grad_outputs": "given_cotangent",
    "grad_variables": "given_cotangent",
}
"""Argument of a pass -> the word for it."""

KEEPING: Final = "$(retain_graph=$retain_graph), $(create_graph=$create_graph)"

STARTING: Final = f"$($gradient), {KEEPING}, $(inputs=$inputs)"

TAPE: Final = (
    act(
        "requires_grad_",
        "x, requires_grad=True",
        "Set the flag in place.",
        gives="tensor",
        torch="$x.requires_grad_($($requires_grad))",
        bundle="flags",
    ),
    act(
        "backward",
        "root, gradient=None, retain_graph=None, create_graph=False, inputs=None, "
        "grad_variables=None",
        "Run a backward pass from one root or several.",
        gives="plain",
        on="tensor",
        word="tape",
        options=OPTIONS,
        needs_more=several_roots,
        torch=(
            f"${{root:tensor}}.backward({STARTING})",
            f"torch.autograd.backward($root, {STARTING}, $(grad_variables=$grad_variables))",
        ),
    ),
    act(
        "grad",
        "outputs, inputs, grad_outputs=None, retain_graph=None, create_graph=False, "
        "is_grads_batched=False, allow_unused=None, materialize_grads=False, only_inputs=True",
        "Ask for gradients without storing them: one a position of the inputs.",
        gives="gradients",
        on="ag",
        options={n: w for n, w in OPTIONS.items() if n != "inputs"},
        needs_more=deprecated,
        torch=f"torch.autograd.grad($outputs, $inputs, $($grad_outputs), {KEEPING}, "
        "$(is_grads_batched=$is_grads_batched), $(allow_unused=$allow_unused), "
        "$(materialize_grads=$materialize_grads), $(only_inputs=$only_inputs))",
        bundle="grad_api",
    ),
    act(
        "retain_grad",
        "x",
        "Ask that the gradient of a non-leaf be kept.",
        torch="$x.retain_grad()",
        bundle="retain_grad",
    ),
    act(
        "increment_version",
        "tensors",
        "Raise version counters by hand.",
        torch="torch.autograd.graph.increment_version($tensors)",
        bundle="inplace",
    ),
)

HOOKS: Final = (
    act(
        "register_hook",
        "x, hook: tensor_hook",
        "Run the function on the tensor's gradient; what it returns replaces it.",
        gives="hook",
        torch="$x.register_hook($hook)",
        bundle="hooks",
    ),
    act(
        "register_post_accumulate_grad_hook",
        "x, hook: post_accumulate_hook",
        "Run the function on the leaf once its grad is up to date.",
        gives="hook",
        torch="$x.register_post_accumulate_grad_hook($hook)",
        bundle="hooks",
    ),
    act(
        "register_node_hook",
        "node, hook: node_hook",
        "Run the function on what a node gave and was given.",
        gives="hook",
        said="register_hook",
        torch="$node.register_hook($hook)",
    ),
    act(
        "register_prehook",
        "node, hook: node_prehook",
        "Run the function on what a node is given; what it returns replaces it.",
        gives="hook",
        torch="$node.register_prehook($hook)",
    ),
    act(
        "register_multi_grad_hook",
        "tensors, hook: multi_grad_hook, *, mode='all'",
        "Run the function on the gradients of several tensors.",
        gives="hook",
        torch="torch.autograd.graph.register_multi_grad_hook($tensors, $hook, $(mode=$mode))",
    ),
    act("remove_hook", "hook", "Take a hook away.", word="", said="remove", torch="$hook.remove()"),
)

IDENTITY: Final = (
    act(
        "same_object",
        "one, other",
        "Say whether two handles are one object of the engine.",
        gives="flag",
        python="$one is $other",
        javascript="$one === $other",
        bundle="tape",
    ),
    act(
        "shares_memory",
        "one, other",
        "Say whether two tensors have memory in common.",
        gives="flag",
        torch="np.shares_memory($one.detach().numpy(), $other.detach().numpy())",
        bundle="views",
    ),
    act(
        "watch",
        "tensor",
        "Refer to a tensor without keeping it alive.",
        gives="watcher",
        torch="weakref.ref($tensor)",
    ),
    act(
        "is_alive",
        "watcher",
        "Say whether the watched tensor still exists.",
        gives="flag",
        word="watch",
        torch="$watcher() is not None",
    ),
)

LEAVING: Final = (
    act(
        "item",
        "x",
        "Convert to a number.",
        gives="number",
        torch="$x.item()",
        bundle="control_flow",
    ),
    act(
        "float",
        "x",
        "Convert as `float(x)` does.",
        gives="number",
        said="",
        notation="float($x)",
        torch="float($x)",
        bundle="control_flow",
    ),
    act(
        "int",
        "x",
        "Convert as `int(x)` does.",
        gives="number",
        said="",
        notation="int($x)",
        torch="int($x)",
        bundle="control_flow",
    ),
    act(
        "bool",
        "x",
        "Take for true or false.",
        gives="number",
        said="",
        notation="bool($x)",
        torch="bool($x)",
        bundle="control_flow",
    ),
    act(
        "tolist",
        "x",
        "Convert to nested lists of numbers.",
        gives="plain",
        torch="$x.tolist()",
        bundle="interop",
    ),
    act(
        "numpy",
        "x, *, force=False",
        "Convert to an array as a user does; it may share the tensor's memory.",
        gives="host array",
        torch="$x.numpy($(force=$force))",
        bundle="interop",
    ),
    act(
        "deepcopy",
        "thing: structure",
        "Copy a tensor, or a structure of tensors, with everything that belongs to it.",
        gives="structure",
        torch="copy.deepcopy($thing)",
        bundle="interop",
    ),
    act(
        "variable",
        "data",
        "Call what torch withdrew: it refuses whatever it is given.",
        gives="tensor",
        some=True,
        torch="torch.autograd.variable($data)",
    ),
    act(
        "pickle_and_back",
        "tensor",
        "Turn a tensor into bytes and those into a tensor.",
        gives="tensor",
        some=True,
        torch="pickle.loads(pickle.dumps($tensor))",
        bundle="interop",
    ),
    act(
        "repr",
        "tensor",
        "Give the text that printing shows.",
        gives="text",
        some=True,
        torch="repr($tensor)",
        bundle="interop",
    ),
    act(
        "format",
        "tensor",
        "Give the text inside a formatted string.",
        gives="text",
        some=True,
        torch="format($tensor)",
        bundle="interop",
    ),
)

FORWARD_MODE: Final = (
    act(
        "make_dual",
        "tensor, tangent",
        "Give a tensor a tangent.",
        gives="tensor",
        some=True,
        torch="torch.autograd.forward_ad.make_dual($tensor, $tangent)",
    ),
    act(
        "unpack_dual",
        "tensor",
        "Give a dual tensor's primal and tangent.",
        gives="structure",
        torch="torch.autograd.forward_ad.unpack_dual($tensor)",
    ),
    act(
        "tangent",
        "tensor",
        "Give a tensor's tangent, None if it has none.",
        gives="tensor",
        word="unpack_dual",
        torch="torch.autograd.forward_ad.unpack_dual($tensor).tangent",
    ),
    act(
        "primal",
        "tensor",
        "Give a tensor's value, without its tangent.",
        gives="tensor",
        some=True,
        word="unpack_dual",
        torch="torch.autograd.forward_ad.unpack_dual($tensor).primal",
    ),
    act(
        "enter_dual_level",
        "",
        "Open a level of forward mode, and give its number.",
        gives="number",
        torch="torch.autograd.forward_ad.enter_dual_level()",
    ),
    act(
        "exit_dual_level",
        "level=None",
        "Leave a level of forward mode, the latest if none is named.",
        torch="torch.autograd.forward_ad.exit_dual_level($(level=$level))",
    ),
)


def _table(rows: Iterable[Act]) -> dict[str, Act]:
    table: dict[str, Act] = {}
    for row in rows:
        if row.key in table:
            raise ValueError(f"the act {row.key} has two rows")
        table[row.key] = row
    return table


ACTS: Final[dict[str, Act]] = _table(
    (
        *VALUES,
        *TAPE,
        *HOOKS,
        *GRAPH,
        *IDENTITY,
        *LEAVING,
        *FORWARD_MODE,
        *ATTRIBUTES,
        *MODES,
        *SWITCHES,
        DEFINITION,
        CALL,
        *TRANSFORMS,
        *CONTEXT_ACTS,
        *CLASSES,
        *TRAINING,
        *OPERATOR_ACTS,
        *OF_THE_KIT,
    )
)
"""Key -> row."""
