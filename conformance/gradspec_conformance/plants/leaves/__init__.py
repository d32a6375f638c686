"""Faults of tensors, their flags and their attribute grad."""
