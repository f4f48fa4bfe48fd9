"""Where a stage's browsers come from: what cannot be used is one sentence, before anything is deployed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from infra import settings
from infra.browser_settings import BrowserSettings
from infra.errors import SettingsError
from infra.settings import STAGES, read_deployment

IN_VPC = {"network_mode": "VPC", "subnet_ids": ("subnet-1",), "security_group_ids": ("sg-1",)}


@pytest.mark.parametrize(
    "usable",
    [
        {},
        IN_VPC,
        {"provider": "cdp", "cdp_url": "http://127.0.0.1:9222"},
        {"provider": "cdp", "cdp_url": "wss://browsers.example/{session}"},
        {"managed_policy": "s3://policies/browser"},
        {"session_seconds": 1},
        {"session_seconds": 28_800},
        {"allowed_origins": ("https://shop.example",), "denied_origins": ("https://*.ads.example",)},
    ],
)
def test_what_can_be_used_is_not_objected_to(usable: dict[str, object]) -> None:
    BrowserSettings(**usable).check("dev")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"network_mode": "VPC"}, "The network mode VPC needs subnet_ids and security_group_ids."),
        ({**IN_VPC, "subnet_ids": ()}, "The network mode VPC needs subnet_ids and security_group_ids."),
        ({**IN_VPC, "security_group_ids": ()}, "The network mode VPC needs subnet_ids and security_group_ids."),
        ({"provider": "cdp"}, "cdp needs a cdp_url."),
        ({"provider": "cdp", "cdp_url": "browsers.example"}, "cdp needs a cdp_url."),
        ({"managed_policy": "policies/browser"}, "managed_policy must be s3://bucket/prefix."),
        ({"session_seconds": 0}, "session_seconds must be from 1 to 28,800."),
        ({"session_seconds": 28_801}, "session_seconds must be from 1 to 28,800."),
        ({"allowed_origins": ("shop.example",)}, "'shop.example'"),
        ({"allowed_origins": ("https://shop.example:8443",)}, "8443"),
        ({"denied_origins": ("https://shop.example/path",)}, "'https://shop.example/path'"),
        ({"provider": "agent-core"}, "provider must be agentcore or cdp."),
        ({"network_mode": "SANDBOX"}, "network_mode must be PUBLIC or VPC."),
        ({"managed_policy": "s3://policies"}, "managed_policy must be s3://bucket/prefix."),
    ],
)
def test_what_cannot_be_used_is_one_sentence_that_names_the_stage_and_the_setting(
    wrong: dict[str, object], sentence: str
) -> None:
    with pytest.raises(SettingsError) as raised:
        BrowserSettings(**wrong).check("qa")  # type: ignore[arg-type]

    assert str(raised.value).startswith("The stage 'qa' has browser settings that cannot be used: ")
    assert sentence in str(raised.value)
    assert "\n" not in str(raised.value)


def test_every_problem_is_told_at_once() -> None:
    wrong = BrowserSettings(session_seconds=0, network_mode="VPC", denied_origins=("nothing",))

    with pytest.raises(SettingsError, match=r"nothing.* VPC needs .* session_seconds must"):
        wrong.check("dev")


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name)
def test_every_stages_own_settings_can_be_used(stage: settings.StageSettings) -> None:
    stage.browser.check(stage.name)


def test_a_deployment_is_refused_for_its_stages_browser_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = BrowserSettings(provider="cdp")
    monkeypatch.setattr(settings, "STAGES", (replace(STAGES[0], browser=wrong),))

    with pytest.raises(SettingsError, match=r"^The stage 'dev' has browser settings .* cdp needs a cdp_url\.$"):
        read_deployment(lambda _key: None)
