"""Hooks on tensors, and on what is saved."""

from gradspec_reference.errors.refusal import GradError


class HookWithoutGradError(GradError, RuntimeError, kind="hook-without-grad", clause="hook-007"):
    """A hook was put on a tensor that does not require grad."""


class JointHookWithoutGradError(HookWithoutGradError, AssertionError):
    """A hook on several tensors was put on one that does not require grad."""


class HookOnNonleafError(GradError, RuntimeError, kind="nonleaf-hook", clause="hook-027"):
    """A post-accumulate hook was put on a tensor that accumulates nothing."""


class HookModeError(GradError, ValueError, kind="hook-mode", clause="hook-044"):
    """A hook on several tensors was given a mode that is neither "all" nor "any"."""


class HookResultError(GradError, RuntimeError, kind="hook-result", clause="hook-009"):
    """A hook returned a gradient of another shape or dtype, or another number of them."""


class HookResultTypeError(GradError, TypeError, kind="hook-result", clause="hook-011"):
    """A hook returned something that is neither a tensor nor None."""


class SavedHooksError(GradError, RuntimeError, kind="saved-hooks", clause="sth-016"):
    """Hooks were registered on a saved value that cannot have them, or one was misused."""


class SavedHooksDisabledError(
    GradError, RuntimeError, kind="saved-hooks-disabled", clause="sth-018"
):
    """Hooks on saved values were used where they are disabled; the message is the caller's."""


class UnpackedTypeError(GradError, TypeError, kind="unpacked-type", clause="sth-009"):
    """What an unpack hook returned is no tensor."""


class CompiledOnlyError(GradError, RuntimeError, kind="compiled-only", clause="sth-026"):
    """What only a compiler obeys was asked for where nothing is compiled."""
