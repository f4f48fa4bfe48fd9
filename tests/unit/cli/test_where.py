"""Where a command works: what it says to do where it finds no AWS is the library's hint and its own options."""

from __future__ import annotations

from typing import NoReturn

import pytest

from tool_executor.cli.where import chosen
from tool_executor.errors import (
    CredentialsMissingError,
    DeploymentNotFoundError,
    RegionMissingError,
    ServiceError,
    ToolExecutorError,
)


@pytest.mark.parametrize(
    ("error", "hint"),
    [
        (RegionMissingError("No region.", hint="Set it."), "Set it. Or give --region, or use --local."),
        (CredentialsMissingError("No credentials.", hint="Set them."), "Set them. Or use --local."),
        (DeploymentNotFoundError("No outputs."), "Or use --local."),
        (ServiceError("Nothing answers.", hint="Check the network."), "Check the network."),
    ],
)
def test_a_command_names_its_own_options_beside_what_the_library_says(
    monkeypatch: pytest.MonkeyPatch, error: ToolExecutorError, hint: str
) -> None:
    def find_deployment(*_: object) -> NoReturn:
        raise error

    monkeypatch.setattr("tool_executor.cli.where.find_deployment", find_deployment)
    with pytest.raises(type(error)) as told, chosen(local=False, stage="dev", region=None):
        pytest.fail("There is nowhere to work.")
    assert told.value.to_json()["hint"] == hint
