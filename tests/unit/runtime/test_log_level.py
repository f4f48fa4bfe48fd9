"""Whether a function logs what went well is the stage's choice."""

from __future__ import annotations

import pytest

from lambdas.runtime.telemetry import make_logger


@pytest.mark.parametrize(
    ("level", "logged"), [(None, ["well", "badly"]), ("INFO", ["well", "badly"]), ("WARNING", ["badly"])]
)
def test_a_quiet_stage_logs_only_what_did_not_go_well(
    level: str | None, logged: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As on AWS, where the function's own level is INFO beside it."""
    monkeypatch.setenv("AWS_LAMBDA_LOG_LEVEL", "INFO")
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", f"log-level-{level}")
    if level is not None:
        monkeypatch.setenv("POWERTOOLS_LOG_LEVEL", level)

    logger = make_logger()
    logger.info("it went well")
    logger.warning("it went badly")

    said = capsys.readouterr().out
    assert [word for word in ("well", "badly") if f"it went {word}" in said] == logged
