"""The options object: defaults, presets, what it refuses, and what it amounts to in the contract."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError, fields, replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.contract.small_catalog import CATALOG
from tests.unit.contract.test_retry import Edge
from tool_contract.options import (
    CI_CD,
    DEVELOPMENT,
    HIGH_VOLUME,
    PRESETS,
    PRODUCTION,
    InvalidOptionsError,
    ToolExecutorOptions,
)
from tool_contract.policy import policy_of
from tool_contract.problems import json_pointer
from tool_contract.request import check_request
from tool_contract.retry import RetryPolicy, draw_delays, whole_seconds

NAMES = [field.name for field in fields(ToolExecutorOptions)]
#: What no option takes, whatever its type.
NONSENSE = [None, "3", 5.0, float("nan"), [], {}, -1, 10**9, 10**5_000, "\x00" * 10_000]


def _problems(**given_options: Any) -> dict[str, str]:
    with pytest.raises(InvalidOptionsError) as refused:
        ToolExecutorOptions(**given_options).validate()
    problems = refused.value.problems
    assert str(refused.value) == " ".join(problem.message for problem in problems)
    return {problem.pointer.removeprefix("/"): problem.message for problem in problems}


def _calm(options: ToolExecutorOptions) -> list[float]:
    policy = options.retry_policy.model_copy(update={"jitter": 0.0})
    return draw_delays(policy, options.max_retries, Random(0))  # noqa: S311 - jitter, no secret


def test_the_defaults_are_those_of_the_contract() -> None:
    assert ToolExecutorOptions().to_json() == {
        "max_retries": 3, "initial_retry_delay_ms": 500, "max_retry_delay_ms": 10_000, "use_exponential_backoff": True,
        "max_concurrent_tools": 10, "timeout_per_tool_ms": 30_000, "enable_detailed_logging": True,
        "max_history_size": 100,
    }  # fmt: skip
    assert ToolExecutorOptions().retry_policy == RetryPolicy()


@pytest.mark.parametrize(
    ("preset", "differs"),
    [
        (DEVELOPMENT, {"max_retries": 1, "initial_retry_delay_ms": 200, "timeout_per_tool_ms": 10_000}),
        (PRODUCTION, {"max_retries": 2, "timeout_per_tool_ms": 60_000, "enable_detailed_logging": False}),
        (CI_CD, {"max_retries": 1}),
        (
            HIGH_VOLUME,
            {
                "max_retries": 0, "timeout_per_tool_ms": 15_000, "enable_detailed_logging": False,
                "max_history_size": 50,
            },
        ),
    ],
)  # fmt: skip
def test_a_preset_differs_from_the_defaults_in_this(preset: ToolExecutorOptions, differs: dict[str, Any]) -> None:
    assert preset.validate().to_json() == {**ToolExecutorOptions().to_json(), **differs}


def test_the_presets_have_names() -> None:
    assert dict(PRESETS) == {
        "development": DEVELOPMENT, "production": PRODUCTION, "ci_cd": CI_CD, "high_volume": HIGH_VOLUME
    }  # fmt: skip


def test_options_do_not_change() -> None:
    with pytest.raises(FrozenInstanceError):
        ToolExecutorOptions().max_retries = 4  # type: ignore[misc]


@pytest.mark.parametrize(
    ("option", "lowest", "highest"),
    [
        ("max_retries", 0, 10),
        ("max_concurrent_tools", 1, 40),
        ("timeout_per_tool_ms", 1_000, 840_000),
        ("max_history_size", 1, 1_000),
    ],
)
def test_an_option_holds_within_its_range_and_no_further(option: str, lowest: int, highest: int) -> None:
    for value in (lowest, highest):
        assert getattr(replace(ToolExecutorOptions(), **{option: value}).validate(), option) == value
    for value in (lowest - 1, highest + 1):
        assert _problems(**{option: value}) == {
            option: f"{option} must be a whole number from {lowest:,} to {highest:,}, not {value:,}."
        }


def test_every_problem_is_named_at_once() -> None:
    wrong = dict.fromkeys(NAMES, "x")

    assert set(_problems(**wrong)) == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("value", NONSENSE, ids=lambda value: type(value).__name__)
def test_nonsense_is_one_short_sentence_with_the_options_name(name: str, value: Any) -> None:
    problems = _problems(**{name: value})

    assert list(problems) == [name]
    assert name in problems[name]
    assert len(problems[name]) < 160


def test_true_is_no_number_and_one_is_no_switch() -> None:
    assert set(_problems(max_retries=True, use_exponential_backoff=1)) == {"max_retries", "use_exponential_backoff"}


def test_a_first_delay_above_the_longest_is_refused() -> None:
    problems = _problems(initial_retry_delay_ms=10_001)

    assert problems == {
        "initial_retry_delay_ms": "initial_retry_delay_ms (10,001) must not be above max_retry_delay_ms (10,000)."
    }
    assert ToolExecutorOptions(initial_retry_delay_ms=10_000).validate()


def test_unknown_options_are_refused_with_the_nearest_name_beside_every_other_problem() -> None:
    with pytest.raises(InvalidOptionsError) as refused:
        ToolExecutorOptions.from_json({"MaxRetries": 3, "max_retry": 3, "max_history_size": 0})

    told = {problem.pointer: problem.hint for problem in refused.value.problems}
    assert set(told) == {"/MaxRetries", "/max_retry", "/max_history_size"}
    assert "'max_retries'" in str(told["/MaxRetries"])


@pytest.mark.parametrize("value", [None, [], "x", 3])
def test_options_that_are_no_object_are_refused(value: object) -> None:
    with pytest.raises(InvalidOptionsError, match="JSON object"):
        ToolExecutorOptions.from_json(value)


@st.composite
def options(draw: st.DrawFn) -> ToolExecutorOptions:
    cap = draw(st.integers(0, 3_600_000))
    return ToolExecutorOptions(
        max_retries=draw(st.integers(0, 10)),
        initial_retry_delay_ms=draw(st.integers(0, cap)),
        max_retry_delay_ms=cap,
        use_exponential_backoff=draw(st.booleans()),
        max_concurrent_tools=draw(st.integers(1, 40)),
        timeout_per_tool_ms=draw(st.integers(1_000, 840_000)),
        enable_detailed_logging=draw(st.booleans()),
        max_history_size=draw(st.integers(1, 1_000)),
    )


@given(options())
def test_valid_options_travel_as_json(chosen: ToolExecutorOptions) -> None:
    assert ToolExecutorOptions.from_json(json.loads(json.dumps(chosen.validate().to_json()))) == chosen


@given(options())
def test_a_callers_options_become_the_policy_of_every_call(chosen: ToolExecutorOptions) -> None:
    call = {"tool_name": "look_up", "input": {"code": "AB123"}, **chosen.call_fields()}
    request = check_request({"calls": [call], **chosen.request_fields()}, CATALOG)

    policy = policy_of(request.calls[0], CATALOG.by_name["look_up"], ToolExecutorOptions())
    assert (policy.timeout_seconds, policy.max_retries, policy.retry) == (
        chosen.timeout_seconds,
        chosen.max_retries,
        chosen.retry_policy,
    )
    assert request.max_concurrency == chosen.max_concurrent_tools


@given(st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=40), st.sampled_from([*NONSENSE, 1, True, 2_000])))
def test_options_of_any_content_are_taken_whole_or_refused_with_each_wrong_name(value: dict[str, Any]) -> None:
    unknown = {json_pointer((name,)) for name in value if name not in NAMES}
    try:
        taken = ToolExecutorOptions.from_json(value).to_json()
    except InvalidOptionsError as error:
        assert unknown <= {problem.pointer for problem in error.problems}  # noqa: PT017 - either outcome is right
    else:
        assert not unknown
        assert value.items() <= taken.items()


@pytest.mark.parametrize(
    ("chosen", "delays", "total", "worst"),
    [
        pytest.param(ToolExecutorOptions(), [0.5, 1, 2], 3.5, 4.375, id="exponential, the default"),
        pytest.param(ToolExecutorOptions(use_exponential_backoff=False), [0.5] * 3, 1.5, 1.875, id="fixed"),
        pytest.param(
            ToolExecutorOptions(initial_retry_delay_ms=1_000, max_retry_delay_ms=5_000, max_retries=5),
            [1, 2, 4, 5, 5],
            17,
            18.75,
            id="capped",
        ),
    ],
)
def test_documented_schedules(chosen: ToolExecutorOptions, delays: list[float], total: float, worst: float) -> None:
    assert _calm(chosen) == delays
    assert sum(_calm(chosen)) == total
    assert sum(draw_delays(chosen.retry_policy, chosen.max_retries, Edge(highest=True))) == worst


def test_the_delays_of_a_preset_below_a_second_are_a_second_in_the_workflow() -> None:
    assert _calm(DEVELOPMENT) == [0.2]
    assert [whole_seconds(delay) for delay in _calm(DEVELOPMENT)] == [1]


def _documented(heading: str) -> list[list[str]]:
    """The rows of the table under a heading of the page, cells without backticks and thousands' commas."""
    text = (Path(__file__).parents[3] / "docs" / "configuration.md").read_text(encoding="utf-8")
    section = text.split(f"## {heading}\n")[1].split("\n## ")[0]
    rows = [line.replace("`", "").replace(",", "") for line in section.splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


def test_the_page_has_every_option_with_its_default() -> None:
    documented = {row[0]: json.loads(row[2]) for row in _documented("Options")}

    assert documented == ToolExecutorOptions().to_json()


def test_the_page_has_every_preset_as_it_is() -> None:
    documented = {row[0]: [json.loads(cell) for cell in row[1:]] for row in _documented("Presets")}
    columns = [chosen.to_json() for chosen in (ToolExecutorOptions(), DEVELOPMENT, PRODUCTION, CI_CD, HIGH_VOLUME)]

    differing = {name for name in NAMES if len({column[name] for column in columns}) > 1}
    assert documented == {name: [column[name] for column in columns] for name in differing}
