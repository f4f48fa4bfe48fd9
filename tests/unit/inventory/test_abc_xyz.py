from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.inventory_optimizer.maths.policies.abc_xyz import (
    AbcClass,
    AbcCutoffs,
    XyzClass,
    XyzCutoffs,
    abc_classes,
    xyz_classes,
)

values = st.lists(st.one_of(st.just(0.0), st.integers(1, 20).map(float), st.floats(0, 1e9)), max_size=40).map(np.array)


def labels(found: np.ndarray) -> str:
    return "".join(AbcClass(one).label for one in found)


@pytest.mark.parametrize(
    ("annual_value", "classes"),
    [
        ([70, 15, 8, 4, 3], "AABBC"),  # the product that crosses 80 % is the last of A
        ([3, 8, 70, 4, 15], "CBABA"),
        ([80, 15, 5], "ABC"),  # cut-offs met exactly
        ([3.1, 7.5, 3.3, 2.085, 1.39], "AAABB"),  # 13.9 of 17.375, whose sum rounds to just under 80 %
        ([1000], "A"),
        ([1000, 0, 0], "ACC"),
        ([0, 0], "CC"),
        ([10, 10, 10, 10], "AAAA"),  # equals share a class
        ([50, 20, 20, 5, 5], "AAABB"),
        ([1e308, 1e308, 1e300], "AAC"),
        ([5e-324, 0], "AC"),
        ([], ""),
    ],
)
def test_classes_by_value(annual_value: list[float], classes: str) -> None:
    assert labels(abc_classes(np.array(annual_value, float))) == classes


@given(values, st.randoms(use_true_random=False))
def test_the_order_of_products_does_not_matter(annual_value: np.ndarray, random: object) -> None:
    order = np.array(random.sample(range(len(annual_value)), len(annual_value)), dtype=int)  # type: ignore[attr-defined]
    assert abc_classes(annual_value[order]).tolist() == abc_classes(annual_value)[order].tolist()


@given(values)
def test_a_class_holds_no_less_valuable_products_than_the_next(annual_value: np.ndarray) -> None:
    found = abc_classes(annual_value)
    falling = np.argsort(-annual_value, kind="stable")
    assert (np.diff(found[falling]) >= 0).all()
    total = annual_value.sum()
    if total > 0:
        assert annual_value[found == AbcClass.A].sum() >= 0.8 * total * (1 - 1e-6)
        assert annual_value[found == AbcClass.C].sum() <= 0.05 * total * (1 + 1e-6)
        assert found[np.argmax(annual_value)] == AbcClass.A


def test_cut_offs_by_value_are_parameters() -> None:
    annual_value = np.array([50.0, 30.0, 20.0])
    assert labels(abc_classes(annual_value, AbcCutoffs(0.5, 0.8))) == "ABC"
    assert labels(abc_classes(annual_value, AbcCutoffs(0.9, 1.0))) == "AAA"


def test_classes_by_variation() -> None:
    mean, sd = np.array([10.0, 10, 10, 10, 10, 0, 0]), np.array([0.0, 5, 5.1, 10, 10.1, 0, 3])
    found = [XyzClass(one).label for one in xyz_classes(mean, sd)]
    assert found == ["X", "X", "Y", "Y", "Z", "no_demand", "no_demand"]
    found = [XyzClass(one).label for one in xyz_classes(mean, sd, XyzCutoffs(0.1, 0.505))]
    assert found == ["X", "Y", "Z", "Z", "Z", "no_demand", "no_demand"]


@pytest.mark.parametrize("cutoffs", [(0.0, 0.9), (0.9, 0.8), (0.8, 0.8), (0.8, 1.01), (np.nan, 0.9)])
def test_impossible_cut_offs_by_value_are_refused(cutoffs: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="ABC cut-offs"):
        AbcCutoffs(*cutoffs)


@pytest.mark.parametrize("cutoffs", [(0.0, 1.0), (1.0, 0.5), (0.5, np.inf), (0.5, np.nan)])
def test_impossible_cut_offs_by_variation_are_refused(cutoffs: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="XYZ cut-offs"):
        XyzCutoffs(*cutoffs)


@pytest.mark.parametrize("value", [-1.0, np.nan, np.inf])
def test_impossible_values_are_refused(value: float) -> None:
    with pytest.raises(ValueError, match="finite and not negative"):
        abc_classes(np.array([1.0, value]))
    with pytest.raises(ValueError, match="finite and not negative"):
        xyz_classes(np.array([1.0, 1.0]), np.array([1.0, value]))
