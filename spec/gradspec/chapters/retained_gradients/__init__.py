"""Gradients of intermediates.

A backward pass computes the derivative of the root with respect to every tensor on the way to the
leaves, for it cannot reach the leaves otherwise.  Yet afterwards only the leaves have a `.grad`.
The reason is memory: an intermediate's gradient is as large as the intermediate, it is needed
exactly until the operation that made the intermediate has passed it on, and a program has far more
intermediates than leaves.  So an engine throws each one away as soon as it has been used.

Who wants to look at one asks for it beforehand: `y.retain_grad()`.  It is a request about a tensor
and about future backward passes.  It changes nothing else: not what reaches the leaves, not how
long the graph lives.  What is kept is a `.grad` like any other.  It is the whole derivative,
summed over every path from the root, and later backward passes add to it.

The chapter goes through the request first, then through what exactly is kept, and ends where the
request meets hooks, queries, writes in place and memory.
"""

from gradspec.chapters.retained_gradients import asking, keeping, meeting

__all__ = ["asking", "keeping", "meeting"]
