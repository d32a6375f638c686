"""The functions that a program calls, a file a family; start at `arithmetic`.

Each file lists in its `__all__` which of its functions torch has under the same name.
"""
