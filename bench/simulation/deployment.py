"""The project's own planner, runtime and finisher, with modelled services and the virtual clock put under them."""

from __future__ import annotations

import random
from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import bench.simulation.environment  # noqa: F401 - the code reads it as it is imported
from bench.simulation.dynamodb import Client, DynamoDB
from bench.simulation.functions import Lambda
from bench.simulation.objects import Objects
from bench.simulation.virtual_time import Pool, Timeline
from bench.simulation.workload import GROUP, catalog_of, tools_of
from lambdas.finisher import counted_end, finish, gauges
from lambdas.finisher import handler as finisher_handler
from lambdas.finisher import history as finisher_history
from lambdas.planner import handler as planner_handler
from lambdas.planner import plan_writer
from lambdas.planner.plan import Deployment
from lambdas.runtime import attempt_metrics, aws_clients, breaker_store, clock, telemetry
from lambdas.runtime.artifacts import ArtifactStore
from lambdas.runtime.attempt_store import AttemptStore
from lambdas.runtime.breaker_store import Breakers
from lambdas.runtime.idempotency import IdempotencyKeys
from lambdas.runtime.invocation import Invoker
from lambdas.runtime.recorded_call import Stores
from lambdas.runtime.result_cache import ResultCache
from lambdas.runtime.retry_budget import RetryBudget
from lambdas.runtime.tool_state_outage import Outage, Pause

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from bench.simulation.scenario import Scenario
    from lambdas.runtime.tool_group import ToolGroup

_DYNAMODB_TRIES: Final = 4
_TOOL_STATE_TRIES: Final = 2


@dataclass(frozen=True)
class Simulated:
    """A deployment whose code is real and whose services are models."""

    scenario: Scenario
    timeline: Timeline
    dynamodb: DynamoDB
    objects: Objects
    functions: Lambda

    @classmethod
    def of(cls, scenario: Scenario) -> Simulated:
        """Make the deployment of a scenario. There is one of them in a process: the code's clients are put in place."""
        random.seed(scenario.seed)
        timeline = Timeline()
        dynamodb, objects = DynamoDB(timeline, scenario.write_quota), Objects(timeline)
        made = cls(scenario, timeline, dynamodb, objects, Lambda(timeline, scenario))
        made._put_in_place()
        return made

    def state_machine_client(self) -> Client:
        """Return the client of the state machine's own writes, which its states repeat and no SDK."""
        return Client(self.dynamodb, 1)

    def _put_in_place(self) -> None:
        timeline, client = self.timeline, Client(self.dynamodb, _DYNAMODB_TRIES)
        state = Client(self.dynamodb, _TOOL_STATE_TRIES)
        Pool.timeline = timeline
        replaced: list[tuple[Any, str, Any]] = [
            (clock.SystemClock, "now_ms", lambda _: timeline.now_ms()),
            (clock.SystemClock, "elapsed_ms", lambda _: timeline.elapsed_ms()),
            # The code draws from the system's randomness, which no seed repeats.
            *((module, "SystemRandom", lambda: random) for module in (breaker_store, counted_end)),
            (counted_end, "_RANDOM", random),
            (aws_clients, "dynamodb", lambda: client),
            (aws_clients, "tool_state", lambda: state),
            (aws_clients, "s3", lambda: self.objects),
            (aws_clients, "s3_glance", lambda: self.objects),
            *((module, "ThreadPoolExecutor", Pool) for module in (plan_writer, finish, finisher_history)),
            *((module, "emit", _emit_nothing) for module in (finish, gauges, attempt_metrics)),
            (telemetry.logger, "append_context_keys", _no_keys),
        ]
        for where, name, what in replaced:
            setattr(where, name, what)
        self._add_functions(tools_of(self.scenario, timeline), client, state)

    def _add_functions(self, group: ToolGroup, client: Any, state: Any) -> None:
        deployment = Deployment(catalog_of(group), {GROUP: "tools"}, 90, history_shards=self.scenario.shards)
        ended = counted_end.CountedEnd("history", client, self.scenario.shards, sleep=self.timeline.wait)
        history = finisher_history.History("history", client, self.scenario.shards, ended)
        read_only = frozenset(spec.name for spec in deployment.catalog.tools)
        finisher = finish.Finisher(history, ArtifactStore("artifacts"), read_only)
        measured = gauges.Gauges(history, "tool-state", state, sorted(read_only))
        planner_handler._deployment = lambda: deployment  # type: ignore[assignment] # noqa: SLF001 - its own is cached
        planner_handler._writer.cache_clear()  # noqa: SLF001 - as above
        finisher_handler._finisher = lambda: finisher  # type: ignore[assignment] # noqa: SLF001 - as above
        finisher_handler._gauges = lambda: measured  # type: ignore[assignment] # noqa: SLF001 - as above
        share = self.scenario.warm_environments
        self.functions.add("planner", lambda: planner_handler.plan, share // 10)
        self.functions.add("finisher", lambda: finisher_handler.finish, share // 10)
        self.functions.add("tools", lambda: self._environment(group, client, state), share)

    def _environment(self, group: ToolGroup, client: Any, state: Any) -> Any:
        """Return the handler of a new environment: what a process remembers of breakers and budgets is its own."""
        pause, artifacts = Pause(), ArtifactStore("artifacts")
        stores = Stores(
            AttemptStore("history", client),
            artifacts,
            IdempotencyKeys("tool-state", "history"),
            ResultCache("tool-state", artifacts, outage=Outage("result cache", pause)),
            Breakers("tool-state", state, wait=self.timeline.wait, pause=pause, draw=random.randrange),
            RetryBudget("tool-state", state, pause=pause),
        )
        tools = {tool.spec.name: tool for tool in group.tools}
        return Invoker(tools, stores=stores).invoke


def _no_keys(**_: object) -> AbstractContextManager[None]:
    """Keep nothing for log lines, which are not written."""
    return nullcontext()


def _emit_nothing(*_: object, **__: object) -> None:
    """Write no metric line."""
