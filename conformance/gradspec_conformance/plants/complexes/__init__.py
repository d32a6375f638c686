"""Faults of complex numbers: of their gradients, their parts and their spectra."""
