"""Random programs for the laws."""
