"""The orchestrator: one executor, the agents that share it, and plans across them."""

from __future__ import annotations

import asyncio
import logging
import uuid
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Self

from tool_executor.agents.browser import BrowserAgent
from tool_executor.agents.inventory import InventoryOptimizerAgent
from tool_executor.agents.plan import plan_problems
from tool_executor.agents.plan_result import PlanResult
from tool_executor.agents.plan_run import PlanRun
from tool_executor.background_loop import BackgroundLoop
from tool_executor.configuration import configuration_of
from tool_executor.errors import (
    CredentialsMissingError,
    DeploymentNotFoundError,
    ServiceError,
    invalid_request,
)
from tool_executor.executor import ToolExecutor

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tool_contract.problems import Problem
    from tool_executor.agents.base import BaseAgent, Executor
    from tool_executor.agents.plan import Step
    from tool_executor.configuration import ConfigurationManager

_log = logging.getLogger("tool_executor")


class Orchestrator:
    """Creates the executor, hands it to its agents, and runs plans across them.

    Args:
        region: AWS's region; None finds it as boto3 does. With ``AWS_ENDPOINT_URL`` set it is the local cloud's.
        config: where options come from; None reads the environment and ``tool-executor.toml``.
        max_workers: how many steps run at once, 10 unless configured otherwise.
        tool_executor: the executor, in place of one that is made.
        agents: the agents by name, in place of ``inventory`` and ``browser``.

    Agents that were given an executor of their own keep it.
    """

    def __init__(
        self,
        region: str | None = None,
        config: ConfigurationManager | None = None,
        max_workers: int | None = None,
        *,
        tool_executor: Executor | None = None,
        agents: Mapping[str, BaseAgent] | None = None,
    ) -> None:
        said = {"region": region, "max_workers": max_workers}
        self.configuration: Final = configuration_of(config).with_values(said)
        self._executor = ToolExecutor(config=self.configuration) if tool_executor is None else tool_executor
        self._closes_executor = tool_executor is None
        self._agents: dict[str, BaseAgent] = {}
        self._loop = BackgroundLoop()
        chosen = _default_agents(region, config) if agents is None else agents
        for name, agent in chosen.items():
            self.add_agent(name, agent)

    @property
    def tool_executor(self) -> Executor:
        """The executor that the agents share."""
        return self._executor

    @property
    def agents(self) -> Mapping[str, BaseAgent]:
        """The agents by name."""
        return MappingProxyType(self._agents)

    def add_agent(self, name: str, agent: BaseAgent) -> None:
        """Take an agent in, in place of one of that name, and hand it the executor if it has none."""
        agent.use_unless_given(self._executor)
        self._agents[name] = agent

    async def run(self, steps: Sequence[Step], *, correlation_id: str | None = None) -> PlanResult:
        """Run a plan: each step as soon as the steps that it comes after have succeeded, beside all others.

        If one of those fails, it is skipped. All calls are of one correlation id. A step's failure is a result, never
        an exception. Where this task is cancelled, so are the executions that run.

        Raises:
            InvalidRequestError: nothing was run; every problem is named, by a JSON pointer into the plan
                (ToolNotFoundError if only names of tools are wrong).
        """
        problems = await self.problems_of(steps)
        if problems:
            count = f"{len(problems)} problem{'' if len(problems) == 1 else 's'}"
            told = f"The plan has {count}; nothing was run."
            raise invalid_request({"error": told, "details": [problem.as_detail() for problem in problems]})
        own_id = correlation_id or str(uuid.uuid4())
        _log.info("plan %s starts: %d steps", own_id, len(steps))
        plan = PlanRun(self._agents, own_id, asyncio.Semaphore(self.configuration.max_workers))
        result = PlanResult(own_id, await plan.results(steps))
        _log.info("plan %s ended: %s", own_id, result.summary)
        return result

    def run_sync(self, steps: Sequence[Step], *, correlation_id: str | None = None) -> PlanResult:
        """Run a plan and wait for it. Ctrl-C cancels what runs. See :meth:`run`."""
        return self._loop.run(self.run(steps, correlation_id=correlation_id))

    async def problems_of(self, steps: Sequence[Step]) -> list[Problem]:
        """Return everything that is wrong with a plan, without running it, as far as it can be known before."""
        problems = plan_problems(steps, self._agents)
        try:
            for position, step in enumerate(steps):
                if step.agent in self._agents:
                    problems += await self._problems_of(step, f"/steps/{position}")
        except (CredentialsMissingError, DeploymentNotFoundError, ServiceError) as error:
            _log.info("tools and inputs of the plan are not checked before it runs: %s", error.sentence)
        return problems

    def close(self) -> None:
        """Close the executor if the orchestrator made it, and end the threads; both may be used again."""
        if self._closes_executor and isinstance(self._executor, ToolExecutor):
            self._executor.close()
        self._loop.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    async def _problems_of(self, step: Step, place: str) -> list[Problem]:
        """Return what is wrong with a step's tool and input; the agent's function is a matter of the agent."""
        found = await self._agents[step.agent].problems_of(step.tool_name, step.known_input)
        if step.known_input is None:
            found = [problem for problem in found if not problem.pointer.startswith("/input")]
        return [_of_agent(problem).under(place) for problem in found]


def _of_agent(problem: Problem) -> Problem:
    return problem.model_copy(update={"pointer": "/agent"}) if problem.pointer == "/function_name" else problem


def _default_agents(region: str | None, config: ConfigurationManager | None) -> dict[str, BaseAgent]:
    return {
        "inventory": InventoryOptimizerAgent(region=region, config=config),
        "browser": BrowserAgent(region=region, config=config),
    }
