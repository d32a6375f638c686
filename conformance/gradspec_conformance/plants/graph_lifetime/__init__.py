"""Faults in the life of a graph: what a pass lets go of, what it keeps, and what leaks."""

from gradspec_conformance.plants.graph_lifetime import emptying, leaking, retaining, sharing

__all__ = ["emptying", "leaking", "retaining", "sharing"]
