"""What threads share, and how it is changed: start at `LOCK`.

A graph is only read by passes, and each pass keeps what it is at to itself.  What several threads
may come to at once is made by whoever is first: the state of a leaf and the node that stands for
it, a counter of writes, the hooks of one place, a gradient.  It is made beforehand, and taken in
if nothing is there yet: `if x.a is None: x.a = made`.  Python with its global lock changes threads
at calls and at the ends of loops, so nobody comes between, and one thread alone pays nothing.  A
sum takes the lock where NumPy lets go of Python's; below that it is one step for all threads.

Without the global lock there is no such step.  There the engine promises what needs none: threads
whose graphs and leaves are their own.
"""

from __future__ import annotations

import threading
from typing import Final

LOCK: Final = threading.RLock()
"""Taken by large sums and recorded ones; a finaliser may run a pass in it, so it is reentered."""

LARGE: Final = 256
"""From this size on a sum takes the lock: NumPy keeps Python's for up to 500 entries."""
