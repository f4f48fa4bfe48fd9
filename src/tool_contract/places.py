"""Where a deployment's metrics are found, and the metrics there that AWS's services write themselves. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tool_contract.metrics import NAMESPACE, STAGE, TOOL, Metric
from tool_contract.widgets import MAXIMUM, Series, Term

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_LAMBDA: Final = "AWS/Lambda"
_STATES: Final = "AWS/States"
_TABLES: Final = "AWS/DynamoDB"
#: The Distributed Map's label in infra/bulk.asl.json.
BULK_LABEL: Final = "Batches"


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where a deployment's metrics are found.

    ``functions`` are the memory of each Lambda function in MB by its name, ``indexes`` those of the table of that name,
    ``log_groups`` all that the deployment writes to. Of a ``dead_letter_queue``, a ``bulk_machine_arn`` and an
    ``express_arn`` without a name nothing is shown.
    """

    stage: str
    tools: tuple[str, ...]
    functions: Mapping[str, int]
    state_machine_arn: str
    express_arn: str = ""
    tables: Mapping[str, str]
    indexes: Mapping[str, tuple[str, ...]]
    dead_letter_queue: str
    log_groups: tuple[str, ...]
    bulk_machine_arn: str = ""

    def of_tool(self, tool: str, metric: Metric) -> Series:
        """Return a tool's count."""
        return Series(namespace=NAMESPACE, name=metric.value, dimensions=((STAGE, self.stage), (TOOL, tool)))

    def of_stage(self, metric: Metric) -> Series:
        """Return what the sweep tells of the stage."""
        return Series(namespace=NAMESPACE, name=metric.value, dimensions=((STAGE, self.stage),), stat=MAXIMUM)

    def of_machine(self, name: str) -> Series:
        """Return a count of Step Functions about the Standard state machine."""
        return Series(namespace=_STATES, name=name, dimensions=(("StateMachineArn", self.state_machine_arn),))

    def of_bulk(self, name: str) -> Series:
        """Return a count of Step Functions about the machine that runs bulks."""
        return Series(namespace=_STATES, name=name, dimensions=(("StateMachineArn", self.bulk_machine_arn),))

    def of_batches(self, name: str) -> Series:
        """Return a count of Step Functions about the batches of bulks, which are executions below the machine's ARN."""
        arn = f"{self.bulk_machine_arn}/{BULK_LABEL}"
        return Series(namespace=_STATES, name=name, dimensions=(("StateMachineArn", arn),))

    def of_express(self, name: str) -> Series:
        """Return a sum of Step Functions about the Express state machine."""
        return Series(namespace=_STATES, name=name, dimensions=(("StateMachineArn", self.express_arn),))

    def of_queue(self) -> Series:
        """Return how many events lie in the dead-letter queue."""
        return Series(
            namespace="AWS/SQS",
            name="ApproximateNumberOfMessagesVisible",
            dimensions=(("QueueName", self.dead_letter_queue),),
            stat=MAXIMUM,
        )

    def of_table(self, label: str, *names: str) -> Iterator[Series]:
        """Yield metrics of a table, and of its indexes, which DynamoDB counts apart."""
        table = ("TableName", self.tables[label])
        indexes = [(table, ("GlobalSecondaryIndexName", index)) for index in self.indexes.get(label, ())]
        for dimensions in ((table,), *indexes):
            yield from (Series(namespace=_TABLES, name=name, dimensions=dimensions) for name in names)

    def throttles_of_table(self, label: str) -> tuple[Term, ...]:
        """Return what DynamoDB has refused of a table and its indexes."""
        return tuple(Term(series) for series in self.of_table(label, "ReadThrottleEvents", "WriteThrottleEvents"))


def of_function(name: str, metric: str) -> Series:
    """Return a sum of Lambda about a function."""
    return Series(namespace=_LAMBDA, name=metric, dimensions=(("FunctionName", name),))
