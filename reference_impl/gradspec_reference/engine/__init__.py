"""The engine: a graph of nodes and edges, written by `recording` and walked by `backward`."""
