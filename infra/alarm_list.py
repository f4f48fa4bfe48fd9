"""Which alarms a stage has: what each looks at, when it rings, and what it says. The runbook has a heading for each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from aws_cdk import Duration
from aws_cdk.aws_cloudwatch import ComparisonOperator, IMetric, MathExpression, TreatMissingData

from infra.metric_lines import WidgetLines, series_metric
from tool_contract.metrics import NAMESPACE, STAGE, TOOL, Metric
from tool_contract.places import of_function
from tool_contract.widgets import Total

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from infra.alarm_settings import AlarmSettings
    from tool_contract.places import Places
    from tool_contract.widgets import Series, Term

_MINUTE: Final = 60
_FIVE_MINUTES: Final = 300
#: The sweep ends what is 30 s late, a minute later at the latest; beyond this it does not get on.
_TOO_LATE_SECONDS: Final = 180
_QUIET: Final = TreatMissingData.NOT_BREACHING


@dataclass(frozen=True, kw_only=True)
class AlarmSpec:
    """One alarm: `kind` is its heading in the runbook, `of` the tool or function that it is about.

    It rings when `periods` of the last `of_periods` reach the threshold. `missing` is what a period without a value
    counts as: nothing happened (not breaching), nobody looked (breaching), or as before (ignore).
    """

    kind: str
    meaning: str
    metric: IMetric
    threshold: float
    of: str | None = None
    periods: int = 1
    of_periods: int = 1
    missing: TreatMissingData = _QUIET
    comparison: ComparisonOperator = ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD
    stops_rollout: bool = False

    @property
    def name(self) -> str:
        """What follows the stack's name in the alarm's."""
        return f"{self.kind}-{self.of}" if self.of else self.kind

    @property
    def description(self) -> str:
        """What the alarm says, and where to read on."""
        return f"{self.meaning} What to do: docs/runbook.md#{self.kind}"


def alarm_list(places: Places, settings: AlarmSettings) -> tuple[AlarmSpec, ...]:
    """Return the alarms of a stage."""
    return (
        *(_tool_errors(places, tool, settings) for tool in places.tools),
        *_circuits(places),
        *_executions(places, settings),
        *_functions(places, settings),
        *_tables(places),
        *_finishing(places),
    )


def _tool_errors(places: Places, tool: str, settings: AlarmSettings) -> AlarmSpec:
    counted = {"calls": Metric.CALLS, "failed": Metric.CALLS_FAILED, "late": Metric.CALLS_TIMEOUT}
    period = Duration.seconds(_FIVE_MINUTES)
    rate = MathExpression(
        expression=f"IF(calls >= {settings.min_calls}, 100 * (FILL(failed, 0) + FILL(late, 0)) / calls, 0)",
        using_metrics={
            name: series_metric(places.of_tool(tool, metric), period=period) for name, metric in counted.items()
        },
        label="% of calls that failed or timed out",
        period=period,
    )
    return AlarmSpec(
        kind="tool-errors",
        of=tool,
        meaning=(
            f"More than {settings.error_rate_percent:g} % of the calls of {tool} fail or time out, of"
            f" {settings.min_calls} calls or more in five minutes."
        ),
        metric=rate,
        threshold=settings.error_rate_percent,
        comparison=ComparisonOperator.GREATER_THAN_THRESHOLD,
        periods=2,
        of_periods=3,
        stops_rollout=True,
    )


def _circuits(places: Places) -> Iterator[AlarmSpec]:
    # A query, for an alarm adds up ten metrics at most, and there are more tools.
    opened = MathExpression(
        expression=(
            f'SELECT SUM({Metric.BREAKER_OPENED}) FROM SCHEMA("{NAMESPACE}", {STAGE}, {TOOL})'  # noqa: S608 # nosec B608 - CloudWatch's queries
            f" WHERE {STAGE} = '{places.stage}'"
        ),
        using_metrics={},
        label="circuits that opened",
        period=Duration.seconds(_MINUTE),
    )
    yield AlarmSpec(
        kind="circuit-opened",
        meaning="A tool failed so often that its circuit opened: its calls are refused for a while.",
        metric=opened,
        threshold=1,
    )
    yield AlarmSpec(
        kind="circuit-open",
        meaning="A tool's circuit has been open for 15 minutes, by itself or by hand.",
        metric=_plain(places.of_stage(Metric.OPEN_CIRCUITS)),
        threshold=1,
        periods=15,
        of_periods=15,
        missing=TreatMissingData.IGNORE,  # without a sweep nobody knows; sweep-missing rings
    )


def _executions(places: Places, settings: AlarmSettings) -> Iterator[AlarmSpec]:
    late = "The state machine's own time limit ended an execution: its deadline should have, long before."
    yield from _bad_ends(None, "executions", places.of_machine, late, settings)
    late = "An Express execution had not ended after five minutes: its records wait for the sweep."
    yield from _bad_ends("express", "Express executions", places.of_express, late, settings)
    yield AlarmSpec(
        kind="executions-throttled",
        meaning="Step Functions held state transitions back in three of five minutes.",
        metric=_plain(places.of_machine("ExecutionThrottled")),
        threshold=1,
        periods=3,
        of_periods=5,
    )
    yield AlarmSpec(
        kind="bulk-failed",
        meaning="A bulk was ended before its last batch: too many of its batches failed, or it could not go on.",
        metric=_plain(places.of_bulk("ExecutionsFailed"), _FIVE_MINUTES),
        threshold=1,
    )


def _bad_ends(
    of: str | None, label: str, metric: Callable[[str], Series], late: str, settings: AlarmSettings
) -> Iterator[AlarmSpec]:
    yield AlarmSpec(
        kind="executions-failed",
        of=of,
        meaning=f"{settings.failed_executions} {label} or more failed as a whole in five minutes.",
        metric=_plain(metric("ExecutionsFailed"), _FIVE_MINUTES),
        threshold=settings.failed_executions,
        stops_rollout=True,
    )
    yield AlarmSpec(
        kind="executions-timed-out",
        of=of,
        meaning=late,
        metric=_plain(metric("ExecutionsTimedOut")),
        threshold=1,
        stops_rollout=True,
    )


def _functions(places: Places, settings: AlarmSettings) -> Iterator[AlarmSpec]:
    stack = f"tool-executor-{places.stage}-"
    for name in places.functions:
        yield AlarmSpec(
            kind="function-throttled",
            of=name.removeprefix(stack),
            meaning=f"Lambda refused invocations of {name} in three of five minutes: too many ran at once.",
            metric=_plain(of_function(name, "Throttles")),
            threshold=1,
            periods=3,
            of_periods=5,
        )
    yield AlarmSpec(
        kind="planner-errors",
        meaning=f"The planner failed or refused a request {settings.failed_executions} times or more in five minutes.",
        metric=_plain(of_function(f"{stack}planner", "Errors"), _FIVE_MINUTES),
        threshold=settings.failed_executions,
        stops_rollout=True,
    )
    yield AlarmSpec(
        kind="finisher-errors",
        meaning="The finisher failed: an execution's records may stay open until the sweep ends them.",
        metric=_plain(of_function(f"{stack}finisher", "Errors"), _FIVE_MINUTES),
        threshold=1,
        stops_rollout=True,
    )


def _tables(places: Places) -> Iterator[AlarmSpec]:
    others = [term for label in places.tables if label != "history" for term in places.throttles_of_table(label)]
    for kind, words, terms in (
        ("history-throttled", "the history table, or of one of its indexes", places.throttles_of_table("history")),
        ("tables-throttled", "the tool state table or the inventory tables", tuple(others)),
    ):
        yield AlarmSpec(
            kind=kind,
            meaning=f"DynamoDB refused reads or writes of {words}, in three of five minutes.",
            metric=_summed(places, terms),
            threshold=1,
            periods=3,
            of_periods=5,
        )


def _finishing(places: Places) -> Iterator[AlarmSpec]:
    yield AlarmSpec(
        kind="overdue-records",
        meaning=f"An execution is open {_TOO_LATE_SECONDS} s past its deadline, and the sweep does not end it.",
        metric=_plain(places.of_stage(Metric.OLDEST_OPEN_SECONDS)),
        threshold=_TOO_LATE_SECONDS,
        comparison=ComparisonOperator.GREATER_THAN_THRESHOLD,
        periods=3,
        of_periods=3,
        missing=TreatMissingData.IGNORE,  # an execution does not close because nobody looks
    )
    yield AlarmSpec(
        kind="dead-letters",
        meaning="An event about an execution's end was given up, and lies in the dead-letter queue.",
        metric=_plain(places.of_queue()),
        threshold=1,  # SQS tells nothing of a queue that nobody has used for hours
    )
    yield AlarmSpec(
        kind="sweep-missing",
        meaning="The finisher's sweep has told nothing for five minutes: nothing ends what is overdue.",
        metric=_plain(places.of_stage(Metric.OPEN_EXECUTIONS)),
        threshold=0,
        comparison=ComparisonOperator.LESS_THAN_THRESHOLD,  # no count is: only a missing one rings
        periods=5,
        of_periods=5,
        missing=TreatMissingData.BREACHING,
    )


def _plain(series: Series, seconds: int = _MINUTE) -> IMetric:
    return series_metric(series, period=Duration.seconds(seconds))


def _summed(places: Places, terms: tuple[Term, ...]) -> IMetric:
    return WidgetLines(stage=places.stage, period_seconds=_MINUTE).of(Total("refused", terms))
