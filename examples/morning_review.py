"""The morning's review: what may run out in each warehouse, what to do about it, and pictures of the worst.

::

    python examples/morning_review.py --local                # WH001 to WH003 of the sample distributor
    python examples/morning_review.py --stage prod BERLIN LYON --days 21

The risks of all warehouses are asked for beside each other, then reorder points and forecasts of what is at risk. A
warehouse that is too large for one answer is asked on until nothing is left. Where a call fails the report says what is
missing, and the exit code is 1; it is 2 where the set-up or the options are wrong.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
import uuid
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from morning_report import Answer, WarehouseReview, markdown

from tool_executor import ToolCall, ToolExecutor, ToolExecutorError
from tool_executor.cli.console import err, print_error
from tool_executor.cli.where import NewCloud, chosen
from tool_executor.inventory_pictures import LONGEST_HORIZON_DAYS, draw_product, save_picture

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping, Sequence

    from tool_executor import ToolExecutionResult

#: How far pictures look ahead at least, and back.
HORIZON_DAYS = 28
HISTORY_DAYS = 120


@dataclass(frozen=True)
class Asking:
    """An executor, and the id under which the history has all that it was asked."""

    executor: ToolExecutor
    correlation_id: str

    def ask(self, calls: Mapping[Hashable, ToolCall]) -> dict[Hashable, Answer]:
        """Run calls beside each other; ask those on whose answers are parts, until nothing is left."""
        answers = {key: Answer() for key in calls}
        while calls:
            results = self.executor.execute_tools_sync(list(calls.values()), correlation_id=self.correlation_id)
            left = {}
            for (key, call), result in zip(calls.items(), results, strict=True):
                if result.is_failure:
                    answers[key].missing = why(call, result)
                    continue
                answers[key].parts.append(result.result)
                coverage = result.result.get("coverage")
                if coverage is not None and coverage["left"]:
                    further = {**call.parameters, "continue_after": coverage["continue_after"]}
                    left[key] = replace(call, parameters=further)
            if left:
                tell(f"  {len(left)} answers are parts: asking on")
            calls = left
        return answers


def why(call: ToolCall, result: ToolExecutionResult) -> str:
    """Return which call was not answered, or from where on, and what the tool said."""
    product, after = call.parameters.get("product_code"), call.parameters.get("continue_after")
    which = f" of {product}" if product else f" after {after}" if after else ""
    hint = next((f" {detail.hint}" for detail in result.details if detail.hint), "")
    return f"{call.tool_name}{which}: {result.error_code}: {result.error}{hint}"


def look(asking: Asking, wanted: argparse.Namespace) -> list[WarehouseReview]:
    """Return what there is to say of each warehouse, pictures apart."""
    tell(f"Asking for the risks of {', '.join(wanted.warehouses)}")
    found = asking.ask(
        {
            code: ToolCall(
                "identify_stockout_risks",
                {"warehouse_code": code, "days_ahead": wanted.days, "limit": wanted.top},
                reasoning="The morning review",
            )
            for code in dict.fromkeys(wanted.warehouses)
        }
    )
    warehouses = [WarehouseReview(str(code), risks) for code, risks in found.items()]
    for warehouse in warehouses:
        # Of each part the first; together they hold the first of all.
        risks = sorted(warehouse.risks.rows("risks"), key=lambda risk: -risk["value_at_risk"])
        if warehouse.risks.value_at_risk is None:  # currencies are mixed
            risks.sort(key=lambda risk: -risk["probability"])
        warehouse.urgent = risks[: wanted.top]
    look_closely(asking, [warehouse for warehouse in warehouses if warehouse.urgent], wanted)
    return warehouses


def look_closely(asking: Asking, warehouses: Sequence[WarehouseReview], wanted: argparse.Namespace) -> None:
    """Ask for reorder points, forecasts and the stock day by day of what is urgent, all beside each other."""
    horizon = max(HORIZON_DAYS, wanted.days)
    calls: dict[Hashable, ToolCall] = {}
    for warehouse in warehouses:
        codes = [risk["product_code"] for risk in warehouse.urgent]
        place = {"warehouse_code": warehouse.code}
        calls[warehouse.code, "reorder"] = ToolCall(
            "calculate_reorder_points", {**place, "product_codes": codes, "detail": "full"}
        )
        if wanted.pictures:
            few = {"product_codes": codes[: wanted.pictures], "minimum_probability": 0, "detail": "full"}
            calls[warehouse.code, "outlook"] = ToolCall(
                "identify_stockout_risks", {**place, **few, "days_ahead": horizon}
            )
        for code in codes:
            one = {**place, "product_code": code, "horizon_days": horizon, "history_days": HISTORY_DAYS}
            calls[warehouse.code, "forecast", code] = ToolCall("forecast_demand", one)
    tell(f"Asking for reorder points and forecasts: {len(calls)} calls")
    answers = asking.ask(calls)
    for warehouse in warehouses:
        warehouse.reorder = answers[warehouse.code, "reorder"]
        warehouse.outlook = answers.get((warehouse.code, "outlook"), Answer())
        codes = [risk["product_code"] for risk in warehouse.urgent]
        warehouse.forecasts = {code: answers[warehouse.code, "forecast", code] for code in codes}


def draw(warehouses: Sequence[WarehouseReview], folder: Path, pictures: int) -> None:
    """Draw the first products of each warehouse, as far as their forecasts are known."""
    for warehouse in warehouses:
        for risk in warehouse.urgent[:pictures]:
            code = risk["product_code"]
            forecast = warehouse.forecast(code)
            if forecast is not None:
                tell(f"Drawing {code} at {warehouse.code}")
                points, risks = warehouse.reorder.rows("products"), warehouse.outlook.rows("risks")
                figure = draw_product(forecast, {"products": points}, {"risks": risks})
                warehouse.pictures[code] = f"{warehouse.code}-{code}.png"
                save_picture(figure, folder / warehouse.pictures[code])


def tell(what: str) -> None:
    """Say on standard error what is being done."""
    err.print(what, markup=False, highlight=False)


def options(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return what was asked for."""
    parser = argparse.ArgumentParser(description="Write a review of what may run out, as Markdown with pictures.")
    parser.add_argument("warehouses", nargs="*", metavar="WAREHOUSE", help="codes; WH001 WH002 WH003 by default")
    parser.add_argument("--days", type=_between(1, LONGEST_HORIZON_DAYS), default=14, help="days to look ahead (14)")
    parser.add_argument("--top", type=_between(1, 50), default=5, help="products per warehouse (5)")
    parser.add_argument("--pictures", type=_between(0, 50), default=2, help="pictures per warehouse (2)")
    parser.add_argument("--output", type=Path, default=Path("build/morning_review"), metavar="DIR", help="%(default)s")
    parser.add_argument("--local", action="store_true", help="the local cloud: a running one, or one just for this")
    parser.add_argument(
        "--stage", default=os.environ.get("TOOL_EXECUTOR_STAGE", "dev"), help="the deployed stage (dev)"
    )
    parser.add_argument("--region", help="the AWS region")
    wanted = parser.parse_args(arguments)
    wanted.warehouses = wanted.warehouses or ["WH001", "WH002", "WH003"]
    return wanted


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the review; return the exit code."""
    wanted = options(arguments)
    began, correlation_id = time.monotonic(), f"morning-review-{uuid.uuid4()}"
    try:
        with (
            chosen(local=wanted.local, stage=wanted.stage, region=wanted.region, new=NewCloud()) as where,
            ToolExecutor(aws=where.aws, deployment=where.deployment, caller="morning-review") as executor,
        ):
            warehouses = look(Asking(executor, correlation_id), wanted)
        history = f"tool-executor history --correlation-id {correlation_id}{where.options}"
        wanted.output.mkdir(parents=True, exist_ok=True)
        draw(warehouses, wanted.output, wanted.pictures)
        report = wanted.output / "review.md"
        text = markdown(warehouses, wanted.days, None if where.ends_with_command else history)
        report.write_text(text, encoding="utf-8")
    except ToolExecutorError as error:
        print_error(error, as_json=False)
        return 2
    except OSError as error:
        tell(f"{error.strerror}: {error.filename}")
        return 2
    missing = [f"{warehouse.code}: {said}" for warehouse in warehouses for said in warehouse.missing]
    for said in missing:
        tell(f"Missing: {said}")
    print(report)
    tell(f"Written in {time.monotonic() - began:.1f} s")
    return 1 if missing else 0


def _between(least: int, most: int) -> Callable[[str], int]:
    def number(text: str) -> int:
        value = int(text)
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"{value} is not between {least} and {most}")
        return value

    return number


if __name__ == "__main__":
    sys.exit(main())
