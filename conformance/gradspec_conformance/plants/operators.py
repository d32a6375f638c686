"""Faults in what operators compute and in their rules: all of them by sweep."""

from __future__ import annotations

from gradspec_conformance.plants.plant import PLANTS
from gradspec_conformance.plants.sweeps import swept

PLANTS.update(swept())
