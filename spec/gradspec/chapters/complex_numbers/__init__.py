"""Complex numbers: what a gradient is where numbers have two parts.

A complex number is two real ones, z = x + iy, and a loss is a real number still.  So the gradient
of a loss L by z is two numbers too, and it is written as one complex number: dL/dx + i dL/dy.  That
is the direction in which L rises fastest, a step against it descends, and nothing else is needed
to optimize complex parameters.  (It is twice the derivative by the conjugate that Wirtinger's
calculus has, which the notes of torch name without the factor.)

Other engines write dL/dx - i dL/dy, the conjugate of it: JAX does, and HIPS autograd.  Whatever is
said of a complex gradient alone is therefore a convention.  What begins and ends with real numbers
is none: a real function that goes through complex numbers has the derivative of the real function,
and that is asked of every operator, by the parts of its operands and for the parts of its result.

A cotangent w of a complex result stands for the loss Re(conj(w) y).  A holomorphic function makes
of it w times the conjugate of its derivative, and the chain rule goes on as it always does.  What
is no holomorphic function, such as a conjugate, a modulus or a real part, is differentiated by both
parts, and so are transforms between real signals and their spectra.
"""

from gradspec.chapters.complex_numbers import (
    gradients,
    crossing,
    functions,
    orders,
    passes,
    conjugates,
)

__all__ = ["conjugates", "crossing", "functions", "gradients", "orders", "passes"]
