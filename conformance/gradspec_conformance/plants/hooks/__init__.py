"""Faults in hooks, and in what is kept for who asked."""
