"""Pictures of the graph: `draw` takes a tensor; `Drawing` is the picture, as data and as text."""

from gradspec_reference.drawing.collecting import draw
from gradspec_reference.drawing.picture import Box, Drawing, Line

__all__ = ["Box", "Drawing", "Line", "draw"]
