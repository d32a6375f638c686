"""What an engine is known to fail, as assertions."""
