"""Modes: what an engine can be switched to inside a `with` block."""

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
        "allow_mutation_on_saved_tensors",
        "",
        "Let saved values be written, and use those that were saved.",
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
