"""From what a person writes to an engine that is sound."""
