"""Agents: programs that know the tools of a field, and an orchestrator that runs plans across them.

Example::

    from tool_executor.agents import InventoryOptimizerAgent

    agent = InventoryOptimizerAgent(region="us-east-1")
    answer = agent.execute_tool("calculate_reorder_points", {"warehouse_code": "WH001"})
    print(answer["result"] if answer["success"] else answer["error"])
"""

from tool_executor.agents.base import BaseAgent, Executor
from tool_executor.agents.bedrock_model import BedrockModel
from tool_executor.agents.browser import BrowserAgent, ExecutionAnalysis, LoginForm
from tool_executor.agents.budget import Budget, ModelPrice, Usage
from tool_executor.agents.inventory import InventoryOptimizerAgent
from tool_executor.agents.orchestrator import Orchestrator
from tool_executor.agents.plan import Step
from tool_executor.agents.plan_result import PlanResult
from tool_executor.agents.prompt_result import PromptNotCompletedError, PromptResult
from tool_executor.agents.prompt_run import Turn

__all__ = [
    "BaseAgent",
    "BedrockModel",
    "BrowserAgent",
    "Budget",
    "ExecutionAnalysis",
    "Executor",
    "InventoryOptimizerAgent",
    "LoginForm",
    "ModelPrice",
    "Orchestrator",
    "PlanResult",
    "PromptNotCompletedError",
    "PromptResult",
    "Step",
    "Turn",
    "Usage",
]
