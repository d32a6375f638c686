"""Faults of the walk: the order in which a pass visits nodes, and what it passes on."""
