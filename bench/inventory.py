"""The inventory tools in one invocation: CPU of 1,000 products' reorder points, the handler's import, the zip's size.

The tables are in memory in DynamoDB's own form, so that reading and checking the records is in the time, and the
network is not.
"""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import redirect_stdout
from dataclasses import asdict, dataclass
from io import StringIO
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final

from bench.runs import ROOT, options, print_json
from infra.bytecode import find_python
from infra.errors import InfraError
from infra.settings import read_deployment
from infra.staging import stage_functions
from inventory_data import (
    TableNames,
    demand_year_to_attributes,
    item_to_attributes,
    stock_to_attributes,
)
from inventory_data.tables import LOCATION_KEY, PRODUCT_KEY, WAREHOUSE_KEY, YEAR_KEY
from lambdas.inventory_optimizer import handler
from lambdas.inventory_optimizer.dynamodb_reader import DynamoDBReader
from lambdas.inventory_optimizer.reader import use_reader
from tool_executor.inventory import generate

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

PRODUCTS: Final = 1000
MOST_CPU_SECONDS: Final = 2.0
MOST_IMPORT_MS: Final = 600.0
MOST_ZIP_MB: Final = 200.0
_IMPORT_ROUNDS: Final = 10
_WAREHOUSE: Final = "WH001"
_CONTEXT: Final = SimpleNamespace(
    function_name="bench", memory_limit_in_mb=1024, invoked_function_arn="arn", aws_request_id="bench"
)
_TABLES: Final = TableNames("items", "stock", "demand")


@dataclass(frozen=True, slots=True)
class Figures:
    """CPU seconds of one invocation each, the least of some rounds; milliseconds; megabytes unzipped."""

    products: int
    reorder_points_cpu: float
    in_full_cpu: float
    risks_of_7_days_cpu: float
    risks_of_30_days_cpu: float
    forecast_cpu: float
    import_ms: float
    zip_mb: float | None


class _Tables:
    """What DynamoDBReader asks of a client, answered from memory."""

    def __init__(self, products: int) -> None:
        data = generate(products=products)
        self._rows: dict[str, dict[tuple[str, ...], Any]] = {
            _TABLES.items: _by_key(map(item_to_attributes, data.items), WAREHOUSE_KEY, PRODUCT_KEY),
            _TABLES.stock: _by_key(map(stock_to_attributes, data.stock), WAREHOUSE_KEY, PRODUCT_KEY),
            _TABLES.demand: _by_key(map(demand_year_to_attributes, data.demand), LOCATION_KEY, YEAR_KEY),
        }

    def get_item(self, **_: Any) -> dict[str, Any]:  # noqa: ANN401 - a request of DynamoDB's
        return {}

    def query(self, **request: Any) -> dict[str, Any]:  # noqa: ANN401 - as above
        wanted = request["ExpressionAttributeValues"][":partition"]["S"]
        return {"Items": [row for key, row in self._rows[request["TableName"]].items() if key[0] == wanted]}

    def batch_get_item(self, **request: Any) -> dict[str, Any]:  # noqa: ANN401 - as above
        ((table, asked),) = request["RequestItems"].items()
        keys = [tuple(value["S"] for value in key.values()) for key in asked["Keys"]]
        rows = self._rows[table]
        return {"Responses": {table: [rows[key] for key in keys if key in rows]}}


def _by_key(rows: Iterable[Any], *names: str) -> dict[tuple[str, ...], Any]:
    return {tuple(row[name]["S"] for name in names): row for row in rows}


def measure(rounds: int, products: int = PRODUCTS) -> Figures:
    """Return the figures."""
    tables: Any = _Tables(products)
    folder = _staged()
    with use_reader(DynamoDBReader(tables, _TABLES)):
        first = f"P{1:0{max(3, len(str(products)))}d}"
        return Figures(
            products=products,
            reorder_points_cpu=_cpu(rounds, "calculate_reorder_points"),
            in_full_cpu=_cpu(rounds, "calculate_reorder_points", detail="full"),
            risks_of_7_days_cpu=_cpu(rounds, "identify_stockout_risks", days_ahead=7),
            risks_of_30_days_cpu=_cpu(rounds, "identify_stockout_risks", days_ahead=30),
            forecast_cpu=_cpu(rounds, "forecast_demand", product_code=first),
            import_ms=_import_ms(_IMPORT_ROUNDS, folder),
            zip_mb=None if folder is None else _megabytes(folder),
        )


def _cpu(rounds: int, tool: str, **tool_input: object) -> float:
    event: dict[str, Any] = {"tool_name": tool, "input": {"warehouse_code": _WAREHOUSE, **tool_input}}
    return round(min(_once(event) for _ in range(rounds)), 3)


def _once(event: dict[str, Any]) -> float:
    began = time.process_time()
    with redirect_stdout(StringIO()):  # logs and metrics
        answer = handler.lambda_handler(event, _CONTEXT)
    if not answer["success"]:
        raise SystemExit(f"{event['tool_name']} failed: {answer['error']}")
    return time.process_time() - began


def _import_ms(rounds: int, folder: Path | None) -> float:
    """Return what the import adds to starting Python: from the zip's folder by Lambda's Python, if both are here."""
    python = find_python()
    if folder is None or python is None:
        command, setup = [sys.executable], f"import sys; sys.path.insert(0, {str(ROOT)!r})"
    else:
        command, setup = [str(python), "-I", "-S", "-B"], f"import sys; sys.path.insert(0, {str(folder)!r})"
    statements = (setup, f"{setup}; import lambdas.inventory_optimizer.handler")
    times = [[_seconds([*command, "-c", code]) for code in statements] for _ in range(rounds)]
    start, imported = (min(column) for column in zip(*times, strict=True))
    added: float = imported - start
    return round(1000 * added, 1)


def _seconds(command: list[str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, check=True, env={"AWS_DEFAULT_REGION": "eu-west-1"})
    return time.perf_counter() - began


def _staged() -> Path | None:
    """Return the folder that becomes the zip, staged for AWS; None where no package index answers."""
    try:
        return ROOT / stage_functions(read_deployment(dict[str, object]().get))["inventory-optimizer"].folder
    except InfraError as error:
        print(f"The zip was not staged: {error}", file=sys.stderr)
        return None


def _megabytes(folder: Path) -> float:
    return round(sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6, 1)


def report(found: Figures) -> None:
    """Print a measurement for people."""
    print(f"{found.products} products in one invocation, CPU: reorder points {found.reorder_points_cpu:.2f} s", end=" ")
    print(f"(at most {MOST_CPU_SECONDS:.0f} s is the aim), in full {found.in_full_cpu:.2f} s,", end=" ")
    print(f"risks of 7 days {found.risks_of_7_days_cpu:.2f} s, of 30 days {found.risks_of_30_days_cpu:.2f} s")
    print(f"  one product's forecast {1000 * found.forecast_cpu:.0f} ms; import of the handler", end=" ")
    print(f"{found.import_ms:.0f} ms (at most {MOST_IMPORT_MS:.0f})", end="; ")
    size = "not told: no package index answers" if found.zip_mb is None else f"{found.zip_mb:.0f} MB"
    print(f"zip, unzipped: {size} (at most {MOST_ZIP_MB:.0f})")


def main() -> None:
    """Run the benchmark and print its figures."""
    given = options(__doc__, rounds=3)
    found = measure(given.rounds)
    print_json({"inventory": asdict(found)}) if given.json else report(found)


if __name__ == "__main__":
    main()
