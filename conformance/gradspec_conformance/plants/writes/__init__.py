"""Faults of changes in place, and of the versions that they count."""
