"""From a client's call to the contract's request, and back from the request's problems to the call's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tool_contract import strict_json
from tool_contract.input_schema import InputSchema
from tool_contract.invalid_request import InvalidRequestError as RequestProblems
from tool_contract.limits import MAX_CONCURRENCY
from tool_contract.problems import Problem, close_names, json_pointer, shortened
from tool_contract.request import ExecutionRequest, check_request, coded_by_place
from tool_executor.arguments import refused
from tool_executor.errors import InvalidRequestError, invalid_request
from tool_executor.mcp_server.own_tools import WAIT
from tool_executor.model_secrets import ModelSecrets, SecretNotGiven

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tool_contract.catalog import Catalog
    from tool_executor.mcp_server.executions import Executions

#: What a client may say of a call beside its arguments, in the request's ``_meta``.
CORRELATION_ID: Final = "tool-executor/correlation_id"
IDEMPOTENCY_KEY: Final = "tool-executor/idempotency_key"

_INPUT: Final = "/calls/0/input"
_PLACES: Final = {
    "/correlation_id": json_pointer(("_meta", CORRELATION_ID)),
    "/calls/0/idempotency_key": json_pointer(("_meta", IDEMPOTENCY_KEY)),
}


def single_request(
    executions: Executions, tool_name: str, arguments: Mapping[str, Any], meta: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the request that runs one tool; correlation id and idempotency key are those of ``meta``."""
    said = {"idempotency_key": meta.get(IDEMPOTENCY_KEY)}
    call = {"tool_name": tool_name, "input": dict(arguments), **_given(said)}
    return {
        "calls": [{**executions.call_fields, **call}],
        "caller": executions.caller,
        **_given({"correlation_id": meta.get(CORRELATION_ID)}),
    }


def batch_request(executions: Executions, arguments: Mapping[str, Any], meta: Mapping[str, Any]) -> dict[str, Any]:
    """Return the request that ``run_batch`` was given, with what the server says where it says nothing.

    Raises InvalidRequestError where it says whose request it is: a client that could would have that one's rights.
    """
    if "caller" in arguments:
        raise refused_at("/caller", "This field is not known: the server says whose requests these are.")
    calls = arguments.get("calls")
    filled = [_filled(call, executions.call_fields) for call in calls] if isinstance(calls, list) else calls
    parallel = arguments.get("mode") != "sequence"
    said = {"max_concurrency": min(MAX_CONCURRENCY, executions.max_workers) if parallel else None}
    own = _given({**said, "correlation_id": meta.get(CORRELATION_ID)})
    return {**own, **arguments, "calls": filled, "caller": executions.caller}


def put_secrets_into(request: dict[str, Any], secrets: ModelSecrets) -> dict[str, Any]:
    """Return a request with what is meant in place of each secret's name. Raises InvalidRequestError with every other.

    What is no request is left as it is: the check tells that.
    """
    if strict_json.problem_in(request) is not None:
        return request  # it may be too deep to walk through
    problems: list[Problem] = []

    def meant(call: Any, path: tuple[str | int, ...]) -> Any:  # noqa: ANN401 - whatever stands where a call should
        if not isinstance(call, dict):
            return call
        given = (
            {**call, "fallbacks": each(call.get("fallbacks"), (*path, "fallbacks"))} if "fallbacks" in call else call
        )
        if not isinstance(given.get("input"), dict):
            return given
        try:
            return {**given, "input": secrets.put_into(given["input"], (*path, "input"))}
        except SecretNotGiven as error:
            problems.append(error.problem)
            return given

    def each(calls: Any, path: tuple[str | int, ...]) -> Any:  # noqa: ANN401 - as above
        return [meant(call, (*path, place)) for place, call in enumerate(calls)] if isinstance(calls, list) else calls

    filled = {**request, "calls": each(request["calls"], ("calls",))}
    if problems:
        raise refused(*problems)
    return filled


def check(request: dict[str, Any], catalog: Catalog) -> None:
    """Refuse a request that the planner would refuse, before an execution is started. Raises InvalidRequestError."""
    try:
        check_request(request, catalog)
    except RequestProblems as error:
        raise invalid_request(_without_caller(error.to_json(), request)) from None
    except strict_json.JsonError as error:
        raise invalid_request(RequestProblems([coded_by_place(error.problem)]).to_json()) from None


def seen_from_arguments(error: InvalidRequestError) -> InvalidRequestError:
    """Return a refusal of a single tool's request with pointers into the arguments, or into ``_meta``."""
    problems = [{**problem, "pointer": _place(problem["pointer"])} for problem in error.problems]
    codes = {problem.get("error_code") for problem in problems}
    count = f"{len(problems)} problem{'' if len(problems) == 1 else 's'}"
    only_input = codes <= {"InvalidInput", "SecretInRequest"}
    sentence = f"The input has {count}; nothing was run." if only_input else error.sentence
    told = type(error)(sentence, problems, hint=error.hint)
    told.__dict__.update({key: value for key, value in vars(error).items() if key == "retry_after_seconds"})
    return told


def check_question(arguments: dict[str, Any], schema: dict[str, Any]) -> None:
    """Refuse a question whose arguments are not by its schema. Raises InvalidRequestError."""
    problems = InputSchema(schema).problems(arguments)
    if problems:
        raise _unanswered(*problems)


def refused_at(pointer: str, message: str) -> InvalidRequestError:
    """Return the refusal of one argument."""
    return refused(Problem(pointer=pointer, message=message))


def no_such_call(call_id: str) -> InvalidRequestError:
    """Return the refusal of a call_id that the execution does not have."""
    return _unanswered(Problem(pointer="/call_id", message=f"The execution has no call {shortened(call_id)!r}."))


def _unanswered(*problems: Problem) -> InvalidRequestError:
    """Return the refusal of a question, by which nothing would have run anyway."""
    count = f"{len(problems)} problem{'' if len(problems) == 1 else 's'}"
    error = refused(*problems)
    return InvalidRequestError(f"The question has {count}, and no answer.", error.problems, hint=error.hint)


def _without_caller(told: dict[str, Any], request: Mapping[str, Any]) -> dict[str, Any]:
    """Leave the caller out of the fields that hints say are known: a client that said it would be refused again."""
    fields = ExecutionRequest.model_fields.keys()
    unknown = {json_pointer((name,)): name for name in request if name not in fields}
    known = (fields - {"caller"}) | {WAIT}

    def hinted(detail: dict[str, Any]) -> dict[str, Any]:
        name = unknown.get(detail["pointer"])
        if name is None or "hint" not in detail:
            return detail
        return {**detail, **_given({"hint": close_names(name, known)})}

    return {**told, "details": [hinted(detail) for detail in told["details"]]}


def _filled(call: Any, fields: Mapping[str, Any]) -> Any:  # noqa: ANN401 - whatever stands where a call should
    return {**fields, **call} if isinstance(call, dict) else call


def _given(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _place(pointer: str) -> str:
    return _PLACES.get(pointer, pointer.removeprefix(_INPUT) if pointer.startswith(_INPUT) else pointer)
