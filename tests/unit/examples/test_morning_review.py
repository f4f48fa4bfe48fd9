"""The example of a morning's review: it asks on to the end, and says what it does not know."""

from __future__ import annotations

import importlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tool_executor import ToolCall, ToolExecutionResult

if TYPE_CHECKING:
    from collections.abc import Sequence

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"
RISK: dict[str, Any] = {
    "product_code": "P_1",
    "probability": 0.4,
    "severity": "medium",
    "expected_units_short": 12.5,
    "value_at_risk": 100.0,
    "day_at_5_percent": "2026-11-03",
    "next_receipt": {"day": "2026-11-09", "quantity": 20},
    "action": "expedite_open_order",
    "warnings": ["overdue_orders"],
}


@pytest.fixture
def review(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(EXAMPLES)
    return importlib.import_module("morning_review")


@pytest.fixture
def report(review: Any) -> Any:
    del review
    return importlib.import_module("morning_report")


def risks(*found: dict[str, Any], left: int = 0, after: str | None = None, **fields: Any) -> dict[str, Any]:
    counts = {"checked": 10, "at_risk": len(found), "critical": 0, "high": 0, "medium": len(found), "low": 0}
    usual = {
        "as_of": "2026-10-31",
        "currency": "EUR",
        "counts": counts,
        "value_at_risk": sum(risk["value_at_risk"] for risk in found),
        "coverage": {"left": left, "continue_after": after},
        "notices": [],
        "unusable": [],
    }
    return {**usual, "risks": list(found), **fields}


@dataclass
class InParts:
    """An executor whose answers are as a test says, one after the other."""

    answers: list[dict[str, Any] | str]
    asked: list[ToolCall] = field(default_factory=list)

    def execute_tools_sync(self, calls: Sequence[ToolCall], *, correlation_id: str) -> list[ToolExecutionResult]:
        assert correlation_id == "id"
        self.asked += calls
        return [self._result(self.answers.pop(0)) for _ in calls]

    @staticmethod
    def _result(answer: dict[str, Any] | str) -> ToolExecutionResult:
        if isinstance(answer, str):
            return ToolExecutionResult.failed("identify_stockout_risks", answer)
        return ToolExecutionResult.succeeded("identify_stockout_risks", answer)


CALL = ToolCall("identify_stockout_risks", {"warehouse_code": "WH001", "limit": 5})


def test_answers_in_parts_are_asked_on_until_nothing_is_left(review: Any) -> None:
    parts = [risks(RISK, left=10, after="P5"), risks(), risks({**RISK, "product_code": "P_9"}, value_at_risk=7.0)]
    executor = InParts(list(parts))
    found = review.Asking(executor, "id").ask({"one": CALL, "other": CALL})
    assert [call.parameters.get("continue_after") for call in executor.asked] == [None, None, "P5"]
    assert [risk["product_code"] for risk in found["one"].rows("risks")] == ["P_1", "P_9"]
    assert (found["one"].count("checked"), found["one"].value_at_risk) == (20, 107)
    assert (found["other"].rows("risks"), found["other"].missing) == ([], None)


def test_a_part_that_fails_is_told_with_where_it_would_have_gone_on(review: Any) -> None:
    executor = InParts([risks(RISK, left=10, after="P5"), "It is gone."])
    answer = review.Asking(executor, "id").ask({"one": CALL})["one"]
    assert answer.missing == "identify_stockout_risks after P5: ToolFailed: It is gone."
    assert len(answer.rows("risks")) == 1


def test_the_most_valuable_of_all_parts_are_looked_at(review: Any) -> None:
    first = risks({**RISK, "value_at_risk": 5.0}, left=1, after="P_1")
    executor = InParts([first, risks({**RISK, "product_code": "P_9", "value_at_risk": 50.0}), "no", "no"])
    (warehouse,) = review.look(
        review.Asking(executor, "id"), review.options(["WH001", "--top", "1", "--pictures", "0"])
    )
    assert [risk["product_code"] for risk in warehouse.urgent] == ["P_9"]
    assert executor.asked[2].parameters["product_codes"] == ["P_9"]
    assert executor.asked[3].parameters["product_code"] == "P_9"
    assert warehouse.missing[1].startswith("forecast_demand of P_9: ")


def test_the_report_tells_what_is_missing_and_what_is_unknown(report: Any) -> None:
    answer = report.Answer([risks(RISK)])
    gone = report.Answer(missing="identify_stockout_risks: NotFound: There is no warehouse 'WH_9'.")
    known = report.WarehouseReview("WH001", answer, [RISK], reorder=report.Answer(missing="no | answer"))
    text = report.markdown([known, report.WarehouseReview("WH_9", gone)], 14, None)
    assert "**This review is not complete.**" in text
    assert r"- WH001: no \| answer" in text
    assert "| WH001 | 31 Oct 2026 | 10 | 1 | 0 | 0 | 1 | 0 | 100 EUR |" in text
    assert "| WH_9 | ? | ? |" in text
    row = next(line for line in text.splitlines() if line.startswith(r"| **P\_1**"))
    assert row.split(" | ")[1:5] == ["40%, medium", "3 Nov", "12.5", "100 EUR"]
    assert row.split(" | ")[5:] == ["20 on 9 Nov", "?", "?", "expedite the open order", "orders are overdue |"]
    assert "Nothing is known of this warehouse this morning." in text


def test_amounts_of_several_currencies_are_not_added_up(report: Any) -> None:
    reviews = [
        report.WarehouseReview("WH001", report.Answer([risks(RISK)]), [RISK]),
        report.WarehouseReview("WH002", report.Answer([risks(RISK, currency="USD")]), [RISK]),
        report.WarehouseReview(
            "WH003", report.Answer([risks(currency=None, value_at_risk=None, notices=["mixed_currencies"])])
        ),
    ]
    text = report.markdown(reviews, 14, "tool-executor history")
    assert "| **all** |  | **30** | **2** | **0** | **0** | **2** | **0** | **-** |" in text
    assert "Mind: currencies are mixed" in text
    assert "No product is at risk within 14 days." in text
    assert text.endswith("`tool-executor history`\n")


def test_unusable_records_are_counted_and_the_first_are_named(report: Any) -> None:
    unusable = [{"record": f"item P{number}", "problem": "unit_cost is negative."} for number in range(5)]
    text = report.markdown([report.WarehouseReview("WH001", report.Answer([risks(unusable=unusable)] * 2))], 7, None)
    assert "5 records could not be used. item P0: unit\\_cost is negative.;" in text
    assert "And 2 more." in text


def test_without_a_cloud_it_ends_with_2_in_a_sentence(
    review: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    assert review.main([]) == 2
    assert "Nothing answers at" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["--days", "91"], ["--top", "0"], ["--pictures", "x"]])
def test_options_that_cannot_be_are_refused(review: Any, arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        review.main(arguments)
    assert ended.value.code == 2
