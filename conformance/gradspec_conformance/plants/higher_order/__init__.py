"""Faults in higher derivatives: terms that are lost, and gradients without their history."""

from gradspec_conformance.plants.higher_order import recorded_gradients, rules, switch

__all__ = ["recorded_gradients", "rules", "switch"]
