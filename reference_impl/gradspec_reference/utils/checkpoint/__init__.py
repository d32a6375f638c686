"""Parts of a computation of which only the arguments are kept (torch.utils.checkpoint).

What lies between is computed again when a pass needs it.  Start at `calls`; `regions` is how the
recomputed values find their way into the graph that is there, `reentrant` the older way, a node
that makes a pass of its own.
"""

from gradspec_reference.errors import CheckpointError
from gradspec_reference.utils.checkpoint.calls import (
    checkpoint,
    checkpoint_sequential,
    noop_context_fn,
    set_checkpoint_debug_enabled,
    set_checkpoint_early_stop,
)
from gradspec_reference.utils.checkpoint.reentrant import CheckpointFunction
from gradspec_reference.utils.checkpoint.regions import GraphExecGroup
from gradspec_reference.utils.checkpoint.selective import (
    CheckpointPolicy,
    SelectiveCheckpointContext,
    create_selective_checkpoint_contexts,
)

__all__ = [
    "CheckpointError",
    "CheckpointFunction",
    "CheckpointPolicy",
    "GraphExecGroup",
    "SelectiveCheckpointContext",
    "checkpoint",
    "checkpoint_sequential",
    "create_selective_checkpoint_contexts",
    "noop_context_fn",
    "set_checkpoint_debug_enabled",
    "set_checkpoint_early_stop",
]
