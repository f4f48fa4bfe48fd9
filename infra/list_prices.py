"""AWS's list prices that the dashboard reckons with: the one place in `infra/` where they stand."""

from __future__ import annotations

from typing import Final

from tool_contract.dashboard import Prices

#: Without free tiers, discounts and taxes. Other regions ask up to half as much again.
LIST_PRICES: Final = Prices(
    as_of="2026-11-20",
    region="us-east-1",
    state_transition=25 / 1_000_000,
    lambda_gb_second=0.0000166667,
    lambda_request=0.20 / 1_000_000,
    write_request_unit=0.625 / 1_000_000,
    read_request_unit=0.125 / 1_000_000,
    log_gigabyte=0.50,
)
