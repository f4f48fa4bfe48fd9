"""Whatever is raised reaches Decide in one shape of fixed types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lambdas.runtime.attempt_outcome import AttemptTimes, Failed, failure_envelope, raised_text
from tests.unit.runtime.fake_clock import START
from tests.unit.workflow.engines import EvaluationFailed
from tests.unit.workflow.iteration import INNER, attempt_failed, candidate, cause_of, item
from tool_contract import strict_json
from tool_contract.attempt import AttemptContext
from tool_contract.errors import RULES, ErrorCode
from tool_contract.failures import failure_of
from tool_contract.problems import Problem

if TYPE_CHECKING:
    from tests.unit.workflow.iteration import Iteration

RAISED = [
    ("States.Timeout", "ToolTimeout", "timeout", True, True, "unknown"),
    ("Sandbox.Timedout", "ToolTimeout", "timeout", True, True, "unknown"),
    ("Lambda.TooManyRequestsException", "Throttled", "failed", True, False, "none"),
    ("Lambda.ResourceNotFoundException", "Misconfigured", "failed", False, False, "none"),
    ("Lambda.AccessDeniedException", "Misconfigured", "failed", False, False, "none"),
    ("Lambda.InvalidParameterValueException", "Misconfigured", "failed", False, False, "none"),
    ("Lambda.RequestTooLargeException", "Misconfigured", "failed", False, False, "none"),
    ("States.Permissions", "Misconfigured", "failed", False, False, "none"),
    ("States.QueryEvaluationError", "Misconfigured", "failed", False, False, "none"),
    ("Lambda.ServiceException", "ToolCrashed", "failed", True, True, "unknown"),
    ("Lambda.SdkClientException", "ToolCrashed", "failed", True, True, "unknown"),
    ("Lambda.AWSLambdaException", "ToolCrashed", "failed", True, True, "unknown"),
    ("Runtime.ExitError", "ToolCrashed", "failed", True, True, "unknown"),
    ("KeyError", "ToolCrashed", "failed", True, True, "unknown"),
    ("States.TaskFailed", "ToolCrashed", "failed", True, True, "unknown"),
]
FIELDS = {
    "error_code": str, "status": str, "error": str, "retryable": bool, "effect": str, "begun": bool, "error_type": str,
    "retry_after_seconds": int, "details": list,
}  # fmt: skip


def _raised_by_runtime(code: ErrorCode, problems: list[Problem] | None = None) -> dict[str, Any]:
    outcome = Failed(failure_of(code, "Why."), problems or ())
    context = AttemptContext(call_id="c1", route="workflow")
    envelope = failure_envelope(outcome, "orders", context, AttemptTimes(START, 12.5))
    raised: dict[str, Any] = strict_json.parse(raised_text(envelope, outcome.failure))
    return raised


@pytest.mark.parametrize(("error", "code", "status", "retryable", "begun", "effect"), RAISED)
@pytest.mark.parametrize("read_only", [False, True])
def test_an_error_of_the_service_becomes_a_failure(
    iteration: Iteration,
    error: str,
    code: str,
    status: str,
    retryable: bool,  # noqa: FBT001
    begun: bool,  # noqa: FBT001
    effect: str,
    read_only: bool,  # noqa: FBT001
) -> None:
    before = item(candidate(read_only=read_only))

    following, after = iteration.caught(before, error, cause="anything")

    failure = after.pop("failure")
    told = (failure["error_code"], failure["status"], failure["retryable"], failure["begun"], failure["effect"])
    assert told == (code, status, retryable, begun, "none" if read_only else effect)
    assert (failure["error_type"], failure["details"], failure["retry_after_seconds"]) == (error, [], 0)
    assert failure["execution_time_ms"] == 5_000
    assert (following, after.pop("began_at")) == ("Decide", START)
    assert after == before


@pytest.mark.parametrize(("error", "code", "status", "retryable", "begun", "effect"), RAISED)
def test_the_workflow_says_of_a_code_what_the_contract_says(
    iteration: Iteration,
    error: str,
    code: str,
    status: str,
    retryable: bool,  # noqa: FBT001
    begun: bool,  # noqa: FBT001
    effect: str,
) -> None:
    rule = RULES[ErrorCode(code)]

    assert (rule.retryable, rule.begun, rule.effect) == (retryable, begun, effect)
    assert (status == "timeout") is (code == "ToolTimeout")
    _, after = iteration.caught(item(), error)
    assert after["failure"]["error_code"] == code


@pytest.mark.parametrize("code", list(ErrorCode))
def test_a_failure_of_the_runtime_arrives_whole(iteration: Iteration, code: ErrorCode) -> None:
    envelope = _raised_by_runtime(code, [Problem(pointer="/ä", message='"quoted"\n\u2028')])

    following, after = iteration.caught(item(), "AttemptFailed", cause_of(envelope))

    assert following == "Decide"
    assert after == item() | {"began_at": START, "failure": envelope}


@pytest.mark.parametrize("error", [error for error, *_ in RAISED] + ["AttemptFailed"])
def test_every_catcher_writes_the_same_fields_in_the_same_types(iteration: Iteration, error: str) -> None:
    cause = cause_of(_raised_by_runtime(ErrorCode.INVALID_INPUT, [Problem(pointer="/a", message="Wrong.")]))

    _, after = iteration.caught(item(), error, cause)

    failure = after["failure"]
    assert {name: type(failure[name]) for name in FIELDS} == FIELDS
    assert isinstance(failure["execution_time_ms"], (int, float))
    if error != "AttemptFailed":
        assert failure.keys() == FIELDS.keys() | {"execution_time_ms"}


@pytest.mark.parametrize("details", [[], [{"pointer": "/a", "message": "x"}], [{"pointer": "/a", "message": "x"}] * 2])
def test_details_stay_an_array_however_few(iteration: Iteration, details: list[dict[str, str]]) -> None:
    _, after = iteration.caught(item(), "AttemptFailed", cause_of(attempt_failed(details=details)))

    assert after["failure"]["details"] == details


def test_the_first_candidate_that_runs_says_whether_an_effect_is_possible(iteration: Iteration) -> None:
    both = item(candidate(read_only=True), candidate(), candidate=1)

    _, after = iteration.caught(both, "States.Timeout")

    assert after["failure"]["effect"] == "unknown"


@pytest.mark.parametrize("cause", ["", "not JSON", '{"errorMessage": "KeyError"}', "{}"])
def test_only_the_runtime_may_raise_under_the_name_attempt_failed(iteration: Iteration, cause: str) -> None:
    """A cause that is no envelope cannot be caught; that it never comes is up to the runtime and its tests."""
    with pytest.raises(EvaluationFailed):
        iteration.caught(item(), "AttemptFailed", cause)


def test_every_catcher_of_invoke_leads_to_decide() -> None:
    catchers = INNER["Invoke"]["Catch"]

    assert {catcher["Next"] for catcher in catchers} == {"Decide"}
    assert catchers[-1]["ErrorEquals"] == ["States.ALL"]
