"""The engine: a graph of nodes and edges, walked once."""
