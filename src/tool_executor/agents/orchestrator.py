"""The orchestrator: one executor, the agents that share it, and plans across them."""

from __future__ import annotations

import asyncio
import logging
import uuid
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Self, cast, overload

from tool_executor.agents.bedrock_model import BedrockModel
from tool_executor.agents.browser import BrowserAgent
from tool_executor.agents.budget import Budget
from tool_executor.agents.inventory import InventoryOptimizerAgent
from tool_executor.agents.plan import plan_problems
from tool_executor.agents.plan_result import PlanResult
from tool_executor.agents.plan_run import PlanRun
from tool_executor.agents.prompt_run import PromptRun
from tool_executor.arguments import checked_text, problem, refused
from tool_executor.background_loop import BackgroundLoop
from tool_executor.configuration import configuration_of
from tool_executor.errors import (
    CredentialsMissingError,
    DeploymentNotFoundError,
    ServiceError,
    invalid_request,
)
from tool_executor.executor import ToolExecutor
from tool_executor.model_apis.bedrock_converse import BedrockConverseTools

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tool_contract.problems import Problem
    from tool_executor.agents.base import BaseAgent, Executor
    from tool_executor.agents.plan import Step
    from tool_executor.agents.prompt_result import PromptResult
    from tool_executor.agents.prompt_run import Turn
    from tool_executor.configuration import ConfigurationManager
    from tool_executor.model_apis.toolset import ToolsetOptions, TurnExecutor

_log = logging.getLogger("tool_executor")


class Orchestrator:
    """Creates the executor, hands it to its agents, runs plans across them, and has a model work with its tools.

    Args:
        region: AWS's region; None finds it as boto3 does. With ``AWS_ENDPOINT_URL`` set it is the local cloud's.
        config: where options come from; None reads the environment and ``tool-executor.toml``.
        max_workers: how many steps run at once, 10 unless configured otherwise.
        tool_executor: the executor, in place of one that is made.
        agents: the agents by name, in place of ``inventory`` and ``browser``.
        model: the model that prompts go to, or its id on Bedrock.

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
        model: BedrockModel | str | None = None,
    ) -> None:
        said = {"region": region, "max_workers": max_workers}
        self.configuration: Final = configuration_of(config).with_values(said)
        self._executor = ToolExecutor(config=self.configuration) if tool_executor is None else tool_executor
        self._closes_executor = tool_executor is None
        self._model = model
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

    @overload
    async def run(self, work: Sequence[Step], *, correlation_id: str | None = None) -> PlanResult: ...

    @overload
    async def run(
        self,
        work: str,
        *,
        correlation_id: str | None = None,
        model: BedrockModel | str | None = None,
        tools: ToolsetOptions | None = None,
        budget: Budget | None = None,
        history: Sequence[dict[str, Any]] = (),
        on_turn: Callable[[Turn], None] | None = None,
    ) -> PromptResult: ...

    async def run(
        self, work: str | Sequence[Step], *, correlation_id: str | None = None, **of_prompt: Any
    ) -> PlanResult | PromptResult:
        """Run a plan, or have a model work on a prompt.

        *A plan*: each step is run as soon as the steps that it comes after have succeeded, beside all others. If one
        of those fails, it is skipped. All calls are of one correlation id. A step's failure is a result, never an
        exception. Where this task is cancelled, so are the executions that run.

        *A prompt* (text): the model answers, or wants tools; all calls of a turn are run as one execution and told to
        it in its order, until it ends its answer or the budget is used up. ``model`` is a :class:`BedrockModel` or
        the id of one, ``tools`` says which tools it is offered and how they are run (a dict of
        :class:`~tool_executor.model_apis.toolset.Toolset`'s arguments), ``history`` are the messages of an earlier
        result to go on from, ``on_turn`` is called after each turn. What comes of it is a result, too.

        Raises:
            InvalidRequestError: nothing was run; every problem is named, by a JSON pointer into the plan
                (ToolNotFoundError if only names of tools are wrong).
            CredentialsMissingError, DeploymentNotFoundError, ServiceError: of a prompt, before its first answer.
        """
        own_id = correlation_id or str(uuid.uuid4())
        if isinstance(work, str):
            return await self._run_prompt(work, own_id, **of_prompt)
        if of_prompt:
            raise TypeError(f"A plan takes no {next(iter(of_prompt))}.")
        return await self._run_plan(work, own_id)

    @overload
    def run_sync(self, work: Sequence[Step], *, correlation_id: str | None = None) -> PlanResult: ...

    @overload
    def run_sync(
        self,
        work: str,
        *,
        correlation_id: str | None = None,
        model: BedrockModel | str | None = None,
        tools: ToolsetOptions | None = None,
        budget: Budget | None = None,
        history: Sequence[dict[str, Any]] = (),
        on_turn: Callable[[Turn], None] | None = None,
    ) -> PromptResult: ...

    def run_sync(self, work: Any, **said: Any) -> PlanResult | PromptResult:
        """Run a plan, or a prompt, and wait for it. Ctrl-C cancels what runs. See :meth:`run`."""
        answer: PlanResult | PromptResult = self._loop.run(self.run(work, **said))
        return answer

    async def _run_plan(self, steps: Sequence[Step], own_id: str) -> PlanResult:
        problems = await self.problems_of(steps)
        if problems:
            count = f"{len(problems)} problem{'' if len(problems) == 1 else 's'}"
            told = f"The plan has {count}; nothing was run."
            raise invalid_request({"error": told, "details": [problem.as_detail() for problem in problems]})
        _log.info("plan %s starts: %d steps", own_id, len(steps))
        plan = PlanRun(self._agents, own_id, asyncio.Semaphore(self.configuration.max_workers))
        result = PlanResult(own_id, await plan.results(steps))
        _log.info("plan %s ended: %s", own_id, result.summary)
        return result

    async def _run_prompt(
        self,
        prompt: str,
        own_id: str,
        *,
        model: BedrockModel | str | None = None,
        tools: ToolsetOptions | None = None,
        budget: Budget | None = None,
        history: Sequence[dict[str, Any]] = (),
        on_turn: Callable[[Turn], None] | None = None,
    ) -> PromptResult:
        checked_text(prompt, "prompt")
        chosen = self._model if model is None else model
        if chosen is None:
            hint = "Say Orchestrator(model=...), or run(prompt, model=...)."
            raise refused(problem("/model", "A prompt needs a model.", hint=hint))
        if isinstance(chosen, str):
            chosen = BedrockModel(chosen)
        options: ToolsetOptions = {**(tools or {}), "correlation_id": own_id}
        return await PromptRun(
            chosen,
            BedrockConverseTools(cast("TurnExecutor", self._executor), **options),
            budget or Budget(),
            own_id,
            [*history, {"role": "user", "content": [{"text": prompt}]}],
            on_turn,
        ).result()

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
