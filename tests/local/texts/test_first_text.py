"""The API of the first text that the project grew from, against a real deployment: prints became assertions."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from tool_executor import (
    ConfigurationManager,
    ToolCall,
    ToolExecutionRequest,
    ToolExecutionStatus,
    ToolExecutor,
)
from tool_executor.agents import BaseAgent, InventoryOptimizerAgent

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pytest

    from tests.local.conftest import Deployed

LAMBDA_FUNCTION_NAME = "inventory-optimizer-lambda"


class TestFirstText:
    def test_basic_tool_execution(self) -> None:
        # Initialize executor
        executor = ToolExecutor(region="us-east-1", max_workers=10)

        # Create execution request
        request = ToolExecutionRequest(
            tool_name="calculate_reorder_points",
            function_name="inventory-optimizer-lambda",
            input_data={"warehouse_code": "WH001"},
            timeout_seconds=30,
            max_retries=3,
        )

        # Execute synchronously
        result = executor.execute_tool_sync(request)

        assert result.is_success(), result.error
        assert result.result["warehouse_code"] == "WH001"
        assert result.execution_time_ms > 0

    def test_parallel_tool_execution(self, executor: ToolExecutor) -> None:
        requests = [
            ToolExecutionRequest(
                tool_name="calculate_reorder_points",
                function_name="inventory-optimizer-lambda",
                input_data={"warehouse_code": "WH001"},
            ),
            ToolExecutionRequest(
                tool_name="identify_stockout_risks",
                function_name="inventory-optimizer-lambda",
                input_data={"warehouse_code": "WH001", "days_ahead": 7},
            ),
            ToolExecutionRequest(
                tool_name="forecast_demand",
                function_name="inventory-optimizer-lambda",
                input_data={"product_code": "P001", "warehouse_code": "WH001"},
            ),
        ]

        results = executor.execute_tools_sync(requests, timeout=60)

        told = [f"{result.tool_name}: {result.status.value}" for result in results]
        assert told == [
            "calculate_reorder_points: success",
            "identify_stockout_risks: success",
            "forecast_demand: success",
        ]

    def test_using_in_agents(self) -> None:
        # Agent automatically uses ToolExecutor if initialized
        agent = InventoryOptimizerAgent(region="us-east-1")

        result = agent.execute_tool("calculate_reorder_points", {"warehouse_code": "WH001"})

        assert (result["success"], result["attempts"]) == (True, 1)
        assert {"result", "execution_time_ms"} <= result.keys()

    def test_accessing_execution_statistics(self, executor: ToolExecutor) -> None:
        executor.execute_tools_sync([ToolCall("noop"), ToolCall("missing", {"name": "it"})])

        # Get overall statistics
        stats = executor.get_execution_stats()
        assert (stats["total_executions"], stats["success_rate"]) == (2, 50.0)
        assert (stats["success_count"], stats["failure_count"], stats["timeout_count"]) == (1, 1, 0)
        assert stats["avg_execution_time_ms"] > 0
        assert stats["avg_attempts"] == 1.0

        # Get tool-specific statistics
        tool_stats = executor.get_tool_stats("noop")
        assert (tool_stats["total_executions"], tool_stats["success_rate"]) == (1, 100.0)

        # Get recent executions
        recent = executor.get_recent_executions(limit=10)
        assert [f"{execution['tool_name']}: {execution['status']}" for execution in recent] == [
            "missing: failed",
            "noop: success",
        ]

    def test_tool_executor_configuration(self) -> None:
        config_manager = ConfigurationManager({"agents.tool_timeout_seconds": 20, "agents.tool_max_retries": 0})
        executor = ToolExecutor(
            region="us-east-1",
            config=config_manager,  # Optional ConfigurationManager
            max_workers=10,  # Maximum parallel workers
        )
        result = executor.execute_tool_sync(ToolCall("flaky", {"failures": 1}))
        assert (result.status.value, result.attempts) == ("failed", 1)

    def test_per_request_configuration(self, executor: ToolExecutor) -> None:
        request = ToolExecutionRequest(
            tool_name="flaky",
            function_name="probe-lambda",
            input_data={"failures": 1},
            timeout_seconds=60,  # Override default timeout
            max_retries=5,  # Override default retries
            metadata={"ticket": 4711},  # Optional metadata
        )
        result = executor.execute_tool_sync(request)
        assert (result.attempts, result.metadata["ticket"]) == (2, 4711)
        # Base backoff 1 s, doubled, in the text; here 500 ms with jitter, which Step Functions rounds up to 1 s.
        assert result.metadata["retry_delays"] == [1000]

    def test_overall_timeout_for_parallel_execution(self, executor: ToolExecutor) -> None:
        requests = [ToolCall("echo", {"text": "a"}), ToolCall("echo", {"seconds": 20}), ToolCall("noop")]
        executor.execute_tools_sync(requests[::2])  # so that the time is not spent on cold starts

        results = executor.execute_tools_sync(
            requests,
            timeout=4,  # All tools must complete within it
        )

        assert [result.status.value for result in results] == ["success", "timeout", "success"]

    def test_error_handling(self, executor: ToolExecutor) -> None:
        success, failure = (
            result.to_json()
            for result in executor.execute_tools_sync([ToolCall("noop"), ToolCall("missing", {"name": "it"})])
        )
        assert {"success": True, "attempts": 1}.items() <= success.items()
        assert {"result", "execution_time_ms"} <= success.keys()
        assert {"success": False, "status": "failed", "attempts": 1}.items() <= failure.items()
        assert failure["error"] == "There is no 'it'."

    def test_fallback_behavior(self, deployed: Deployed) -> None:
        class InventoryAgent(BaseAgent):
            def execute_tool(self, tool_name: str, tool_input: Mapping[str, Any]) -> dict[str, Any]:
                # Use ToolExecutor if available
                if self.tool_executor:
                    return self.execute_tool_async(
                        tool_name=tool_name, function_name=LAMBDA_FUNCTION_NAME, input_data=tool_input
                    )

                # Fallback to direct invocation
                return {"direct": self.lambda_client.meta.service_model.service_name}

        agent = InventoryAgent(tool_executor=ToolExecutor(aws=deployed.aws, deployment=deployed.deployment))
        assert agent.execute_tool("calculate_reorder_points", {"warehouse_code": "WH001"})["success"]

    def test_execution_tracking_and_clearing(self, executor: ToolExecutor) -> None:
        executor.execute_tool_sync(ToolCall("noop"))

        # Access execution history
        for execution in executor.execution_history:
            assert execution.tool_name == "noop"
            assert execution.status.value == "success"
            assert execution.execution_time_ms > 0
            assert execution.attempts == 1

        # Clear history after processing
        executor.clear_history()
        assert executor.execution_history == []

    def test_logging(self, executor: ToolExecutor, caplog: pytest.LogCaptureFixture) -> None:
        # Enable debug logging
        logging.getLogger("tool_executor").setLevel(logging.DEBUG)
        try:
            executor.execute_tools_sync([ToolCall("noop"), ToolCall("missing", {"name": "a secret input"})])
        finally:
            logging.getLogger("tool_executor").setLevel(logging.NOTSET)

        said = [record.getMessage() for record in caplog.records if record.name.startswith("tool_executor")]
        assert any(line.endswith("starts: 2 calls") for line in said)
        assert any(line.endswith("ended: 1 of 2 calls succeeded") for line in said)
        assert any(line.startswith("missing: failed") for line in said)

    def test_the_statuses(self) -> None:
        names = {"PENDING", "RUNNING", "SUCCESS", "FAILED", "TIMEOUT", "RETRYING"}
        assert names <= set(ToolExecutionStatus.__members__)
