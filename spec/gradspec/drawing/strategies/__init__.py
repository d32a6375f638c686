"""Hypothesis strategies of the laws, apart from what they draw: importing Hypothesis takes time."""
