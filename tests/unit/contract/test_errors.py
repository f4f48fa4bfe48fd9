"""What follows from each error code, and which exception becomes which."""

from __future__ import annotations

import pytest

from tool_contract.errors import (
    RULES,
    Effect,
    ErrorCode,
    InvalidInput,
    NotFound,
    RateLimited,
    Refused,
    ToolError,
    ToolFailed,
    ToolTimeout,
    Unavailable,
)
from tool_contract.failures import failure_from, failure_of


@pytest.mark.parametrize("code", ErrorCode)
def test_every_code_has_its_rule(code: ErrorCode) -> None:
    rule, failure = RULES[code], failure_of(code, "Why.")

    assert (failure.retryable, failure.effect, failure.begun) == (rule.retryable, rule.effect, rule.begun)


@pytest.mark.parametrize("code", ErrorCode)
def test_what_never_began_had_no_effect(code: ErrorCode) -> None:
    assert RULES[code].begun or RULES[code].effect is Effect.NONE


@pytest.mark.parametrize("code", ErrorCode)
def test_a_code_is_the_word_that_programs_compare_with(code: ErrorCode) -> None:
    assert code.value == code.name.title().replace("_", "")


@pytest.mark.parametrize(
    ("error", "code", "retryable", "effect"),
    [
        (InvalidInput("No."), "InvalidInput", False, "none"),
        (NotFound("No."), "NotFound", False, "none"),
        (Refused("No."), "Refused", False, "none"),
        (Unavailable("No."), "Unavailable", True, "none"),
        (RateLimited("No."), "RateLimited", True, "none"),
        (ToolTimeout("No."), "ToolTimeout", True, "unknown"),
        (ToolFailed("No."), "ToolFailed", False, "unknown"),
        (ToolError("No."), "ToolFailed", False, "unknown"),
        (ConnectionResetError("No."), "Unavailable", True, "unknown"),
        (TimeoutError("No."), "Unavailable", True, "unknown"),
        (MemoryError(), "ToolCrashed", True, "unknown"),
        (OSError("No."), "ToolFailed", True, "unknown"),
        (RuntimeError("No."), "ToolFailed", True, "unknown"),
        (KeyError("No."), "ToolFailed", False, "unknown"),
        (ZeroDivisionError("No."), "ToolFailed", False, "unknown"),
        (NotImplementedError("No."), "ToolFailed", False, "unknown"),
        (UnicodeDecodeError("utf-8", b"", 0, 1, "No."), "ToolFailed", False, "unknown"),
        (SystemExit(3), "ToolFailed", True, "unknown"),
    ],
)
def test_an_exception_becomes_a_failure(error: BaseException, code: str, retryable: bool, effect: str) -> None:  # noqa: FBT001
    failure = failure_from(error)

    assert (failure.code, failure.retryable, failure.effect) == (code, retryable, effect)
    assert failure.error_type == type(error).__name__
    assert failure.begun


def test_an_error_may_overrule_what_follows_from_its_class() -> None:
    failure = failure_from(
        Unavailable("No.", pointer="/a", hint="Wait.", effect=Effect.APPLIED, retryable=False, retry_after_seconds=2.5)
    )

    assert (failure.effect, failure.retryable, failure.retry_after_seconds) == (Effect.APPLIED, False, 2.5)
    assert (failure.pointer, failure.hint) == ("/a", "Wait.")


@pytest.mark.parametrize("seconds", [float("nan"), float("inf"), -1])
def test_a_wait_that_nobody_can_wait_is_dropped(seconds: float) -> None:
    assert failure_from(RateLimited("Later.", retry_after_seconds=seconds)).retry_after_seconds is None


def test_what_a_subclass_of_a_tool_says_stays_its_own() -> None:
    class NoSuchPage(NotFound):
        pass

    failure = failure_from(NoSuchPage("There is no such page."))

    assert (failure.code, failure.error_type, failure.message) == ("NotFound", "NoSuchPage", "There is no such page.")


def test_an_unplanned_exception_tells_no_account_and_no_resource() -> None:
    said = "User arn:aws:iam::123456789012:user/x may not read\n  arn:aws-cn:s3:::b of 123456789012" + "!" * 1_000

    failure = failure_from(PermissionError(said))

    assert "123456789012" not in failure.message
    assert "user/x" not in failure.message
    assert "\n" not in failure.message
    assert len(failure.message) < 400
