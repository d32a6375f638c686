"""The functions that a program calls, a file per family; start at `arithmetic`."""

from gradspec_reference.names.functions import arithmetic, indexing, products, reductions, shapes

__all__ = ["arithmetic", "indexing", "products", "reductions", "shapes"]
