"""torch's names for what the engine does."""
