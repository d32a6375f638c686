"""What can be asked of the graph: nodes, their names, edges and saved values, and single edges."""

from __future__ import annotations

from typing import Final

from gradspec.port.act import act

INTROSPECTION: Final = "graph_introspection"

GRAPH: Final = (
    act(
        "node_name",
        "node",
        "Name a node.",
        gives="text",
        some=True,
        said="name",
        torch="$node.name()",
        bundle=INTROSPECTION,
    ),
    act(
        "next_functions",
        "node",
        "List the edges of a node: for each input, the next node and its output number.",
        gives="edges",
        attribute=True,
        torch="$node.next_functions",
        bundle=INTROSPECTION,
    ),
    act(
        "graph_size",
        "node",
        "Count the nodes that can be reached from one, itself included.",
        gives="number",
        torch="""\
$_reached, $_waiting = set(), [$node]
while $_waiting:
    $_node = $_waiting.pop()
    if $_node is not None and $_node not in $_reached:
        $_reached.add($_node)
        $_waiting += [after for after, _ in $_node.next_functions]
$result = len($_reached)""",
        bundle=INTROSPECTION,
    ),
    act(
        "node_repr",
        "node",
        "Give the text that printing a node shows.",
        gives="text",
        some=True,
        said="repr",
        torch="repr($node)",
    ),
    act(
        "node_variable",
        "node",
        "Give the leaf to whose gradient an accumulation node adds.",
        gives="tensor",
        said="variable",
        attribute=True,
        torch="$node.variable",
    ),
    act(
        "node_metadata",
        "node",
        "Give the caller's own notes on a node.",
        gives="plain",
        said="metadata",
        attribute=True,
        torch="dict($node.metadata)",
    ),
    act(
        "set_metadata",
        "node, key, value",
        "Write a note of the caller's on a node.",
        torch="$node.metadata[$key] = $value",
    ),
    act(
        "input_metadata",
        "node",
        "List, for each output of the operation, the shape and data type of its gradient.",
        gives="plain",
        attribute=True,
        torch="[(tuple(of.shape), str(of.dtype).removeprefix('torch.')) "
        "for of in $node._input_metadata]",
    ),
    act(
        "sequence_nr",
        "node",
        "Give the number under which a node was recorded.",
        gives="number",
        torch="$node._sequence_nr()",
    ),
    act(
        "call_node",
        "node, gradients",
        "Call a node with the gradients of its outputs, for those of its inputs.",
        gives="structure",
        said="",
        notation="$node($*gradients)",
        torch="$node($*gradients)",
    ),
    act(
        "new_node",
        "node=None",
        "Make a node by hand, of the class of nodes or of that of a given one.",
        gives="node",
        on="ag",
        torch=("torch.autograd.graph.Node()", "type($node)()"),
    ),
    act(
        "current_node",
        "",
        "Give the node that a pass is at.",
        gives="node",
        torch="torch._C._current_autograd_node()",
    ),
    act(
        "saved_value",
        "node, name",
        "Give the value that a node saved under this name.",
        gives="tensor",
        said="saved",
        torch="$node._saved_${name:word}",
        bundle=INTROSPECTION,
    ),
    act(
        "saved_argument",
        "node, name",
        "Give the plain argument of its operation that a node kept under this name.",
        gives="plain",
        torch="$node._saved_${name:word}",
    ),
    act(
        "register_saved_hooks",
        "node, name, pack: pack, unpack: unpack",
        "Keep what `pack` makes of one saved value, and turn it back by `unpack`.",
        torch="$node._raw_saved_${name:word}.register_hooks($pack, $unpack)",
    ),
    act(
        "gradient_edge",
        "tensor",
        "Give the edge that a gradient of the tensor flows along.",
        gives="edge",
        some=True,
        torch="torch.autograd.graph.get_gradient_edge($tensor)",
        bundle=INTROSPECTION,
    ),
    act(
        "edge_node",
        "edge",
        "Give the node that an edge leads to.",
        gives="node",
        some=True,
        on="edge",
        said="node",
        attribute=True,
        torch="$edge.node",
    ),
    act(
        "edge_output_nr",
        "edge",
        "Give the number of the output whose gradient flows along an edge.",
        gives="number",
        on="edge",
        said="output_nr",
        attribute=True,
        torch="$edge.output_nr",
    ),
)
