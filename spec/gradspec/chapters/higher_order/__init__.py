"""Higher order: derivatives of derivatives.

The derivative of a function is a function again, and nothing keeps one from asking for its
derivative in turn.  Newton's method wants second derivatives; so does a loss that punishes steep
slopes, and so does the answer to "how would the trained model change if I had changed the data?".

For an engine this is a matter of keeping its own diary.  A backward pass computes products and
sums of numbers, like any other program; if they are recorded while they are computed, the
gradient that results is an ordinary tensor with an ordinary history, and can be differentiated
by the same rules.  An engine needs no second table of second derivatives.  It needs derivative
rules that are themselves written in recorded operations, and saved values that still know where
they came from.  Where a rule takes a saved value as a mere number, a term of the second derivative
is missing, without any error: this is the typical fault of this chapter.

Recording costs memory and time and is seldom wanted, so it has to be asked for:
`create_graph=True`.

The chapter begins with the mathematics, which says nothing about recording: there a derivative is
`ag.vjp(f, [x])`, used inside functions that are differentiated themselves.  Then it turns to the
switch, and to the gradient as an object with a history.
"""

from gradspec.chapters.higher_order import derivatives, recorded_gradients, switch

__all__ = ["derivatives", "recorded_gradients", "switch"]
