"""Queries of CloudWatch Logs Insights, saved beside the stack: the names stand in the runbook."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aws_cdk import Stack
from aws_cdk.aws_logs import CfnQueryDefinition
from constructs import Construct

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_IDS: Final = "@timestamp, service, level, message, correlation_id, execution_id, call_id, tool, attempt, error_code"
#: What a person fills in stands in capitals.
QUERIES: Final = {
    "failures-by-tool": """
fields tool, error_code
| filter message = "attempt failed"
| stats count(*) as failures by tool, error_code
| sort failures desc""",
    "one-correlation-id": f"""
fields {_IDS}
| filter correlation_id = "CORRELATION_ID"
| sort @timestamp asc
| limit 1000""",
    "one-call": f"""
fields {_IDS}
| filter execution_id = "EXECUTION_ID" and call_id = "CALL_ID"
| sort @timestamp asc
| limit 1000""",
    "slowest-attempts": """
fields @timestamp, tool, AttemptTime, execution_id, call_id
| filter ispresent(AttemptTime)
| sort AttemptTime desc
| limit 50""",
    "cold-starts": """
fields tool
| filter ispresent(ColdStart)
| stats count(*) as cold_starts by tool, bin(5m)
| sort cold_starts desc""",
    "late-and-repeated-attempts": """
fields @timestamp, tool, LateAttempts, Redeliveries, execution_id, call_id
| filter ispresent(LateAttempts) or ispresent(Redeliveries)
| sort @timestamp desc
| limit 200""",
    "refused-requests": """
fields @timestamp, execution_id, problems
| filter message = "request refused"
| sort @timestamp desc
| limit 200""",
}

#: Over the log of the Express state machine: what Step Functions' own history tells of a Standard execution.
EXPRESS_QUERIES: Final = {
    "one-express-execution": """
fields event_timestamp, id, type, details.name
| filter execution_arn like ":EXECUTION_ID:"
| sort id asc
| limit 1000""",
}


class SavedQueries(Construct):
    """The queries `<stack>/<name>`, over the logs of the stack's functions, and of its Express state machine."""

    def __init__(self, scope: Construct, construct_id: str, *, log_groups: Sequence[str], express_logs: str) -> None:
        """Save the queries."""
        super().__init__(scope, construct_id)
        self._save(QUERIES, log_groups)
        self._save(EXPRESS_QUERIES, [express_logs])

    def _save(self, queries: Mapping[str, str], log_groups: Sequence[str]) -> None:
        for name, text in queries.items():
            CfnQueryDefinition(
                self,
                name,
                name=f"{Stack.of(self).stack_name}/{name}",
                query_string=text.strip(),
                log_group_names=list(log_groups),
            )
