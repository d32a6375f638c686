"""Faults of what an operation writes down."""
