"""What a model is offered, and how its calls are run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol, TypedDict, TypeVar

from tool_executor.arguments import checked_execution_timeout, problem, refused
from tool_executor.model_apis.model_call import call_ids, idempotency_keys
from tool_executor.model_apis.offer import Offer
from tool_executor.model_apis.turn import Turn
from tool_executor.model_secrets import given_problems

if TYPE_CHECKING:
    from collections.abc import Collection, Coroutine, Mapping, Sequence

    from tool_contract.catalog import Catalog
    from tool_contract.problems import Problem
    from tool_contract.secret import Secret
    from tool_executor.calls import Call
    from tool_executor.model_apis.model_call import ModelCall
    from tool_executor.result import ToolExecutionResult

Mode = Literal["parallel", "sequence"]

_Answer = TypeVar("_Answer")
_LEAST_CHARACTERS: Final = 200


class TurnExecutor(Protocol):
    """What is needed of a :class:`~tool_executor.ToolExecutor`; a test may give another."""

    async def catalog(self) -> Catalog:
        """Return the deployment's tools."""

    async def problems_of(self, call: Call) -> list[Problem]:
        """Return everything that is wrong with a call, without running it."""

    async def execute_tools(
        self,
        calls: Sequence[Call],
        timeout: float | None = None,  # noqa: ASYNC109
        *,
        correlation_id: str | None = None,
        one_execution: bool = False,
    ) -> list[ToolExecutionResult]:
        """Run calls beside each other; as one execution if it is said."""

    async def execute_sequence(
        self,
        calls: Sequence[Call],
        timeout: float | None = None,  # noqa: ASYNC109
        *,
        correlation_id: str | None = None,
    ) -> list[ToolExecutionResult]:
        """Run calls one after another."""

    def run_coroutine(self, coroutine: Coroutine[Any, Any, _Answer]) -> _Answer:
        """Run a coroutine in the executor's own thread, and wait for it."""


class ToolsetOptions(TypedDict, total=False):
    """What may be said of a toolset, by name; :class:`Toolset` says what each means."""

    names: Collection[str] | None
    groups: Collection[str] | None
    read_only: bool
    own_tools: Collection[str]
    mode: Mode
    timeout: float | None
    correlation_id: str | None
    once: bool
    secrets: Mapping[str, Secret | str]
    max_result_characters: int
    strict: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Toolset:
    """The tools that a model is offered, and how its calls are run.

    Args:
        executor: what runs them. Its ``caller``, its retries and its route hold; a model decides about none of them.
        names, groups, read_only: which tools are offered, all where nothing is said. No others can be called.
        own_tools: names of tools that the program runs itself: their calls are left to it.
        mode: ``parallel``, or ``sequence``: the calls of a turn one after another, until one fails.
        timeout: seconds for all calls of a turn together; the executor's default where nothing is said.
        correlation_id: what the executions are found by in the history; each turn's own where nothing is said.
        once: whether a call that comes again, with the provider's same id, is answered by its first success for
            24 hours rather than run again. Needs a ``correlation_id`` that is one conversation's; a call whose
            id is empty is run each time.
        secrets: the secrets that the model may refer to, by the names that it is told: a ``Secret``, or the name of
            one that the stage keeps. Without them it may use none.
        max_result_characters: how much of a result the model is given, 200 at least.
        strict: whether the provider is asked to hold the model to the schemas, as far as it can express them.

    Raises InvalidRequestError for what cannot be.
    """

    executor: TurnExecutor
    names: Collection[str] | None = None
    groups: Collection[str] | None = None
    read_only: bool = False
    own_tools: Collection[str] = ()
    mode: Mode = "parallel"
    timeout: float | None = None
    correlation_id: str | None = None
    once: bool = False
    secrets: Mapping[str, Secret | str] = field(default_factory=dict)
    max_result_characters: int = 40_000
    strict: bool = False

    def __post_init__(self) -> None:
        if self.once and self.correlation_id is None:
            raise refused(problem("/once", "It needs the correlation_id of one conversation."))
        if self.max_result_characters < _LEAST_CHARACTERS:
            raise refused(problem("/max_result_characters", f"It should be {_LEAST_CHARACTERS} or more."))
        if self.mode not in {"parallel", "sequence"}:
            raise refused(problem("/mode", f"It should be 'parallel' or 'sequence', not {self.mode!r}."))
        checked_execution_timeout(self.timeout, "/timeout")
        wrong_secrets = given_problems(self.secrets, "/secrets")
        if wrong_secrets:
            raise refused(*wrong_secrets)

    async def offered(self) -> Catalog:
        """Return the tools that the model is offered. Raises as :meth:`Offer.of`, and what the executor raises."""
        return Offer(self.names, self.groups, self.read_only).of(await self.executor.catalog())

    async def results(self, calls: Sequence[ModelCall]) -> list[ToolExecutionResult]:
        """Run a turn's calls and return their results in the order of the calls.

        A call that cannot be run (a name that is not offered, an input that is refused, arguments that are no JSON)
        is a failure with effect ``none``, and costs the others nothing; of a sequence it ends what comes after it.
        More than 250 calls beside each other are several executions, one after another.

        Raises what :meth:`ToolExecutor.execute_tools` raises about AWS, the deployment and the caller's limits; once
        one execution of the turn has ended, that is a failure of the calls that it befell.
        """
        catalog = await self.offered()
        keys = (
            idempotency_keys(self.correlation_id, calls) if self.once and self.correlation_id else [None] * len(calls)
        )
        turn = Turn(self, catalog, calls, call_ids(calls), keys)
        await turn.check()
        await turn.run()
        return [turn.done[place] for place in range(len(calls))]
