"""Which products matter and which are steady: ABC by annual value, XYZ by variation.

ABC: products in falling order of value; those that make up the first 80 % of it are A, up to 95 % B, the rest C
(Silver, Pyke & Thomas 2017, ch. 2). XYZ: a coefficient of variation of demand up to 0.5 is X, up to 1.0 Y, above it Z.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from lambdas.inventory_optimizer.maths.arrays import Floats, Integers

AbcName: TypeAlias = Literal["A", "B", "C"]
XyzName: TypeAlias = Literal["no_demand", "X", "Y", "Z"]
#: Guards a cut-off that is met exactly against the rounding of a sum.
_SLACK: Final = 1e-9


class AbcClass(IntEnum):
    """Classes by value."""

    A = 1
    B = 2
    C = 3

    @property
    def label(self) -> AbcName:
        """The name that results show."""
        return _ABC_NAMES[self]


class XyzClass(IntEnum):
    """Classes by variation, and the one of products without any demand."""

    NO_DEMAND = 0
    X = 1
    Y = 2
    Z = 3

    @property
    def label(self) -> XyzName:
        """The name that results show."""
        return _XYZ_NAMES[self]


_ABC_NAMES: Final[dict[AbcClass, AbcName]] = {AbcClass.A: "A", AbcClass.B: "B", AbcClass.C: "C"}
_XYZ_NAMES: Final[dict[XyzClass, XyzName]] = {
    XyzClass.NO_DEMAND: "no_demand",
    XyzClass.X: "X",
    XyzClass.Y: "Y",
    XyzClass.Z: "Z",
}


@dataclass(frozen=True, slots=True)
class AbcCutoffs:
    """Shares of cumulated value at which A and B end."""

    a: float = 0.80
    b: float = 0.95

    def __post_init__(self) -> None:
        """Raise ``ValueError`` unless 0 < a < b <= 1."""
        if not 0 < self.a < self.b <= 1:
            raise ValueError("ABC cut-offs must rise and lie above 0 and at most at 1")


@dataclass(frozen=True, slots=True)
class XyzCutoffs:
    """Coefficients of variation up to which a product is X and Y."""

    x: float = 0.5
    y: float = 1.0

    def __post_init__(self) -> None:
        """Raise ``ValueError`` unless 0 < x < y and both are finite."""
        if not 0 < self.x < self.y < float("inf"):
            raise ValueError("XYZ cut-offs must rise, be positive and finite")


def abc_classes(annual_value: Floats, cutoffs: AbcCutoffs | None = None) -> Integers:
    """Return the ``AbcClass`` of each product, from its demand a year times its unit cost.

    The class goes by the share of the products of strictly higher value: the product that crosses a cut-off belongs
    to the class it completes, equal values to one class, whatever their order. A product of no value is C. Raises
    ``ValueError`` on negative or non-finite values.
    """
    value = np.asarray(annual_value, float)
    if not (np.isfinite(value).all() and (value >= 0).all()):
        raise ValueError("annual values must be finite and not negative")
    limits = cutoffs or AbcCutoffs()
    # As shares of the highest value, so that no sum overflows.
    share = value / max(value.max(initial=0.0), np.finfo(float).tiny)
    levels, place = np.unique(share, return_inverse=True)
    by_level = levels * np.bincount(place.ravel(), minlength=levels.size)
    above = (np.cumsum(by_level[::-1])[::-1] - by_level)[place.reshape(value.shape)]
    total = by_level.sum()
    choices = [AbcClass.A, AbcClass.B]
    conditions = [above < (limit - _SLACK) * total for limit in (limits.a, limits.b)]
    return np.select(conditions, [int(choice) for choice in choices], int(AbcClass.C)).astype(np.int64)


def xyz_classes(mean: Floats, sd: Floats, cutoffs: XyzCutoffs | None = None) -> Integers:
    """Return the ``XyzClass`` of each product, from mean and standard deviation of its demand per period.

    The period decides: a product that is Z by day may be X by month. Raises ``ValueError`` on negative or non-finite
    moments.
    """
    mean, sd = np.broadcast_arrays(np.asarray(mean, float), np.asarray(sd, float))
    if not (np.isfinite(mean).all() and np.isfinite(sd).all() and (mean >= 0).all() and (sd >= 0).all()):
        raise ValueError("mean and standard deviation of demand must be finite and not negative")
    limits = cutoffs or XyzCutoffs()
    choices = [XyzClass.NO_DEMAND, XyzClass.X, XyzClass.Y]
    conditions = [mean == 0, sd <= limits.x * mean, sd <= limits.y * mean]
    return np.select(conditions, [int(choice) for choice in choices], int(XyzClass.Z)).astype(np.int64)
