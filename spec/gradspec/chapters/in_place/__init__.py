"""Writing in place, versions and views.

Up to here a tensor was a value: once computed, it stayed what it was, and the graph could keep
it for the backward pass without a second thought.  Array programs do not live by that rule.  They
write into rows and columns, they scale a buffer where it lies, they hand out windows onto one
piece of memory.  A write in place asks two questions of an engine that records.  What is the
gradient of a tensor whose value changed on the way?  And what if the backward pass needs the
value that was overwritten?

The first question has a simple answer: a name is not a value.  Writing into `h` computes a new
value of `h` from the old one, so the write is one more operation, and `h` from then on stands for
its result.  If other tensors look at the same memory, they have new values too, and their
histories have to be rewritten with the same operation.  This is the harder half of the chapter:
a write through a view is a write to the tensor viewed, to that region and no other.

The second question is answered by counting.  Each piece of memory has a version, a number that
every write raises.  An operation that keeps a value for the backward pass notes the version, and
compares when it comes to use the value.  If they differ, the value is gone, and the engine says
so instead of computing with what happens to lie there.  From both answers follows the one promise
of the chapter: no error means right gradients.

What remains are writes that are refused on the spot, because no sensible history could be
recorded for them: into a leaf whose gradient is wanted, into one of several views that one
operation made, into a tensor of the wrong shape or data type.  A refused write changes nothing.
"""

from gradspec.chapters.in_place import (
    versions,
    leaves,
    recorded_writes,
    saved_values,
    saved_indices,
    sharing,
    copying,
    writes_through_views,
    following_the_base,
    several_views,
    refused_writes,
    allowed_writes,
    promise,
)

__all__ = [
    "allowed_writes",
    "copying",
    "following_the_base",
    "leaves",
    "promise",
    "recorded_writes",
    "refused_writes",
    "saved_indices",
    "saved_values",
    "several_views",
    "sharing",
    "versions",
    "writes_through_views",
]
