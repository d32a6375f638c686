"""Whether what was found is what was expected, and how a program can end."""
