"""Faults in the modes that switch recording off and on."""
