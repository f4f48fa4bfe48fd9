"""What is supposed: defaults, a saved scenario, and what the command line says, in this order."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tool_executor.costs.assumptions import Assumptions
from tool_executor.errors import InvalidConfigurationError


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    file = tmp_path / "scenario.toml"
    file.write_text("calls = 2_000_000\nretries = 0.2\ntracing = false\n", encoding="utf-8")
    return file


def _refused(file: Path | None, **said: Any) -> list[dict[str, str]]:
    with pytest.raises(InvalidConfigurationError) as refused:
        Assumptions.read(file, said)
    return refused.value.problems


def test_what_is_said_wins_over_the_file_and_the_file_over_the_defaults(saved: Path) -> None:
    read = Assumptions.read(saved, {"retries": 0.5, "failures": None})
    assert (read.calls, read.retries, read.tracing) == (2_000_000, 0.5, False)
    assert read.failures == Assumptions().failures


def test_everything_that_is_wrong_is_told_at_once_with_its_pointer_and_the_file(saved: Path) -> None:
    saved.write_text("calls = -1\nretrys = 0.2\n", encoding="utf-8")
    problems = _refused(saved, failures=1.5)
    assert {problem["pointer"] for problem in problems} == {"/calls", "/retrys", "/failures"}
    assert all(str(saved) in problem["message"] for problem in problems)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -0.1])
def test_a_share_that_is_none_is_refused(value: float) -> None:
    assert [problem["pointer"] for problem in _refused(None, failures=value)] == ["/failures"]


def test_a_file_that_is_not_there_or_no_toml_is_one_sentence(tmp_path: Path) -> None:
    broken = tmp_path / "broken.toml"
    broken.write_text("calls = ", encoding="utf-8")
    assert "There is no file" in _refused(tmp_path / "none.toml")[0]["message"]
    assert "is no TOML" in _refused(broken)[0]["message"]


def test_a_group_has_the_memory_that_it_is_deployed_with_unless_told_otherwise() -> None:
    assert Assumptions().memory_of("inventory-optimizer") == 1769
    assert Assumptions().memory_of("somebodys") == 512
    assert Assumptions(memory_mb=256).memory_of("inventory-optimizer") == 256
