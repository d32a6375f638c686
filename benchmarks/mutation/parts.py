"""The parts of the reference engine that are changed, each with the clauses that come near it."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Final

import gradspec_reference

HOME: Final = Path(gradspec_reference.__file__).parent
HERE: Final = Path(__file__).parent
TESTS: Final = Path(__file__).parents[2] / "tests" / "reference"


@dataclass(frozen=True, slots=True)
class Part:
    """Some modules, as patterns below the engine's home.

    `near` is what the clauses begin with that come near them; the others are run after them, but
    for those that begin as `far` says, which come by it as all do.
    In what is `acting` methods are changed too, and whether something is refused, and an act is
    left out; it is not run a second time to see what it was.  `tests` are asked last, of what no
    clause has noticed: they hold what is no business of an engine's clauses.
    """

    modules: tuple[str, ...]
    near: tuple[str, ...]
    survivors: Path
    far: tuple[str, ...] = ()
    acting: bool = False
    tests: tuple[str, ...] = ()

    def files(self, within: str) -> list[Path]:
        """Give the files whose name contains a word, all loaded: what is not, cannot be changed."""
        found = {path for pattern in self.modules for path in HOME.glob(pattern)}
        chosen = sorted(path for path in found if within in path.stem)
        for path in chosen:
            below = path.relative_to(HOME.parent).with_suffix("")
            import_module(".".join(below.parts).removesuffix(".__init__"))
        return chosen

    def paths_of_tests(self) -> list[str]:
        """Give the files of its tests."""
        return [str(TESTS / f"test_{name}.py") for name in self.tests]


PARTS: Final = {
    "operators": Part(
        modules=("operators/*.py",),
        near=("op-", "inp-"),
        survivors=HERE / "survivors_of_operators.toml",
    ),
    "users": Part(
        modules=(
            *(f"engine/{name}.py" for name in ("custom", "context", "binding", "dirty", "once")),
            *(f"engine/{name}.py" for name in ("saved", "packing", "raw", "mutations", "nesting")),
            *(f"engine/{name}.py" for name in ("hooks", "node_hooks", "joint_hooks", "calling")),
            *("autograd/function.py", "autograd/graph.py", "utils/checkpoint/*.py"),
        ),
        near=("cf-", "sth-", "ckpt-", "hook-", "gi-", "inp-", "thr-", "leaf-", "loop-"),
        survivors=HERE / "survivors_of_users.toml",
        far=("op-", "fwd-", "cplx-"),
        acting=True,
        tests=(
            *("custom_functions", "custom_programs", "checkpoints", "nodes", "graph", "walk"),
            *("call_forms", "threads", "subclasses", "tutorials", "printed_programs"),
        ),
    ),
    "checks": Part(
        modules=(
            *(f"autograd/{name}.py" for name in ("__init__", "columns", "forward_ad")),
            *("autograd/functional.py", "autograd/gradcheck.py", "autograd/checking/*.py"),
        ),
        near=("fapi-", "chk-", "grad-", "func-"),
        survivors=HERE / "survivors_of_users.toml",
        far=("op-", "cplx-"),
        acting=True,
        tests=("functional", "gradcheck", "forward_ad", "call_forms"),
    ),
    "training": Part(
        modules=(
            *("optim/*.py", "optim/lr_scheduler/*.py", "nn/utils/*.py", "nn/parameter.py"),
            *("nn/init.py", "nn/modules/*.py"),
        ),
        near=("loop-", "thr-", "leaf-", "ckpt-"),
        survivors=HERE / "survivors_of_training.toml",
        far=("op-", "fwd-", "cplx-", "inp-", "mode-", "func-", "fapi-", "vjp-", "chk-"),
        acting=True,
        tests=(
            *("modules", "module_programs", "sequence_layers", "losses", "call_forms", "copies"),
            *(
                "optimizers",
                "optimizer_programs",
                "schedule_programs",
                "digits",
                "subclasses",
                "printed_programs",
            ),
        ),
    ),
    "columns": Part(
        modules=("operators/forward.py", "operators/batching.py"),
        near=("op-", "fwd-", "func-"),
        survivors=HERE / "survivors_of_columns.toml",
        tests=("func", "forward_ad", "operators"),
    ),
    "transforms": Part(
        modules=(
            "func/*.py",
            *(f"engine/{name}.py" for name in ("duals", "forward", "batched", "batching")),
            *(f"engine/{name}.py" for name in ("custom_batched", "custom_forward", "transforms")),
        ),
        near=("fapi-", "func-", "fwd-", "cplx-", "cf-"),
        survivors=HERE / "survivors_of_transforms.toml",
        acting=True,
        tests=("func", "functional", "forward_ad"),
    ),
}
"""Part -> rows of the table; functions, hooks and checkpoints; checks; training; transforms."""
