"""`tool-executor cost`: of a request, of a month, of the prices; and one sentence for what cannot be."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.cli.conftest import Ran

    Command = Callable[..., Ran]

MORNING = Path(__file__).parents[3] / "examples" / "morning_check.json"


def _told(command: Command, *arguments: Any) -> dict[str, Any]:
    ran = command("cost", *arguments, "--json")
    assert (ran.code, ran.err) == (0, "")
    told: dict[str, Any] = json.loads(ran.out)
    return told


@pytest.mark.usefixtures("terminal")
def test_a_request_is_told_at_best_and_at_worst_by_service_the_largest_first(command: Command) -> None:
    ran = command("cost", MORNING)

    assert ran.code == 0
    assert "\x1b" not in ran.out
    assert max(map(len, ran.out.splitlines())) <= 80
    words = " ".join(ran.out.split())
    assert "13 calls, parallel" in words
    assert "state transitions 16 0.000400 170 0.004250" in words
    assert words.index("an execution") < words.index("a call 0.0000")
    assert words.index("Lambda") < words.index("Step Functions") < words.index("X-Ray")


def test_with_json_the_lines_add_up(command: Command) -> None:
    told = _told(command, MORNING)
    for course in ("best", "worst"):
        assert sum(line["dollars"] for line in told[course]["lines"]) == pytest.approx(told[course]["dollars"])
        assert sum(told[course]["by_service"].values()) == pytest.approx(told[course]["dollars"])
    assert told["best"]["dollars"] < told["worst"]["dollars"]
    assert (told["calls"], told["region"]) == (13, "us-east-1")


def test_a_request_is_validated_first(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "request.json"
    file.write_text('{"calls": [{"tool_name": "forecast_demnd", "input": {}}]}', encoding="utf-8")

    ran = command("cost", file)

    assert ran.code == 2
    assert "/calls/0/tool_name" in ran.err
    assert "forecast_demand" in ran.err
    assert json.loads(command("cost", file, "--json").out)["error_code"] == "InvalidRequest"


@pytest.mark.usefixtures("terminal")
def test_a_month_says_what_is_fixed_what_grows_and_what_the_next_calls_cost(command: Command) -> None:
    ran = command("cost", "--month")

    assert ran.code == 0
    assert max(map(len, ran.out.splitlines())) <= 80
    words = " ".join(ran.out.split())
    assert "100,000 calls a month, 10 an execution" in words
    assert "sweep: requests 43,200" in words
    for said in ("grows with the work", "Each further million calls: $", "US $ a million calls"):
        assert said in words


def test_what_is_said_of_a_month_changes_it(command: Command) -> None:
    usual = _told(command, "--month")["dollars"]
    for option, value in (
        ("--calls", 1_000_000),
        ("--calls-per-execution", 1),
        ("--tools", 10),
        ("--retries", 1),
        ("--fallbacks", 1),
        ("--failures", 0.5),
        ("--input-bytes", 5_000),
        ("--result-bytes", 5_000),
        ("--tool-ms", 5_000),
        ("--memory-mb", 4_096),
        ("--browser-sessions", 1_000),
    ):
        assert _told(command, "--month", option, value)["dollars"] > usual, option
    assert _told(command, "--month", "--cache-hits", 0.9)["dollars"] < usual
    assert (
        _told(command, "--month", "--browser-sessions", 10, "--browser-seconds", 600)["dollars"]
        > _told(command, "--month", "--browser-sessions", 10)["dollars"]
    )


def test_a_saved_scenario_is_read_and_what_is_said_wins(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "scenario.toml"
    file.write_text("calls = 5_000\nhistory_days = 7\n", encoding="utf-8")

    assert _told(command, "--month", "--assume", file)["assumed"]["history_days"] == 7
    assert _told(command, "--month", "--assume", file, "--calls", 6_000)["calls"] == 6_000


@pytest.mark.usefixtures("terminal")
@pytest.mark.parametrize("arguments", [("--month",), (MORNING,)])
def test_other_ways_are_compared(command: Command, arguments: tuple[Any, ...]) -> None:
    ran = command("cost", *arguments, "--compare")
    assert max(map(len, ran.out.splitlines())) <= 80
    for way in ("run --direct", "AWS sample", "open agent", "durable function", "loops itself"):
        assert way in ran.out
    for options in _told(command, *arguments, "--compare")["compared"].values():
        assert len(options) == 7


def test_the_prices_are_listed_with_their_sources(command: Command) -> None:
    assert "state transitions" in command("cost", "--prices").out
    prices = _told(command, "--prices")["prices"]
    assert prices["state_transitions"]["url"] == "https://aws.amazon.com/step-functions/pricing/"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "one of them"),
        (("--month", MORNING), "one of them"),
        ((MORNING, "--retries", "1", "--calls", "5"), "--calls, --retries: only with --month"),
        (("--month", "--failures", "2"), "/failures"),
        (("--month", "--assume", "none.toml"), "There is no file"),
        (("none.json",), "There is no file"),
    ],
)
def test_what_cannot_be_is_one_sentence_and_exit_code_2(
    command: Command, arguments: tuple[Any, ...], said: str
) -> None:
    ran = command("cost", *arguments)
    assert ran.code == 2
    assert said in " ".join(ran.err.replace("│", " ").split())
    assert "Traceback" not in ran.err


def test_a_request_is_priced_by_express_too_unless_its_timeout_is_too_long(command: Command, tmp_path: Path) -> None:
    request = json.loads(MORNING.read_text("utf-8"))
    waited = _told(command, MORNING)
    assert waited["express"]["best"]["dollars"] < waited["best"]["dollars"]
    assert "with --wait sync" in command("cost", MORNING).out

    long = tmp_path / "long.json"
    long.write_text(json.dumps({**request, "timeout_seconds": 290}), encoding="utf-8")
    assert _told(command, long)["express"] is None
    assert "with --wait sync" not in command("cost", long).out


def test_a_month_may_be_waited_for_in_part(command: Command) -> None:
    dollars = [_told(command, "--month", "--express", share)["dollars"] for share in (0, 0.5, 1)]
    assert dollars[0] > dollars[1] > dollars[2]
    assert dollars[1] == pytest.approx((dollars[0] + dollars[2]) / 2, rel=1e-3)
