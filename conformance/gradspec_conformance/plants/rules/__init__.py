"""Faults of what an operator computes, and of how it is differentiated."""
