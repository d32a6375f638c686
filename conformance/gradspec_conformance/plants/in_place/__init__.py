"""Faults in writing in place: what engines get wrong about versions, views and what is saved."""

from gradspec_conformance.plants.in_place import (
    copying,
    following_the_base,
    inplace_forms,
    leaves,
    recorded_writes,
    refused_writes,
    saved_values,
    several_views,
    sharing,
    versions,
    writes_through_views,
)

__all__ = [
    "copying",
    "following_the_base",
    "inplace_forms",
    "leaves",
    "recorded_writes",
    "refused_writes",
    "saved_values",
    "several_views",
    "sharing",
    "versions",
    "writes_through_views",
]
