"""Detaching.

Sometimes a value is to be used and its history is not: a target that must not move, a number for
the log, a plot.  `detach()` gives the same memory under another name, from which no path of the
graph leads back: for every operation that uses it the value is a constant.  The original keeps its
history, and so both can be used side by side: what goes through the one is differentiated, what
goes through the other is not.

Since the memory is one, a write through either name is a write to both, and is counted as one; the
older attribute `data` gives the same memory and counts for itself, so that nobody is told of such a
write.  `detach_()` cuts the tensor itself.  And what is kept detached keeps no graph alive.
"""

from gradspec.chapters.detaching import constants, aliases, cutting_in_place, memory

__all__ = ["constants", "aliases", "cutting_in_place", "memory"]
