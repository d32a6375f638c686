"""Non-scalar results and vector-Jacobian products.

A result of m numbers that depends on n numbers has a Jacobian of m rows and n columns.  The
backward pass never forms it.  It is given m weights v, one for each entry of the result, and
computes the n numbers v^T J: the gradient of the weighted sum of the results.  The weights are
called the *cotangent* (torch's argument is `gradient`).  Where the result is a scalar v is a
single number, and left out it is one; everywhere else it is the caller's to choose.

Two things follow.  Several passes with unit vectors for v give the Jacobian row by row.  And a
check that only ever uses a cotangent of ones sees the sum of the rows: an engine that ignores the
cotangent, transposes it or mixes up its entries can still pass.  This is why the cotangents in
this specification are uneven.
"""

from gradspec.chapters.vector_jacobian_products import cotangents, laws, queries, sides

__all__ = ["cotangents", "laws", "queries", "sides"]
