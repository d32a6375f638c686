"""From a clause to a verdict."""
