"""Writes metrics in CloudWatch's embedded metric format, by Powertools. Nothing here may fail a call."""

from __future__ import annotations

import json
import math
import os
import sys
from functools import cache
from typing import TYPE_CHECKING, Final

from aws_lambda_powertools.metrics.provider.cloudwatch_emf.cloudwatch import AmazonCloudWatchEMFProvider

from lambdas.runtime.telemetry import logger
from tool_contract.metrics import NAMESPACE, STAGE, TOOL

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tool_contract.metrics import Metric

#: A line holds 100 values of a metric. Powertools writes a line out at the hundredth, and would miss it at the end.
_VALUES_A_LINE: Final = 99


def emit(values: Mapping[Metric, Sequence[float]], *, tool: str | None = None, **told: str) -> None:
    """Write values of metrics, of one tool or of the stage alone.

    ``told`` stands in the line for whoever searches the logs; it is no dimension. What is not finite is refused, and
    the log says so: one such value would cost the others of its line.
    """
    for line in _lines({metric: _finite(metric, given) for metric, given in values.items()}):
        _write(line, tool, told)


def _finite(metric: Metric, values: Sequence[float]) -> list[float]:
    finite = [value for value in values if math.isfinite(value)]
    if len(finite) < len(values):
        logger.error("metric values that are not finite were refused", extra={"metric": metric.value})
    return finite


def _lines(values: Mapping[Metric, Sequence[float]]) -> Iterator[dict[Metric, Sequence[float]]]:
    most = max(map(len, values.values()), default=0)
    for begin in range(0, most, _VALUES_A_LINE):
        some = {metric: given[begin : begin + _VALUES_A_LINE] for metric, given in values.items()}
        yield {metric: given for metric, given in some.items() if given}


@cache
def _provider() -> AmazonCloudWatchEMFProvider:
    return AmazonCloudWatchEMFProvider(namespace=NAMESPACE)


def _write(line: Mapping[Metric, Sequence[float]], tool: str | None, told: Mapping[str, str]) -> None:
    try:
        named = {} if tool is None else {TOOL: tool}
        # Written at once rather than collected: what is collected must be checked, and kept apart from other threads'.
        document = _provider().serialize_metric_set(
            {metric.value: {"Unit": metric.unit.value, "Value": list(values)} for metric, values in line.items()},
            {**named, STAGE: os.environ.get("STAGE", "dev")},
            dict(told),
        )
        sys.stdout.write(json.dumps(document, separators=(",", ":")) + "\n")
    except Exception:  # noqa: BLE001 - a call that went well must not fail because its metric did
        logger.exception("metrics could not be written", extra={"tool": tool})
