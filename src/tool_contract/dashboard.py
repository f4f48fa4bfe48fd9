"""The dashboard of a deployment, as data. Pure.

Its parts' names come from outside (:class:`tool_contract.places.Places`): the stack fills in what it makes, and whoever
draws it elsewhere what the stack's outputs say.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tool_contract.metrics import Metric
from tool_contract.places import of_function
from tool_contract.preflight import (
    TRANSITIONS_AROUND_CALLS,
    TRANSITIONS_OF_A_FAILURE,
    TRANSITIONS_OF_A_FALLBACK,
    TRANSITIONS_OF_A_RETRY,
)
from tool_contract.widgets import (
    SUM,
    AllTools,
    EachTool,
    Line,
    Ratio,
    Series,
    Shown,
    Term,
    Total,
    Widget,
    only,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tool_contract.places import Places

#: What surrounds any execution's calls, two states that judge the batch, and its start in the bulk.
_TRANSITIONS_AROUND_A_BATCH: Final = TRANSITIONS_AROUND_CALLS + 3
_HOUR: Final = 3600
_EXECUTIONS: Final = {
    "started": "ExecutionsStarted",
    "failed": "ExecutionsFailed",
    "timed out": "ExecutionsTimedOut",
    "stopped": "ExecutionsAborted",
    "throttled": "ExecutionThrottled",
}
#: Step Functions neither stops nor holds back an Express execution.
_EXPRESS_EXECUTIONS: Final = ("started", "failed", "timed out")
#: An Express execution is charged for the least memory that there is: it carries no inputs, and few results.
_EXPRESS_GB: Final = 64 / 1024
_MS_OF_AN_HOUR: Final = 3_600_000
#: State transitions: of each call that was not skipped, and what comes on top.
_TRANSITIONS: Final = {
    Metric.CALLS: 1,
    Metric.CALLS_SKIPPED: -1,
    Metric.RETRIES: TRANSITIONS_OF_A_RETRY,
    Metric.FALLBACKS: TRANSITIONS_OF_A_FALLBACK,
    Metric.CALLS_FAILED: TRANSITIONS_OF_A_FAILURE,
    Metric.CALLS_TIMEOUT: TRANSITIONS_OF_A_FAILURE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """What AWS asks, in US dollars, as its price lists had it on the day ``as_of`` in the region ``region``."""

    as_of: str
    region: str
    state_transition: float
    express_request: float
    express_gb_hour: float
    lambda_gb_second: float
    lambda_request: float
    write_request_unit: float
    read_request_unit: float
    log_gigabyte: float


def dashboard(places: Places, prices: Prices) -> tuple[Widget, ...]:
    """Return the widgets, in the order in which they are read."""
    return (*widgets_without_cost(places), _cost(places, prices))


def widgets_without_cost(places: Places) -> tuple[Widget, ...]:
    """Return what it takes neither prices nor sizes to draw."""
    return (*_of_calls(places), *_of_trouble(places), *_of_platform(places))


def _of_calls(places: Places) -> Iterator[Widget]:
    yield Widget(
        title="Success rate",
        shown=Shown.PERCENT,
        lines=_ratios(places, Metric.CALLS_SUCCESS, Metric.CALLS, 100),
    )
    outcomes = (Metric.CALLS_SUCCESS, Metric.CALLS_FAILED, Metric.CALLS_TIMEOUT, Metric.CALLS_SKIPPED)
    yield Widget(title="Calls by outcome", shown=Shown.COUNT, lines=_over_all_tools(*outcomes, Metric.CALLS_CANCELLED))
    for stat in ("p50", "p95", "p99"):
        yield Widget(
            title=f"Execution time, {stat}",
            shown=Shown.MILLISECONDS,
            lines=(EachTool(Metric.EXECUTION_TIME, stat),),
        )
    yield Widget(title="Queue time, p95", shown=Shown.MILLISECONDS, lines=(EachTool(Metric.QUEUE_TIME, "p95"),))
    yield Widget(title="Attempts per call", shown=Shown.COUNT, lines=_ratios(places, Metric.ATTEMPTS, Metric.CALLS, 1))
    yield Widget(
        title="Retries, fallbacks, hedges, kept results",
        shown=Shown.COUNT,
        lines=_over_all_tools(
            Metric.RETRIES, Metric.FALLBACKS, Metric.HEDGES, Metric.HEDGES_WON, Metric.CACHE_HITS, Metric.REPLAYS
        ),
    )


def _of_trouble(places: Places) -> Iterator[Widget]:
    yield Widget(title="Circuits that opened", shown=Shown.COUNT, lines=(EachTool(Metric.BREAKER_OPENED, SUM),))
    yield Widget(
        title="Attempts refused by an open circuit", shown=Shown.COUNT, lines=(EachTool(Metric.BREAKER_OPEN, SUM),)
    )
    yield Widget(
        title="Open circuits and executions",
        shown=Shown.COUNT,
        lines=(
            only("open circuits", places.of_stage(Metric.OPEN_CIRCUITS)),
            only("open executions", places.of_stage(Metric.OPEN_EXECUTIONS)),
        ),
    )
    yield Widget(
        title="Past its deadline: the oldest open record",
        shown=Shown.SECONDS,
        lines=(only("seconds late", places.of_stage(Metric.OLDEST_OPEN_SECONDS)),),
    )
    yield Widget(
        title="Late, repeated, cold, bare attempts; empty retry budgets",
        shown=Shown.COUNT,
        lines=_over_all_tools(
            Metric.LATE_ATTEMPTS,
            Metric.REDELIVERIES,
            Metric.COLD_START,
            Metric.UNRECORDED_ATTEMPTS,
            Metric.RETRY_BUDGET_EMPTY,
        ),
    )


def _of_platform(places: Places) -> Iterator[Widget]:
    yield Widget(
        title="Executions of the state machine",
        shown=Shown.COUNT,
        lines=tuple(_executions(places)),
    )
    if places.bulk_machine_arn:
        yield Widget(
            title="Bulks",
            shown=Shown.COUNT,
            lines=tuple(only(label, places.of_bulk(name)) for label, name in _EXECUTIONS.items()),
        )
    functions = [only(name, of_function(name, "Throttles")) for name in places.functions]
    tables = [Total(f"table {label}", places.throttles_of_table(label)) for label in places.tables]
    yield Widget(title="Throttles", shown=Shown.COUNT, lines=(*functions, *tables))
    errors = [only(name, of_function(name, "Errors")) for name in places.functions]
    letters = [only("dead letters", places.of_queue())] if places.dead_letter_queue else []
    yield Widget(
        title="Errors of functions; events that nobody dealt with",
        shown=Shown.COUNT,
        lines=(*errors, *letters),
    )


def _executions(places: Places) -> Iterator[Line]:
    yield from (only(label, places.of_machine(name)) for label, name in _EXECUTIONS.items())
    if places.express_arn:
        labels = {label: _EXECUTIONS[label] for label in _EXPRESS_EXECUTIONS}
        yield from (only(f"Express: {label}", places.of_express(name)) for label, name in labels.items())


def _cost(places: Places, prices: Prices) -> Widget:
    """Return what an hour costs about. Not in it: S3, metrics, traces, storage, browsers, the free tiers.

    Of all calls the transitions are reckoned, whoever ran them: those of Express and of the direct route cost none.
    """
    return Widget(
        title=f"Cost of an hour, estimated at the prices of {prices.as_of} in {prices.region}",
        shown=Shown.DOLLARS,
        period_seconds=_HOUR,
        lines=(
            Total("state transitions", tuple(_transitions(places, prices))),
            *((Total("Express", tuple(_express(places, prices))),) if places.express_arn else ()),
            Total("Lambda", tuple(_compute(places, prices))),
            Total("DynamoDB", tuple(_requests(places, prices))),
            Total("logs", tuple(_logs(places, prices))),
        ),
    )


def _transitions(places: Places, prices: Prices) -> Iterator[Term]:
    started = places.of_machine("ExecutionsStarted")
    yield Term(started, TRANSITIONS_AROUND_CALLS * prices.state_transition)
    if places.bulk_machine_arn:
        yield Term(places.of_batches("ExecutionsStarted"), _TRANSITIONS_AROUND_A_BATCH * prices.state_transition)
    for metric, transitions in _TRANSITIONS.items():
        yield Term(AllTools(metric), transitions * prices.state_transition)


def _express(places: Places, prices: Prices) -> Iterator[Term]:
    yield Term(places.of_express("ExecutionsStarted"), prices.express_request)
    billed_ms = places.of_express("ExpressExecutionBilledDuration")
    yield Term(billed_ms, _EXPRESS_GB / _MS_OF_AN_HOUR * prices.express_gb_hour)


def _compute(places: Places, prices: Prices) -> Iterator[Term]:
    for name, memory_mb in places.functions.items():
        yield Term(of_function(name, "Duration"), memory_mb / 1024 / 1000 * prices.lambda_gb_second)
        yield Term(of_function(name, "Invocations"), prices.lambda_request)


def _requests(places: Places, prices: Prices) -> Iterator[Term]:
    for label in places.tables:
        for name, price in (
            ("ConsumedWriteCapacityUnits", prices.write_request_unit),
            ("ConsumedReadCapacityUnits", prices.read_request_unit),
        ):
            yield from (Term(series, price) for series in places.of_table(label, name))


def _logs(places: Places, prices: Prices) -> Iterator[Term]:
    for group in places.log_groups:
        written = Series(namespace="AWS/Logs", name="IncomingBytes", dimensions=(("LogGroupName", group),))
        yield Term(written, prices.log_gigabyte / 2**30)


def _ratios(places: Places, above: Metric, below: Metric, times: float) -> tuple[Line, ...]:
    """Return a ratio for all tools and for each of the catalog: CloudWatch divides no search by another."""
    return (
        Ratio("all tools", (Term(AllTools(above)),), (Term(AllTools(below)),), times),
        *(
            Ratio(tool, (Term(places.of_tool(tool, above)),), (Term(places.of_tool(tool, below)),), times)
            for tool in places.tools
        ),
    )


def _over_all_tools(*metrics: Metric) -> tuple[Line, ...]:
    return tuple(only(metric.value, AllTools(metric)) for metric in metrics)
