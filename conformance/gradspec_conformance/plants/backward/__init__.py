"""Faults in the backward pass: what engines get wrong between the roots and the leaves."""

from gradspec_conformance.plants.backward import (
    derivatives,
    inputs,
    interruptions,
    roots,
    starting_gradients,
    walk,
)

__all__ = ["derivatives", "inputs", "interruptions", "roots", "starting_gradients", "walk"]
