"""Modes: what an engine is switched to, for a `with` block or from here on, and how it is asked."""

from __future__ import annotations

from typing import Any, Final

from gradspec.port.act import Act, act

PLACE: Final = "torch.autograd.grad_mode"


def _mode(name: str, parameters: str, doc: str, torch: str, **more: Any) -> Act:
    return act(f"mode:{name}", parameters, doc, gives="mode", on="ag", torch=torch, **more)


MODES: Final = (
    _mode("no_grad", "", "Record nothing.", f"{PLACE}.no_grad()", bundle="modes"),
    _mode("enable_grad", "", "Record.", f"{PLACE}.enable_grad()", bundle="modes"),
    _mode(
        "set_grad_enabled",
        "mode",
        "Record or not.",
        f"{PLACE}.set_grad_enabled($mode)",
        bundle="modes",
    ),
    _mode(
        "inference_mode",
        "mode=True",
        "Make tensors of which nothing is ever recorded.",
        f"{PLACE}.inference_mode($($mode))",
        bundle="inference",
    ),
    _mode(
        "set_multithreading_enabled",
        "mode",
        "Let passes use several threads or not.",
        f"{PLACE}.set_multithreading_enabled($mode)",
    ),
    _mode(
        "set_detect_anomaly",
        "mode, check_nan=True",
        "Look for faults of passes or not.",
        "torch.autograd.set_detect_anomaly($mode, $(check_nan=$check_nan))",
        bundle="anomaly",
    ),
    _mode(
        "detect_anomaly",
        "check_nan=True",
        "Look for faults of passes, and warn that this takes time.",
        "torch.autograd.detect_anomaly($(check_nan=$check_nan))",
        bundle="anomaly",
    ),
    _mode(
        "enforce_grad_layout_policy",
        "mode",
        "Hold gradients to the leaf's layout, or do not.",
        f"{PLACE}.enforce_grad_layout_policy($mode)",
        bundle="layout",
    ),
    _mode(
        "saved_tensors_hooks",
        "pack: pack, unpack: unpack",
        "Keep what `pack` makes of each saved tensor, and turn it back by `unpack`.",
        "torch.autograd.graph.saved_tensors_hooks($pack, $unpack)",
    ),
    _mode(
        "save_on_cpu",
        "pin_memory=False",
        "Keep each saved tensor in the memory of the CPU.",
        "torch.autograd.graph.save_on_cpu($(pin_memory=$pin_memory))",
    ),
    _mode(
        "disable_saved_tensors_hooks",
        "message",
        "Refuse hooks on saved tensors, with this message.",
        "torch.autograd.graph.disable_saved_tensors_hooks($message)",
    ),
    _mode(
        "region_activation_memory_budget",
        "budget",
        "Tell a compiler what share of the saved tensors it may keep.",
        "torch.autograd.graph.region_activation_memory_budget($budget)",
    ),
    _mode(
        "set_checkpoint_early_stop",
        "enable",
        "Say whether a checkpointed function is cut short when it has computed what is needed.",
        "torch.utils.checkpoint.set_checkpoint_early_stop($enable)",
    ),
    _mode(
        "set_checkpoint_debug_enabled",
        "enabled",
        "Say whether the operations of checkpointed functions are listed.",
        "torch.utils.checkpoint.set_checkpoint_debug_enabled($enabled)",
    ),
    _mode(
        "graph_exec_group",
        "",
        "Let several passes compute a checkpointed region once for all.",
        "torch.utils.checkpoint.GraphExecGroup()",
    ),
    _mode("hooked", "hook", "Take a hook away when the block ends.", "$hook"),
    _mode(
        "allow_mutation_on_saved_tensors",
        "",
        "Let saved tensors be written: the graph keeps what they were.",
        "torch.autograd.graph.allow_mutation_on_saved_tensors()",
    ),
    _mode(
        "dual_level",
        "",
        "Open a level of forward mode.",
        "torch.autograd.forward_ad.dual_level()",
    ),
)
"""Each entered as `mode:NAME` and left with its block."""

SWITCHES: Final = (
    act(
        "manual_seed",
        "seed",
        "Begin the random numbers that belong to a seed.",
        torch="torch.manual_seed($seed)",
    ),
    act(
        "switch_grad",
        "mode",
        "Record or not, from now on.",
        torch="torch.set_grad_enabled($mode)",
        bundle="modes",
    ),
    act(
        "switch_multithreading",
        "mode",
        "Let passes use several threads or not, from now on.",
        torch="torch.autograd.set_multithreading_enabled($mode)",
    ),
    act(
        "switch_anomaly",
        "mode, check_nan=True",
        "Look for faults of passes or not, from now on.",
        torch="torch.autograd.set_detect_anomaly($mode, $(check_nan=$check_nan))",
        bundle="anomaly",
    ),
    *(
        act(name, "", doc, gives="flag", torch=f"{place}.{name}()", bundle=bundle)
        for name, doc, place, bundle in (
            ("is_grad_enabled", "Say whether operations are recorded now.", "torch", "modes"),
            (
                "is_inference_mode_enabled",
                "Say whether inference tensors are made now.",
                "torch",
                "inference",
            ),
            (
                "is_anomaly_enabled",
                "Say whether faults of passes are looked for.",
                "torch",
                "anomaly",
            ),
            (
                "is_anomaly_check_nan_enabled",
                "Say whether NaN is looked for among them.",
                "torch",
                "anomaly",
            ),
        )
    ),
    act(
        "is_multithreading_enabled",
        "",
        "Say whether passes may use several threads.",
        gives="flag",
        torch="torch._C._is_multithreading_enabled()",
    ),
    act(
        "this_thread",
        "",
        "Name the thread in which this is asked.",
        gives="number",
        python="threading.get_ident()",
    ),
    act(
        "is_this_thread",
        "name",
        "Say whether the thread in which this is asked is the one of that name.",
        gives="flag",
        word="this_thread",
        python="$name == threading.get_ident()",
    ),
    act(
        "is_inference",
        "x",
        "Say whether nothing is ever recorded of a tensor.",
        gives="flag",
        torch="$x.is_inference()",
        bundle="inference",
    ),
    act(
        "traceback",
        "node",
        "Give the lines of the program that recorded a node, if it kept them.",
        gives="text",
        torch="''.join($node.metadata.get('traceback_', ()))",
        bundle="anomaly",
    ),
)
"""Switches without a block, and questions about modes."""
