"""A warehouse that is too large for one answer is answered in parts, and each says what was done."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lambdas.inventory_optimizer import handler, reorder_points, warehouse
from lambdas.inventory_optimizer.reader import use_reader
from lambdas.runtime.time_limit import seconds_left, time_limit
from tests.unit.inventory.fake_reader import FakeReader
from tests.unit.inventory.records import history, item, stock

if TYPE_CHECKING:
    from lambdas.inventory_optimizer.reorder_results import ReorderPoints

CODES = [f"P{number:03d}" for number in range(1, 8)]


@pytest.fixture
def reader() -> FakeReader:
    return FakeReader(
        [item(code, unit_cost=float(place + 1)) for place, code in enumerate(CODES)],
        [stock(code, on_hand=2.0 * place) for place, code in enumerate(CODES)],
        [year for place, code in enumerate(CODES) for year in history([4.0, 6.0, 5.0 + place] * 40, code)],
    )


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warehouse, "BATCH_PRODUCTS", 2)


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the time were never enough for another batch."""
    monkeypatch.setattr(warehouse, "seconds_left", lambda: 0.5)


def told(found: ReorderPoints) -> list[str]:
    return [row.product_code for row in found.products]


@pytest.mark.usefixtures("small_batches")
def test_batches_give_what_one_read_gives(reader: FakeReader, monkeypatch: pytest.MonkeyPatch) -> None:
    with use_reader(reader):
        in_batches = handler.calculate_reorder_points("WH001")
        risks_in_batches = handler.identify_stockout_risks("WH001", 14)
    assert reader.reads["demand"] == 8
    monkeypatch.setattr(warehouse, "BATCH_PRODUCTS", 100)
    with use_reader(reader):
        assert handler.calculate_reorder_points("WH001") == in_batches
        assert handler.identify_stockout_risks("WH001", 14) == risks_in_batches
    assert in_batches.coverage.model_dump() == {"products": 7, "usable": 7, "left": 0, "continue_after": None}
    assert in_batches.notices == ()


@pytest.mark.usefixtures("small_batches", "hurried")
def test_parts_put_together_are_the_whole(reader: FakeReader) -> None:
    found: list[str] = []
    continue_after = None
    with use_reader(reader):
        for _ in range(4):
            part = handler.calculate_reorder_points("WH001", continue_after=continue_after)
            found += told(part)
            continue_after = part.coverage.continue_after
            assert part.coverage.products == 7
            assert part.coverage.left == 7 - len(found)
            assert part.notices == (("incomplete",) if part.coverage.left else ())
    assert found == CODES
    assert continue_after is None


@pytest.mark.usefixtures("small_batches", "hurried")
def test_risks_of_a_part_say_how_many_products_were_looked_at(reader: FakeReader) -> None:
    with use_reader(reader):
        found = handler.identify_stockout_risks("WH001", 14)
    assert found.counts.checked == 2
    assert found.coverage.model_dump() == {"products": 7, "usable": 2, "left": 5, "continue_after": "P002"}
    assert {risk.product_code for risk in found.risks} <= {"P001", "P002"}


@pytest.mark.usefixtures("small_batches")
def test_an_answer_holds_no_more_products_than_fit(reader: FakeReader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reorder_points, "MOST_PRODUCTS", 3)
    with use_reader(reader):
        found = handler.calculate_reorder_points("WH001")
    assert told(found) == CODES[:3]
    assert found.coverage.continue_after == "P003"


def test_abc_is_told_only_where_all_products_could_be_compared(
    reader: FakeReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    with use_reader(reader):
        whole = handler.calculate_reorder_points("WH001")
        some = handler.calculate_reorder_points("WH001", ["P001", "P007"])
        rest = handler.calculate_reorder_points("WH001", continue_after="P003")
        monkeypatch.setattr(reorder_points, "MOST_PRODUCTS", 3)
        cut = handler.calculate_reorder_points("WH001")
    assert {row.abc for row in whole.products} == {"A", "B", "C"}
    assert [{row.abc for row in found.products} for found in (some, rest, cut)] == [{None}] * 3


def test_the_cutoffs_of_classes_are_parameters_and_echoed(reader: FakeReader) -> None:
    with use_reader(reader):
        found = handler.calculate_reorder_points("WH001", abc_cutoffs=[0.99, 1.0], xyz_cutoffs=[0.001, 0.002])
    assert found.cutoffs.model_dump() == {"a": 0.99, "b": 1.0, "x": 0.001, "y": 0.002}
    assert {row.abc for row in found.products} == {"A"}
    assert {row.xyz for row in found.products} == {"Z"}


@pytest.mark.parametrize(("name", "values"), [("abc_cutoffs", [0.95, 0.8]), ("xyz_cutoffs", [1.0, 0.5])])
def test_cutoffs_that_do_not_rise_are_refused(reader: FakeReader, name: str, values: list[float]) -> None:
    with use_reader(reader), pytest.raises(handler.InvalidInput, match="must rise") as caught:
        handler.calculate_reorder_points("WH001", **{name: values})  # type: ignore[arg-type]
    assert caught.value.pointer == f"/{name}"


def test_after_the_last_product_there_is_nothing_left(reader: FakeReader) -> None:
    with use_reader(reader):
        found = handler.calculate_reorder_points("WH001", continue_after="P999")
    assert (found.products, found.coverage.left) == ((), 0)


def test_a_tool_sees_how_much_time_it_has_left() -> None:
    assert seconds_left() == float("inf")
    with time_limit(20.0):
        assert 19 < seconds_left() <= 20
    assert seconds_left() == float("inf")


def test_the_forecast_brings_the_days_that_it_rests_on(reader: FakeReader) -> None:
    with use_reader(reader):
        found = handler.forecast_demand("P001", "WH001", 7, history_days=10)
        without = handler.forecast_demand("P001", "WH001", 7)
    assert without.history.recorded is None
    assert found.history.recorded is not None
    assert found.history.recorded.quantities == (5, 4, 6, 5, 4, 6, 5, 4, 6, 5)
    assert found.history.recorded.left_out == ()
    weights = [score.weight for score in found.scores if score.method != "combination"]
    assert sum(weights) == pytest.approx(1, abs=0.01)
    assert weights == sorted(weights, reverse=True)
