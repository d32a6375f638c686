"""`gradspec init`: finds out how an engine says things, by trying, and writes its phrasebook.

Every phrase is tried before it is written: an operator computes the catalogue's own samples, and
what belongs to the tape is shown by an experiment.  What nothing showed stands in the book as a
comment, with what was tried.  All of it happens in a process of its own.
"""
