"""AWS's list prices that the dashboard reckons with: out of the one file that has them."""

from __future__ import annotations

import tomllib
from typing import Final

from infra.settings import ROOT
from tool_contract.dashboard import Prices

# Read as a file: the infrastructure knows nothing of the client's code.
_FILE: Final = ROOT / "src" / "tool_executor" / "costs" / "prices.toml"
_NAMES: Final = {
    "state_transition": "state_transitions",
    "express_request": "express_requests",
    "express_gb_hour": "express_gb_hours",
    "lambda_gb_second": "lambda_gb_seconds",
    "lambda_request": "lambda_requests",
    "write_request_unit": "dynamodb_write_units",
    "read_request_unit": "dynamodb_read_units",
    "log_gigabyte": "log_gb",
}


def list_prices() -> Prices:
    """Return the prices, without free tiers, discounts and taxes; as old as the oldest of them."""
    told = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    used = {field: told[name] for field, name in _NAMES.items()}
    dollars = {field: float(price["dollars"]) / int(price["per"]) for field, price in used.items()}
    return Prices(as_of=min(price["looked_up"] for price in used.values()), region=told["region"], **dollars)
