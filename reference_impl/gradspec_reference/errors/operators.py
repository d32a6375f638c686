"""Operands of an operator that do not fit, and what it has no kernel for."""

from gradspec_reference.errors.refusal import GradError


class OperandShapeError(GradError, RuntimeError, kind="operand-shape", clause="rec-204"):
    """The shapes of the operands do not fit together."""


class OperandSizeError(GradError, ValueError, kind="operand-shape"):
    """The shapes of the operands of a loss do not fit together."""


class OperandRankError(GradError, IndexError, RuntimeError, kind="operand-shape"):
    """Operands have other numbers of dimensions; torch compares these, or counts one too many."""


class OperandCountError(GradError, IndexError, kind="operand-shape"):
    """There are not as many entries as places for them."""


class DimensionError(GradError, IndexError, kind="dimension", clause="op-249"):
    """A dimension was named that is not there."""


class RepeatedDimensionError(GradError, RuntimeError, kind="dimension", clause="op-249"):
    """A dimension was named twice."""


class WrongDimensionsError(GradError, IndexError, RuntimeError, kind="dimension", clause="op-249"):
    """A dimension was named twice, and one that is not there; torch sees the one or the other."""


class IndexRangeError(GradError, IndexError, RuntimeError, kind="index-range", clause="op-271"):
    """An index names no entry; torch has the one error or the other, by the kernel."""


class PlaceRangeError(GradError, RuntimeError, kind="index-range", clause="op-271"):
    """An index of a gather, a scatter or a class names no entry."""


class OperandDtypeError(GradError, RuntimeError, kind="operand-dtype", clause="op-272"):
    """What counts or chooses is not of integers or booleans."""


class MatrixDtypeError(GradError, RuntimeError, kind="operand-dtype", clause="op-274"):
    """A matrix is not of float32 or float64."""


class UnknownMatrixDtypeError(
    GradError, NotImplementedError, kind="operand-dtype", clause="op-274"
):
    """A matrix is not of float32 or float64, and torch has no kernel for it."""


class IndexDtypeError(GradError, IndexError, kind="operand-dtype", clause="op-272"):
    """An index is not of integers or booleans."""


class NotCountedError(GradError, NotImplementedError, kind="operand-dtype", clause="op-272"):
    """What is counted are whole numbers."""


class NarrowTypeError(GradError, RuntimeError, kind="operand-dtype", clause="dty-204"):
    """Numbers of 8 bits were to be brought to one data type with others."""


class NoKernelError(GradError, NotImplementedError, kind="operand-dtype", clause="dty-204"):
    """An operator does not compute with numbers of this data type."""


class NoComplexKernelError(GradError, NotImplementedError, kind="operand-dtype", clause="op-272"):
    """An operator does not take complex numbers."""


class NoComplexRuleError(GradError, RuntimeError, kind="operand-dtype", clause="op-272"):
    """What complex numbers have not was asked for: an order, a sign, or a derivative."""


class UnfitArgumentError(TypeError, AttributeError):
    """An argument is of no kind that a function takes; some ask it for an attribute first."""


class OtherDeviceError(GradError, RuntimeError, kind="other-device", clause="dty-201"):
    """Operands are on several devices."""
