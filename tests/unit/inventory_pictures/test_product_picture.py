"""A product's picture has what a planner looks for, whatever the product is like."""

from __future__ import annotations

import itertools
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib._pylab_helpers import Gcf
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.container import BarContainer
from matplotlib.dates import date2num

from inventory_data import DemandDay, DemandYear
from tests.unit.inventory.fake_reader import FakeReader
from tests.unit.inventory.records import TODAY, item, order, stock
from tests.unit.inventory_pictures.answers import USUAL, Answers, answers, asked
from tool_executor.inventory_pictures import ProductFacts, draw_product
from tool_executor.pictures.style import own_style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@pytest.fixture(scope="module")
def usual() -> Answers:
    return answers()


def panels(figure: Figure) -> dict[str, Axes]:
    """The figure's panels, by what they show."""
    *demand, stock_panel, probability = figure.axes
    named = {"stock": stock_panel, "probability": probability, "forecast": demand[-1]}
    return named | ({"recorded": demand[0]} if len(demand) > 1 else {})


def legend(axes: Axes) -> list[str]:
    found = axes.get_legend()
    return [] if found is None else [text.get_text() for text in found.get_texts()]


def line_days(axes: Axes) -> list[float]:
    """Where there are lines from bottom to top."""
    return [line.get_xdata()[0] for line in axes.lines if list(line.get_ydata()) == [0, 1]]


def heading(figure: Figure) -> str:
    return " ".join(text.get_text().replace("\N{NO-BREAK SPACE}", " ") for text in figure.texts)


def drawn(figure: Figure) -> Figure:
    with own_style():
        FigureCanvasAgg(figure).draw()
    return figure


def test_the_title_names_product_warehouse_class_and_method(usual: Answers) -> None:
    said = heading(draw_product(*usual))
    assert said.startswith("P001 at WH001: smooth demand, XYZ class X, forecast by SES Close of ")


def test_the_heading_says_how_the_product_stands_and_what_to_do(usual: Answers) -> None:
    _, points, risks = usual
    said = heading(draw_product(*usual))
    assert f"Close of 31 Oct 2026 · net stock {risks['risks'][0]['net_stock']:.0f} each · position 44" in said
    assert f"Order {points['products'][0]['suggested_order']} each now" in said
    assert "stock-out within 21 days: " in said
    assert ", critical" in said


def test_axes_have_units_and_days(usual: Answers) -> None:
    found = panels(drawn(draw_product(*usual)))
    assert found["recorded"].get_ylabel() == "demand per day (each)"
    assert found["stock"].get_ylabel() == "stock (each)"
    assert found["probability"].get_ylabel() == "stock-out"
    ticks = [text.get_text() for text in found["probability"].get_xticklabels()]
    assert ticks[0] == "2 Nov\n2026"
    assert "16 Nov" in ticks


def test_the_forecast_is_drawn_as_it_was_answered(usual: Answers) -> None:
    axes = panels(draw_product(*usual))["forecast"]
    assert legend(axes) == ["forecast mean", "median", "10 to 90%"]
    steps = {patch.get_label(): patch.get_data() for patch in axes.patches}
    days = usual[0]["days"]
    assert list(steps["forecast mean"].values) == [day["mean"] for day in days]
    assert list(steps["median"].values) == [day["p50"] for day in days]
    assert list(steps["10 to 90%"].values) == [day["p90"] for day in days]
    assert list(np.asarray(steps["10 to 90%"].baseline)) == [day["p10"] for day in days]
    assert steps["forecast mean"].edges[0] == date2num(TODAY) + 0.5


def test_days_that_were_left_out_are_pale_and_shaded() -> None:
    first = TODAY - timedelta(days=49)
    days = [
        DemandDay(day=first + timedelta(days=offset), qty_demanded=4.0, promotion=offset in {40, 41, 45})
        for offset in range(50)
    ]
    reader = FakeReader([item()], [stock()], [DemandYear.of_days("WH001", "P001", days)])
    axes = panels(draw_product(*asked(reader, "P001", history_days=30, horizon_days=7)))["recorded"]
    bars = {bars.get_label(): bars for bars in axes.containers if isinstance(bars, BarContainer)}
    assert legend(axes) == ["recorded demand", "left out: out of stock, promotion, no record"]
    assert [len(container) for container in bars.values()] == [27, 3]
    shaded = [patch for patch in axes.patches if patch.get_zorder() == 0]
    assert sorted(patch.get_width() for patch in shaded) == [1, 2]


def test_the_stock_is_projected_with_its_levels_and_receipts(usual: Answers) -> None:
    _, points, risks = usual
    axes = panels(draw_product(*usual))["stock"]
    point, risk = points["products"][0], risks["risks"][0]
    line = next(line for line in axes.lines if line.get_label() == "expected net stock at close")
    expected = [risk["net_stock"], *(day["expected_net_stock"] for day in risk["by_day"])]
    assert list(line.get_ydata()) == expected
    assert list(line.get_xdata())[:2] == [date2num(TODAY), date2num(TODAY) + 1]
    assert {
        "expected receipts of a day",
        "20 promised for 9 Nov",
        f"{point['suggested_order']} ordered now: there 6 Nov",
        f"position {point['inventory_position']:.0f}",
        f"reorder point {point['reorder_point']}",
        f"order up to {point['order_up_to']}",
    } < set(legend(axes))
    level = next(line for line in axes.lines if line.get_label().startswith("reorder point"))
    assert list(level.get_ydata()) == [point["reorder_point"]] * 2


def test_the_days_at_5_and_50_percent_are_marked_in_both_panels(usual: Answers) -> None:
    risk = usual[2]["risks"][0]
    days = [date2num(date.fromisoformat(risk[f"day_at_{level}_percent"])) for level in (5, 50)]
    found = panels(draw_product(*usual))
    assert line_days(found["stock"]) == days
    assert line_days(found["probability"]) == days
    assert [label.split(" by ")[0] for label in legend(found["probability"])][1:] == ["5%", "50%"]


def test_the_probability_is_drawn_day_by_day(usual: Answers) -> None:
    axes = panels(draw_product(*usual))["probability"]
    chances = [day["probability"] for day in usual[2]["risks"][0]["by_day"]]
    assert [list(patch.get_data().values) for patch in axes.patches] == [chances, chances]
    assert axes.get_ylim() == (0, 1)


def test_without_a_row_of_the_risk_the_rest_is_drawn(usual: Answers) -> None:
    forecast, points, risks = usual
    found = panels(drawn(draw_product(forecast, points, {**risks, "risks": []})))
    assert [text.get_text() for text in found["stock"].texts] == [
        "no projection of the stock: the tool told nothing of this product"
    ]
    assert len(legend(found["stock"])) == 3
    assert len(found["probability"].patches) == 0


def test_the_forecast_alone_makes_a_picture(usual: Answers) -> None:
    figure = drawn(draw_product(usual[0], None, None))
    assert "Close of 31 Oct 2026 · demand of 21 days" in heading(figure)


def test_of_many_products_the_forecasts_one_is_drawn(usual: Answers) -> None:
    forecast, points, risks = usual
    points = {**points, "products": [{**points["products"][0], "product_code": "P000"}, *points["products"]]}
    assert ProductFacts.of(forecast, points, risks).point == points["products"][1]


def test_a_history_without_demand_is_told() -> None:
    figure = drawn(draw_product(*answers([0] * 100, on_hand=5, orders=())))
    found = panels(figure)
    assert [text.get_text() for text in found["recorded"].texts] == ["no demand in these days"]
    assert found["recorded"].get_ylim() == (0, 1)
    assert "P001 at WH001: no demand, forecast of zero" in heading(figure)
    assert "stock-out within 21 days: 0%" in heading(figure)
    assert "to do" not in heading(figure)


def test_no_history_at_all_is_a_picture() -> None:
    assert "no demand history" in heading(drawn(draw_product(*answers((), history_days=30))))


def test_without_recorded_days_the_forecast_has_the_whole_width(usual: Answers) -> None:
    del usual
    assert "recorded" not in panels(drawn(draw_product(*answers(history_days=0))))


def test_a_horizon_of_one_day_is_a_picture() -> None:
    figure = drawn(draw_product(*answers(horizon_days=1)))
    found = panels(figure)
    assert "demand of 1 day: " in heading(figure)
    assert found["forecast"].get_xlim() == (date2num(TODAY) + 0.5, date2num(TODAY) + 1.5)
    assert len(found["probability"].patches) == 2


def test_negative_stock_is_shaded_as_short() -> None:
    axes = panels(drawn(draw_product(*answers(on_hand=-12))))["stock"]
    assert "short (backorders)" in legend(axes)
    assert axes.get_ylim()[0] < -12


def test_where_nothing_is_to_come_no_receipts_are_drawn() -> None:
    axes = panels(draw_product(*answers(on_hand=10_000, orders=())))["stock"]
    assert [label for label in legend(axes) if "receipts" in label or "promised" in label or "ordered" in label] == []
    assert axes.containers == []


def test_a_receipt_beyond_the_horizon_is_told_and_does_not_widen_it() -> None:
    axes = panels(drawn(draw_product(*answers(orders=[order(300, 40)], horizon_days=14))))["stock"]
    assert "40 promised for 27 Aug" in legend(axes)
    assert axes.get_xlim() == (date2num(TODAY) - 0.5, date2num(TODAY) + 14.5)


def test_long_names_and_large_numbers_stay_inside() -> None:
    odd = answers(
        [quantity * 1e9 for quantity in USUAL],
        on_hand=-1e11,
        orders=[order(9, 1e12)],
        product_code="W" * 40,
        unit='$a_b$ <&>"{x} 箱箱箱箱箱',
    )
    figure = drawn(draw_product(*odd))
    width, height = figure.canvas.get_width_height()
    texts = [
        *figure.texts,
        *(text for axes in figure.axes if axes.get_legend() for text in axes.get_legend().get_texts()),
    ]
    for text in texts:
        box = text.get_window_extent()
        assert box.x0 >= 0
        assert box.x1 <= width
        assert box.y1 <= height
    assert '$a_b$ <&>"{x}' in heading(figure)


def test_all_warnings_are_told_once_and_in_words(usual: Answers) -> None:
    forecast, points, risks = usual
    point = {**points["products"][0], "warnings": ["overdue_orders", "order_capped"]}
    risk = {**risks["risks"][0], "warnings": ["overdue_orders"]}
    said = heading(draw_product(forecast, {**points, "products": [point]}, {**risks, "risks": [risk]}))
    assert "Mind: orders are overdue; the order is capped, part of the need is left" in said


def test_the_readers_own_style_changes_nothing_and_is_left_as_it_was(usual: Answers) -> None:
    with mpl.rc_context({"text.usetex": True, "font.size": 40, "axes.grid": False}):
        before = dict(mpl.rcParams)
        figure = drawn(draw_product(*usual))
        assert dict(mpl.rcParams) == before
    assert figure.texts[0].get_usetex() is False


@pytest.mark.parametrize(("history_days", "horizon_days"), [(1, 1), (7, 90), (730, 28)])
def test_ticks_are_few_enough_to_be_read(history_days: int, horizon_days: int) -> None:
    figure = drawn(draw_product(*answers(history_days=history_days, horizon_days=horizon_days)))
    for axes in figure.axes[:-2] + figure.axes[-1:]:
        boxes = [text.get_window_extent() for text in axes.get_xticklabels() if text.get_text()]
        assert all(left.x1 < right.x0 for left, right in itertools.pairwise(boxes))


def test_key_numbers_are_the_tools_own(usual: Answers) -> None:
    forecast, points, risks = usual
    found: dict[str, Any] = ProductFacts.of(forecast, points, risks).key_numbers()
    assert found["demand_over_horizon"]["p90"] == forecast["days"][-1]["cumulative_p90"]
    assert found["reorder_point"] == points["products"][0]["reorder_point"]
    assert found["day_at_5_percent"] == risks["risks"][0]["day_at_5_percent"]
    without: dict[str, Any] = ProductFacts.of(forecast, None, None).key_numbers()
    assert found.keys() == without.keys()
    assert without["reorder_point"] is None


def test_no_window_is_opened(usual: Answers) -> None:
    draw_product(*usual)
    assert Gcf.get_all_fig_managers() == []
