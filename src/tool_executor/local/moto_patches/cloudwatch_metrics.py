"""CloudWatch: moto knows no metrics but those that it is sent; here they come from logs and services, too."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

from moto.cloudwatch.models import CloudWatchBackend, MetricDatum, Statistics

from tool_executor.local.deployment import REGION
from tool_executor.local.moto_patches.correction import Correction

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tool_executor.local.embedded_metrics import Datum

_READS = ("get_metric_data", "get_metric_statistics", "list_metrics")


class MetricSource(Protocol):
    """Where metrics come from."""

    def new(self) -> list[Datum]:
        """Return those since the last look."""


def corrections(sources: Sequence[MetricSource]) -> list[Correction]:
    """Return the corrections; `sources` are asked when somebody asks CloudWatch: nobody pays for it before."""
    return [
        *(
            Correction(
                CloudWatchBackend,
                name,
                _after_all_sources(sources, vars(CloudWatchBackend)[name]),
                "CloudWatch has what services write of themselves, and log lines in the embedded metric format",
            )
            for name in _READS
        ),
        Correction(
            Statistics,
            "get_statistics_for_type",
            _with_percentiles(vars(Statistics)["get_statistics_for_type"]),
            "CloudWatch knows percentiles (p50, p99.9)",
        ),
    ]


def _after_all_sources(sources: Sequence[MetricSource], read: Callable[..., Any]) -> Callable[..., Any]:
    def read_all(backend: CloudWatchBackend, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - moto's own
        if backend.region_name == REGION:
            for datum in (datum for source in sources for datum in source.new()):
                backend.metric_data.extend(_as_moto_has_it(datum))
        return read(backend, *args, **kwargs)

    return read_all


def _as_moto_has_it(datum: Datum) -> Iterator[MetricDatum]:
    moment = datetime.fromtimestamp(datum.timestamp_ms / 1000, UTC).replace(tzinfo=None)
    dimensions = [{"Name": name, "Value": value} for name, value in datum.dimensions.items()]
    for value in datum.values:
        yield MetricDatum(datum.namespace, datum.name, value, dimensions, moment, datum.unit)


def _with_percentiles(plain: Callable[..., Any]) -> Callable[..., Any]:
    def statistic(self: Statistics, stat: str) -> Any:  # noqa: ANN401 - moto's own
        if not stat.startswith("p"):
            return plain(self, stat)
        ordered = sorted(self.metric_single_values_list)
        return ordered[max(0, math.ceil(float(stat[1:]) / 100 * len(ordered)) - 1)] if ordered else None

    return statistic
