"""The executor's methods that ask the deployment and run nothing."""

from __future__ import annotations

from functools import cached_property, partial
from typing import TYPE_CHECKING, Final

from tool_executor.arguments import call_problems, checked_limit, checked_text, problems_of_call
from tool_executor.batches import Defaults
from tool_executor.history import CALLS
from tool_executor.history_statistics import HistoryStatistics
from tool_executor.one_time_secrets import References

if TYPE_CHECKING:
    from datetime import datetime

    from tool_contract.catalog import Catalog
    from tool_contract.problems import Problem
    from tool_executor.aws import Aws
    from tool_executor.calls import Call
    from tool_executor.configuration import ConfigurationManager
    from tool_executor.connection import Connection
    from tool_executor.deployment import Deployment
    from tool_executor.history_statistics import StatisticsReport
    from tool_executor.result import ToolExecutionResult


class Questions:
    """What may be asked of one deployment: whether calls could be run, what was run, and what came of it."""

    configuration: Final[ConfigurationManager]
    _connection: Connection

    def __init__(self, configuration: ConfigurationManager, connection: Connection) -> None:
        self.configuration = configuration
        self._connection = connection

    async def validate_tool_call(self, call: Call) -> bool:
        """Whether a call could be run; :meth:`problems_of` says what is wrong."""
        return not await self.problems_of(call)

    async def problems_of(self, call: Call) -> list[Problem]:
        """Return everything that is wrong with a call, without running it: JSON pointers are into the call."""
        catalog = await self.catalog()
        unreadable = list(call_problems(call))
        if unreadable:
            return unreadable
        return problems_of_call(References().in_call(self._defaults.call(call)), catalog)

    async def catalog(self) -> Catalog:
        """Return the tools of the deployment, as its planner knows them."""
        connection = self._connection
        return await connection.in_thread(lambda: connection.catalog)

    async def get_execution_history(self, correlation_id: str, limit: int | None = None) -> list[ToolExecutionResult]:
        """Return what the history table holds of a correlation id, oldest first, whoever ran it.

        ``limit`` (1 or more) bounds it, ``max_history_size`` (100) where nothing is said; the latest are kept.
        """
        checked_text(correlation_id, "correlation_id")
        most = self.configuration.options.max_history_size if limit is None else checked_limit(limit)
        connection, engine = self._connection, await self._connection.engine()
        listed = await connection.in_thread(connection.history.by_correlation, correlation_id, most, CALLS)
        ids = dict.fromkeys(record["execution_id"] for record in reversed(listed))
        wanted = {(record["execution_id"], record["call_id"]) for record in listed}
        results = []
        for execution_id in ids:
            records = await engine.records(execution_id)
            calls = [one for one in records if (execution_id, one["call_id"]) in wanted and "position" in one]
            results += await engine.results_of(calls)
        return results

    async def statistics(
        self,
        *,
        tool_name: str | None = None,
        correlation_id: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> StatisticsReport:
        """Return figures from the history table, ``overall`` and ``by_tool``, of calls that anybody made.

        They are of executions started from ``since`` up to ``until`` (aware datetimes, 400 days at most; today, in
        UTC, where nothing is said), or of all of a correlation id. A call counts for the tool that was asked for.
        ``basis`` says of what time they are, and how: see docs/observability.md.

        Raises InvalidRequestError for a window that cannot be used, CredentialsMissingError, ServiceError.
        """
        for name, said in (("tool_name", tool_name), ("correlation_id", correlation_id)):
            if said is not None:
                checked_text(said, name)
        every_tool = tool_name is None and correlation_id is None
        names = (await self.catalog()).by_name if every_tool else ()
        figures = HistoryStatistics(self.aws, self.deployment)
        query = partial(figures.query, tool_name, correlation_id, since, until, tool_names=names)
        report: StatisticsReport = await self._connection.in_thread(query)
        return report

    @property
    def aws(self) -> Aws:
        """What AWS is called with."""
        return self._connection.aws

    @property
    def deployment(self) -> Deployment:
        """Where the parts of the deployment are. Raises DeploymentNotFoundError; asks CloudFormation once."""
        return self._connection.deployment

    @cached_property
    def _defaults(self) -> Defaults:
        own = self.configuration
        return Defaults(own.call_fields(), own.max_workers, own.caller)
