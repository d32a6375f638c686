"""An engine runs apart from those who judge it."""
