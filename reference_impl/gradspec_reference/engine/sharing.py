"""What threads share, and do one after the other: `LOCK`.

A graph is only read by passes, and each pass keeps what it is at to itself.  Three things are
changed by whoever comes first: the gradient of a leaf, which passes add to; the node that stands
for it; and the counter of writes to some memory.  Nothing of a caller's runs within the lock, and
it is not taken where such a thing is there already, except by sums.
"""

from __future__ import annotations

import threading
from typing import Final

LOCK: Final = threading.RLock()
"""One for all leaves; a finaliser of the caller's may run a pass within, so it may be reentered."""
