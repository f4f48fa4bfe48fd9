"""The page on metrics has every metric, as the code has it."""

from __future__ import annotations

import re
from pathlib import Path

from tool_contract.metrics import BY_THE_SWEEP, FROM_RECORDS, LIVE, Metric

TEXT = (Path(__file__).resolve().parents[3] / "docs" / "observability.md").read_text(encoding="utf-8")


def test_every_metric_stands_there_with_its_unit_and_its_meaning() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \| (.*) \|$", TEXT, re.MULTILINE)

    assert rows == [(metric.value, metric.unit.value, metric.meaning) for metric in Metric]
    assert [*FROM_RECORDS, *LIVE, *BY_THE_SWEEP] == list(Metric)
