"""Questions that are asked of many operators: which of them admit one, and how it is then put.

No list is written by hand.  Whether a question can be put to an operator is found by putting it to
the formula.
"""
