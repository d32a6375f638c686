"""Grad modes and inference mode.

Not all that a program computes is to be differentiated.  An evaluation wants values and nothing
else, an optimiser changes parameters without this being a part of the next loss, and a metric has
no derivative that anybody asks for.  A tensor says of itself that it requires grad; a mode says of
a piece of the program that nothing is recorded there, whatever the tensors say.

A mode is switched for a block, for the runs of a function, or from here on; it belongs to the
thread that switches it.  Modes nest, and a block leaves behind the mode that it found, however it
is left.  Inside, the graph does not know what happens: results are constants, and a write to a
parameter is no operation.  What the engine cannot forget is the memory.  A write counts as one,
whatever the mode, and a view is a view; so the rules about views and saved values hold across
modes, and some new ones come up where a tensor goes from one into the other.

Inference mode goes further.  Its tensors are never to meet a graph again: they have no versions,
and an operation that would have to save one is refused, for nobody could tell whether it was
written since.
"""

from gradspec.chapters.grad_modes import (
    switching,
    decorators,
    constants,
    writes,
    views,
    inference_tensors,
    inference_mode,
    laws,
    modules,
)

__all__ = [
    "constants",
    "decorators",
    "inference_mode",
    "inference_tensors",
    "laws",
    "modules",
    "switching",
    "views",
    "writes",
]
