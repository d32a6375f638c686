"""The life of a graph.

While a function is computed, each operation leaves a node behind: an entry in the engine's
diary that says which operation it was, where its operands came from, and which values its
derivative will need.  The product x * y has to keep both x and y; the sum x + y needs neither.
These saved values are what a graph costs.  For a deep function they are most of the memory.

Almost every graph is walked exactly once.  So a backward pass cleans up behind itself: when a
node has done its part, the values that it saved are let go.  The nodes and their connections
stay, being small, and so does every value that the program still has a name for.  A second walk
that comes to an emptied node is refused.  It cannot be answered, and an engine that answers
nevertheless returns numbers made from whatever lies where the saved values were.

Two things follow for the user.  Someone who does want to walk a graph several times says so in
advance with `retain_graph=True`, in every call but the last.  Someone who forgot, or who does not
know how often the graph will be walked, computes the function again and has a new graph.
"""

from gradspec.chapters.graph_lifetime import emptying, retaining, sharing, surviving

__all__ = ["emptying", "retaining", "sharing", "surviving"]
