"""What the server asks of a deployment: its tools, executions of them, how these stand, and the files they kept."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

from tool_contract.problems import shortened
from tool_contract.record import EXECUTION_CALL_ID, envelope_from_record
from tool_executor.aws import translated_errors
from tool_executor.connection import Connection
from tool_executor.engine import not_started
from tool_executor.errors import ExecutionNotFoundError, ResultCorruptError
from tool_executor.execution import Runner
from tool_executor.execution_output import output_of
from tool_executor.own_thread import in_own_thread
from tool_executor.planner_catalog import deployed_catalog
from tool_executor.result_reader import ResultReader
from tool_executor.state_machine_route import NotStarted
from tool_executor.unplanned import still_runs, unplanned_execution
from tool_executor.ways import Route

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tool_contract.catalog import Catalog
    from tool_executor.aws import Aws
    from tool_executor.configuration import ConfigurationManager
    from tool_executor.deployment import Deployment
    from tool_executor.history import Record
    from tool_executor.result import ToolExecutionResult

#: Who asks, where nobody says otherwise.
DEFAULT_CALLER: Final = "tool-executor mcp"
#: Where tools keep files.
_KEPT: Final = "executions/"


class Executions(Protocol):
    """The seam between MCP and a deployment. Methods raise the errors of :mod:`tool_executor.errors`."""

    @property
    def caller(self) -> str:
        """Whose the requests are."""

    @property
    def call_fields(self) -> Mapping[str, Any]:
        """What calls are given that do not say it themselves."""

    @property
    def max_workers(self) -> int:
        """How many calls of an execution run at once where it does not say."""

    @property
    def can_be_left(self) -> bool:
        """Whether an execution can be left to itself: not where this process runs it."""

    async def catalog(self) -> Catalog:
        """Return the deployment's tools, as its planner knows them now."""

    async def run(self, request: dict[str, Any], execution_id: str) -> list[ToolExecutionResult]:
        """Run a request to its end; cancelled, it cancels the execution."""

    async def start(self, request: dict[str, Any], execution_id: str) -> None:
        """Start a request and leave it to itself."""

    async def progress(self, execution_id: str, correlation_id: str) -> list[Record]:
        """Return how the calls of an execution stand, without inputs and results."""

    async def output(self, execution_id: str) -> dict[str, Any]:
        """Return what an execution came to, or how it stands."""

    async def output_with(self, execution_id: str, results: list[ToolExecutionResult]) -> dict[str, Any]:
        """Return what an execution came to whose results are at hand."""

    async def picture(self, artifact: Mapping[str, Any]) -> bytes | None:
        """Return a kept file; None of one that is not this deployment's."""

    async def close(self) -> None:
        """Close connections."""


@dataclass(frozen=True, slots=True)
class DeployedExecutions:
    """The executions of one deployment, by the route that the configuration says."""

    connection: Connection
    caller: str
    call_fields: Mapping[str, Any]
    max_workers: int
    can_be_left: bool

    @classmethod
    def of(
        cls, configuration: ConfigurationManager, aws: Aws | None = None, deployment: Deployment | None = None
    ) -> DeployedExecutions:
        """Return those that a configuration leads to, unless ``aws`` and ``deployment`` are given."""
        return cls(
            Connection(configuration, aws, deployment),
            configuration.caller or DEFAULT_CALLER,
            configuration.call_fields(),
            configuration.max_workers,
            Route(configuration.route) is not Route.DIRECT,
        )

    async def catalog(self) -> Catalog:
        """Return the deployment's tools, as its planner knows them now."""
        connection = self.connection
        # Lambda is waited for up to a quarter of an hour, which must not keep the process from ending.
        return await in_own_thread(lambda: deployed_catalog(connection.aws, connection.deployment.planner_function))

    async def run(self, request: dict[str, Any], execution_id: str) -> list[ToolExecutionResult]:
        """Run a request to its end; cancelled, it cancels the execution."""
        return await (await self.connection.engine()).run(request, execution_id)

    async def start(self, request: dict[str, Any], execution_id: str) -> None:
        """Start a request on the state machine and leave it to itself."""
        try:
            await (await self.connection.engine()).start(request, execution_id)
        except NotStarted as error:
            raise not_started(error) from error

    async def progress(self, execution_id: str, correlation_id: str) -> list[Record]:
        """Return how the calls of an execution stand, without inputs and results."""
        connection = self.connection
        return await connection.in_thread(lambda: connection.history.progress(execution_id, correlation_id))

    async def output(self, execution_id: str) -> dict[str, Any]:
        """Return what an execution came to, or how it stands; large results are whole.

        Raises ExecutionNotFoundError, or what its planner refused it with.
        """
        return await self.connection.in_thread(self._output, execution_id)

    async def output_with(self, execution_id: str, results: list[ToolExecutionResult]) -> dict[str, Any]:
        """Return what an execution came to whose results are at hand. Raises ExecutionNotFoundError."""
        history = self.connection.history
        own = await self.connection.in_thread(history.call, execution_id, EXECUTION_CALL_ID)
        if own is None:
            raise ExecutionNotFoundError(f"The history lost the execution {execution_id!r} while it ran.")
        return output_of(own, results)

    async def picture(self, artifact: Mapping[str, Any]) -> bytes | None:
        """Return a kept file, length and hash checked; None of one that lies elsewhere: a tool is not trusted."""
        key = str(artifact["key"])
        if artifact["bucket"] != self.connection.deployment.artifact_bucket or not key.startswith(_KEPT):
            return None
        return await self.connection.in_thread(self._fetched, key, artifact["sha256"], artifact["bytes"])

    async def close(self) -> None:
        """Close connections."""
        await self.connection.close()

    def _output(self, execution_id: str) -> dict[str, Any]:
        records = self._records(execution_id)
        own = _own(records)
        if own is None:
            return {"execution_id": execution_id, "correlation_id": execution_id, "status": "running", "results": []}
        envelopes = [envelope_from_record(record) for record in records if record is not own]
        output = output_of(own, ResultReader(self.connection.aws).results(envelopes, execution_id))
        return {**output, "status": "running"} if "open" in own else output

    def _records(self, execution_id: str) -> list[Record]:
        """Return an execution's records; of one that is being planned none. Raises why it has none otherwise."""
        connection = self.connection
        records = connection.history.execution(execution_id)
        if _own(records) is not None:
            return records
        runner = Runner(connection.aws, connection.deployment)
        execution = unplanned_execution(connection.deployment, execution_id)
        if still_runs(runner, execution):
            return []
        records = connection.history.execution(execution_id)  # it may have been planned, and have ended, in between
        if _own(records) is None:
            runner.output(execution)  # it was refused: this raises why
            message = f"The history holds no execution {shortened(execution_id)!r} any more."
            raise ExecutionNotFoundError(message, hint="Its records have expired, or were cleared.")
        return records

    def _fetched(self, key: str, sha256: str, length: int) -> bytes:
        with translated_errors():
            answer = self.connection.aws.s3.get_object(Bucket=self.connection.deployment.artifact_bucket, Key=key)
            with answer["Body"] as body:
                # Not read where it is longer than its record says: that may be any length.
                content = body.read() if answer["ContentLength"] == length else b""
        if len(content) != length or hashlib.sha256(content).hexdigest() != sha256:
            raise ResultCorruptError(f"The file at {key!r} is not what was stored: length or SHA-256 differ.")
        return content


def _own(records: list[Record]) -> Record | None:
    return next((record for record in records if record["call_id"] == EXECUTION_CALL_ID), None)
