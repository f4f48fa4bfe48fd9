"""What the classes for the models' APIs have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, Unpack

from tool_contract.errors import ErrorCode
from tool_contract.problems import Problem
from tool_executor.errors import InvalidRequestError
from tool_executor.model_apis.plain_schema import plain_schema
from tool_executor.model_apis.result_text import result_text
from tool_executor.model_apis.strict_schema import NoStrictFormError, StrictMode, strict_schema
from tool_executor.model_apis.toolset import Toolset, ToolsetOptions, TurnExecutor

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tool_contract.tool_spec import ToolSpec
    from tool_executor.model_apis.model_call import ModelCall
    from tool_executor.model_apis.plain_schema import Schema
    from tool_executor.result import ToolExecutionResult

Block = dict[str, Any]


class ModelTools(ABC):
    """The tools of an executor in the words of one API.

    Args:
        executor: a :class:`~tool_executor.ToolExecutor`.
        options: which tools, and how their calls are run: see :class:`~tool_executor.model_apis.toolset.Toolset`.

    ``definitions`` go into the request to the model; ``run`` takes what the model answered, runs all tool calls in it
    as one execution, and returns one block for each, in the model's order, with the model's ids. A call that cannot
    be run is answered with an error block, and costs the others nothing.
    """

    _mode: ClassVar[StrictMode]

    def __init__(self, executor: TurnExecutor, **options: Unpack[ToolsetOptions]) -> None:
        self.toolset = Toolset(executor=executor, **options)

    async def definitions(self) -> list[Block]:
        """Return the definitions of the offered tools.

        Raises InvalidRequestError (ToolNotFoundError) where they cannot be offered, and what the executor raises.
        """
        return [self._definition(spec, *self._schema(spec)) for spec in (await self.toolset.offered()).tools]

    def definitions_sync(self) -> list[Block]:
        """Return the definitions of the offered tools. See :meth:`definitions`."""
        return self.toolset.executor.run_coroutine(self.definitions())

    async def run(self, answer: Any) -> list[Block]:  # noqa: ANN401 - JSON, or an SDK's object
        """Run the tool calls in a model's answer and return their result blocks; an empty list if there are none.

        Raises:
            InvalidRequestError: ``answer`` is no answer of this API, or the caller's limit is reached.
            CredentialsMissingError, DeploymentNotFoundError, ServiceError: AWS, or the deployment, is not there.
        """
        calls = self.calls_in(answer)
        return self.blocks(calls, await self.toolset.results(calls)) if calls else []

    def run_sync(self, answer: Any) -> list[Block]:  # noqa: ANN401 - as above
        """Run the tool calls in a model's answer. See :meth:`run`."""
        return self.toolset.executor.run_coroutine(self.run(answer))

    def calls_in(self, answer: Any) -> list[ModelCall]:  # noqa: ANN401 - as above
        """Return the tool calls in a model's answer, in its order, but for the program's own.

        Raises InvalidRequestError.
        """
        return self.without_own(self.all_calls_in(answer))

    def all_calls_in(self, answer: Any) -> list[ModelCall]:  # noqa: ANN401 - as above
        """Return the tool calls in a model's answer, the program's own among them. Raises InvalidRequestError."""
        try:
            return [_of_text(call) for call in self._calls(plain_json(answer))]
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise _unreadable(type(self).__name__, error) from None

    def without_own(self, calls: Sequence[ModelCall]) -> list[ModelCall]:
        """Return the calls that are not of tools which the program runs itself."""
        return [call for call in calls if call.name not in self.toolset.own_tools]

    def blocks(self, calls: Sequence[ModelCall], results: Sequence[ToolExecutionResult]) -> list[Block]:
        """Return the result blocks of calls, in their order."""
        most = self.toolset.max_result_characters
        return [
            self._block(call, result_text(result, most), result.success)
            for call, result in zip(calls, results, strict=True)
        ]

    def _schema(self, spec: ToolSpec) -> tuple[Schema, bool]:
        """Return a tool's input schema for the model, and whether it is in the strict form."""
        plain = plain_schema(spec.input_schema, self.toolset.secrets)
        if self.toolset.strict:
            try:
                return strict_schema(plain, self._mode), True
            except NoStrictFormError:
                return plain, False
        return plain, False

    @abstractmethod
    def _definition(self, spec: ToolSpec, schema: Schema, strict: bool) -> Block:  # noqa: FBT001 - of _schema
        """Return a tool's definition."""

    @abstractmethod
    def _calls(self, answer: Any) -> list[ModelCall]:  # noqa: ANN401 - as above
        """Return the tool calls in a model's answer, which is JSON."""

    @abstractmethod
    def _block(self, call: ModelCall, text: str, success: bool) -> Block:  # noqa: FBT001 - of a result
        """Return a call's result block."""


def _of_text(call: ModelCall) -> ModelCall:
    if not isinstance(call.id, str) or not isinstance(call.name, str):
        raise TypeError("an id or a name is no text")
    return call


def plain_json(value: Any) -> Any:  # noqa: ANN401 - JSON, or an SDK's object
    """Return what an SDK's object says as JSON, also where it stands within JSON; JSON as it is."""
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    if isinstance(value, list | tuple):
        return [plain_json(child) for child in value]
    if isinstance(value, dict):
        return {key: plain_json(child) for key, child in value.items()}
    return value


def content_of(answer: Mapping[str, Any] | list[Any], *path: str) -> list[Any]:
    """Return the content of a message: of one itself, within a whole response, or the list that it is."""
    if isinstance(answer, list):
        return answer
    inner: Any = answer
    for step in path:
        if not isinstance(inner, dict) or step not in inner:
            inner = answer
            break
        inner = inner[step]
    content = inner["content"]
    if isinstance(content, str):
        return []
    if not isinstance(content, list):
        raise TypeError("content is no list")
    return content


def _unreadable(api: str, error: Exception) -> InvalidRequestError:
    what = "a field is missing or of another type" if not isinstance(error, ValueError) else str(error)
    problem = Problem(
        pointer="", message=f"This is no answer that {api} can read: {what}.", error_code=ErrorCode.INVALID_REQUEST
    )
    return InvalidRequestError(
        problem.message, [problem.as_detail()], hint="Give the model's answer as its API returned it."
    )
