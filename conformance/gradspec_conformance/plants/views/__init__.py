"""Faults of tensors that share memory."""
