"""The tool calls of one turn of a model: checked one by one, run as one execution, answered in the model's order."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol, TypedDict, TypeVar

from tool_contract.envelope import CallStatus, Detail
from tool_contract.errors import RULES, Effect, ErrorCode
from tool_contract.problems import Problem
from tool_executor.arguments import problem, refused
from tool_executor.calls import ToolCall
from tool_executor.errors import CallerLimitExceededError, InvalidRequestError
from tool_executor.model_apis.model_call import call_ids, idempotency_key
from tool_executor.model_apis.model_secrets import ModelSecrets, SecretNotGiven
from tool_executor.model_apis.offer import Offer
from tool_executor.model_apis.plain_schema import without_needless_nulls
from tool_executor.result import ToolExecutionResult

if TYPE_CHECKING:
    from collections.abc import Collection, Coroutine, Mapping, Sequence

    from tool_contract.catalog import Catalog
    from tool_contract.secret import Secret
    from tool_executor.calls import Call
    from tool_executor.model_apis.model_call import ModelCall

Mode = Literal["parallel", "sequence"]

_Answer = TypeVar("_Answer")
_LEAST_CHARACTERS: Final = 200
_OF_A_CALL: Final = re.compile(r"/calls/(\d+)(/.*|$)")
_SKIPPED: Final = Problem(pointer="", message="The sequence stopped before this call.", error_code=ErrorCode.SKIPPED)


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
    ) -> list[ToolExecutionResult]:
        """Run calls beside each other."""

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
            24 hours rather than run again. Needs a ``correlation_id`` that is one conversation's.
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

    async def offered(self) -> Catalog:
        """Return the tools that the model is offered. Raises as :meth:`Offer.of`, and what the executor raises."""
        return Offer(self.names, self.groups, self.read_only).of(await self.executor.catalog())

    async def results(self, calls: Sequence[ModelCall]) -> list[ToolExecutionResult]:
        """Run a turn's calls and return their results in the order of the calls.

        A call that cannot be run (a name that is not offered, an input that is refused, arguments that are no JSON)
        is a failure with effect ``none``, and costs the others nothing; of a sequence it ends what comes after it.

        Raises what :meth:`ToolExecutor.execute_tools` raises about AWS, the deployment and the caller's limits.
        """
        catalog = await self.offered()
        turn = _Turn(self, catalog, calls, call_ids(calls))
        await turn.check()
        await turn.run()
        return [turn.done[place] for place in range(len(calls))]


@dataclass(slots=True)
class _Turn:
    """One turn under way: ``ready`` are the calls that can be run, ``done`` what is known, both by place."""

    toolset: Toolset
    catalog: Catalog
    calls: Sequence[ModelCall]
    ids: Sequence[str]
    ready: dict[int, ToolCall] = field(default_factory=dict)
    done: dict[int, ToolExecutionResult] = field(default_factory=dict)

    async def check(self) -> None:
        for place, call in enumerate(self.calls):
            if place in self.done:
                continue
            problems = self._readable(call)
            if not problems:
                try:
                    self.ready[place] = self._tool_call(place)
                except SecretNotGiven as error:
                    problems = [error.problem]
                else:
                    problems = [_in_input(one) for one in await self.toolset.executor.problems_of(self.ready[place])]
            if problems:
                self._refuse(place, problems)

    async def run(self) -> None:
        """Run what is ready. What the planner alone refuses is refused, and the rest asked for again: nothing ran."""
        while self.ready:
            places = list(self.ready)
            try:
                results = await self._executed([self.ready[place] for place in places])
            except InvalidRequestError as error:
                refused = _by_call(error)
                if not refused:
                    raise
                for number, problems in refused.items():
                    self._refuse(places[number], problems)
            else:
                self.done.update(zip(places, results, strict=True))
                return

    async def _executed(self, calls: Sequence[ToolCall]) -> list[ToolExecutionResult]:
        executor, toolset = self.toolset.executor, self.toolset
        execute = executor.execute_tools if toolset.mode == "parallel" else executor.execute_sequence
        return await execute(calls, toolset.timeout, correlation_id=toolset.correlation_id)

    def _readable(self, call: ModelCall) -> list[Problem]:
        if call.problem is not None:
            return [call.problem]
        return [] if call.name in self.catalog.by_name else [self.catalog.unknown_tool(call.name)]

    def _tool_call(self, place: int) -> ToolCall:
        call, toolset = self.calls[place], self.toolset
        arguments: dict[str, Any] = call.arguments
        if toolset.strict:
            arguments = without_needless_nulls(self.catalog.by_name[call.name].input_schema, arguments)
        key = idempotency_key(toolset.correlation_id, call) if toolset.once and toolset.correlation_id else None
        parameters = ModelSecrets(toolset.secrets).put_into(arguments)
        return ToolCall(call.name, parameters, call_id=self.ids[place], idempotency_key=key)

    def _refuse(self, place: int, problems: Sequence[Problem]) -> None:
        self.ready.pop(place, None)
        self.done[place] = self._failed(place, problems)
        if self.toolset.mode == "sequence":
            for later in range(place + 1, len(self.calls)):
                self.ready.pop(later, None)
                self.done.setdefault(later, self._failed(later, [_SKIPPED]))

    def _failed(self, place: int, problems: Sequence[Problem]) -> ToolExecutionResult:
        code = problems[0].error_code
        return ToolExecutionResult(
            tool_name=self.calls[place].name,
            status=CallStatus.SKIPPED if code is ErrorCode.SKIPPED else CallStatus.FAILED,
            error=" ".join(problem.message for problem in problems),
            error_code=code,
            retryable=RULES[code].retryable,
            effect=Effect.NONE,
            details=tuple(Detail.model_validate(problem.as_detail()) for problem in problems),
            attempts=0,
            call_id=self.ids[place],
        )


def _in_input(problem: Problem) -> Problem:
    """Return a call's problem as a model sees its call: pointers into the input."""
    pointer = problem.pointer
    return problem.model_copy(update={"pointer": pointer.removeprefix("/input")}) if pointer else problem


def _by_call(error: InvalidRequestError) -> dict[int, list[Problem]]:
    """Return the problems of a refused request by the number of the call; none if any is of the request itself."""
    if isinstance(error, CallerLimitExceededError):
        return {}
    refused: dict[int, list[Problem]] = {}
    for told in error.problems:
        found = _OF_A_CALL.fullmatch(told.get("pointer", ""))
        if found is None:
            return {}
        problem = Problem.model_validate({**told, "pointer": found[2]})
        refused.setdefault(int(found[1]), []).append(_in_input(problem))
    return refused
