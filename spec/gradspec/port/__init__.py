"""What an engine is asked: acts, abilities, errors."""
