"""A run: what was asked for, who judges, what it came to."""
