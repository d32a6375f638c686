"""Faults in keeping the gradients of intermediates: what is kept, for whom, and beside what."""

from gradspec_conformance.plants.retained_gradients import asking, keeping, meeting

__all__ = ["asking", "keeping", "meeting"]
