from __future__ import annotations

import numpy as np
import pytest

from lambdas.inventory_optimizer.maths.stockouts import receipts as receipts_module
from lambdas.inventory_optimizer.maths.stockouts.receipts import ExpectedReceipt
from tests.unit.inventory.passages import days_of, outlook


def many_orders(count: int = 9) -> list[ExpectedReceipt]:
    return [ExpectedReceipt(6.0 + number, 2 + number, 3.0) for number in range(count)]


def test_more_uncertain_orders_than_states_are_simulated_and_said_so() -> None:
    demand = days_of(6.0, 3.0, 14)
    found, again, other = (outlook(demand, 10.0, many_orders(), seed) for seed in (5, 5, 6))
    assert (found.method, found.step) == ("monte_carlo", 0)
    assert 0 < found.standard_error < 0.0036
    assert found.units_short_error > 0
    assert found.probability.tolist() == again.probability.tolist()
    assert found.units_short == again.units_short
    assert found.probability.tolist() != other.probability.tolist()
    assert (np.diff(found.probability) >= 0).all()


@pytest.mark.parametrize("counted", [True, False])
def test_both_methods_agree(counted: bool, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: FBT001 - parameter
    demand, receipts = days_of(6.0, 3.0, 14, counted=counted), many_orders(6)
    exact = outlook(demand, 10.0, receipts)
    monkeypatch.setattr(receipts_module, "MAX_STATES", 1)
    drawn = outlook(demand, 10.0, receipts)
    assert (exact.method, drawn.method) == ("exact", "monte_carlo")
    assert (exact.standard_error, exact.units_short_error) == (0, 0)
    assert np.abs(exact.probability - drawn.probability).max() < 4 * drawn.standard_error
    assert abs(exact.units_short - drawn.units_short) < 4 * drawn.units_short_error
    assert exact.net_stock == pytest.approx(drawn.net_stock)
    assert exact.available == pytest.approx(drawn.available, rel=0.02)


@pytest.mark.parametrize("ratio", [1.0, 0.0])
def test_simulation_knows_poisson_and_known_demand(ratio: float, monkeypatch: pytest.MonkeyPatch) -> None:
    demand = days_of(6.0, ratio, 10, counted=ratio > 0)
    exact = outlook(demand, 15.0, many_orders(4))
    monkeypatch.setattr(receipts_module, "MAX_STATES", 1)
    drawn = outlook(demand, 15.0, many_orders(4))
    assert np.abs(exact.probability - drawn.probability).max() < 4 * drawn.standard_error
    assert abs(exact.units_short - drawn.units_short) < 4 * drawn.units_short_error


def test_rare_shortages_are_found_by_simulation_too(monkeypatch: pytest.MonkeyPatch) -> None:
    demand, receipts = days_of(6.0, 1.5, 10), [ExpectedReceipt(5.0 + n, 5, 4.0) for n in range(4)]
    exact = outlook(demand, 80.0, receipts)
    monkeypatch.setattr(receipts_module, "MAX_STATES", 1)
    drawn = outlook(demand, 80.0, receipts)
    assert exact.probability[-1] < 1e-4
    assert drawn.units_short == pytest.approx(exact.units_short, abs=4 * drawn.units_short_error)
    assert 0 < drawn.units_short_error < exact.units_short
