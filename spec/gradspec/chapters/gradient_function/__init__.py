"""The gradient function.

A backward pass leaves its results in the leaves.  Often that is not what is wanted: whoever needs
the derivative of one thing by another, to look at it, to go on computing with it or to
differentiate it again, does not want to tidy up attributes.  The gradient function
`grad(outputs, inputs)` walks the same graph, by the same rules, and hands over what it found: a
*query*, whose answer has one place for each input and is stored nowhere.

So a query and a pass must agree, number for number; that is the law of this chapter.  The rest is
about what they do not have in common.  A query has to say something in every place, also where no
path leads from the outputs to an input.  Its inputs can be any tensors of the graph, intermediates
and the outputs themselves, or edges, and it walks no further than it must.  And it can be asked for
several cotangents at once, which gives a Jacobian.
"""

from gradspec.chapters.gradient_function import answers, inputs, outputs, unused, batches

__all__ = ["answers", "inputs", "outputs", "unused", "batches"]
