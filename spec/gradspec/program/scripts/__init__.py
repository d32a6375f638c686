"""Programs as scripts that a person can paste."""
