"""Why a model cannot be asked, and what to do: boto3's own client, and a Bedrock of this machine that refuses."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.local.bedrock_stand_in import bedrock
from tool_executor import CredentialsMissingError, RegionMissingError, ServiceError
from tool_executor.agents import BedrockModel
from tool_executor.aws import Aws
from tool_executor.errors import ToolExecutorError

if TYPE_CHECKING:
    from pathlib import Path

_HELLO: Final = [{"role": "user", "content": [{"text": "Hello"}]}]
_TOOL: Final = {"toolSpec": {"name": "echo", "inputSchema": {"json": {"type": "object"}}}}


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Begin with some key, no profile and no region."""
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "AKIA1")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")


def _refused(model: BedrockModel) -> ToolExecutorError:
    with pytest.raises(ToolExecutorError, match="The model cannot be asked: ") as refused:
        asyncio.run(model.answer(_HELLO, [_TOOL]))
    return refused.value


def _refused_with(monkeypatch: pytest.MonkeyPatch, code: str, said: str = "No.") -> ToolExecutorError:
    with bedrock((400, {"code": code, "message": said})) as stand_in:
        monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", stand_in.url)
        return _refused(BedrockModel("m", region="us-east-1"))


@pytest.mark.parametrize(
    ("key", "hint"),
    [("local", "The exported AWS_ACCESS_KEY_ID is the local cloud's"), ("AKIA1", "Models are on AWS")],
)
def test_the_local_clouds_key_is_named_where_it_goes_before_a_profile(
    monkeypatch: pytest.MonkeyPatch, key: str, hint: str
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", key)
    told = _refused_with(monkeypatch, "UnrecognizedClientException")
    assert isinstance(told, CredentialsMissingError)
    assert str(told.hint).startswith(hint)


def test_what_is_not_allowed_is_told_as_the_right_that_policies_name(monkeypatch: pytest.MonkeyPatch) -> None:
    told = _refused_with(monkeypatch, "AccessDeniedException", "You don't have access to the model.")
    assert isinstance(told, ServiceError)
    assert "bedrock:InvokeModel" in str(told.hint)
    assert "Converse" not in str(told.hint)


def test_a_request_that_bedrock_refuses_is_told_as_the_models(monkeypatch: pytest.MonkeyPatch) -> None:
    told = _refused_with(monkeypatch, "ValidationException", "The provided model identifier is invalid.")
    assert told.sentence.endswith("The provided model identifier is invalid.")


def test_where_nothing_answers_the_variable_that_counts_for_models_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", "http://127.0.0.1:9")
    told = _refused(BedrockModel("m", region="us-east-1"))
    assert "Nothing answers at http://127.0.0.1:9" in told.sentence
    assert "AWS_ENDPOINT_URL_BEDROCK_RUNTIME" in str(told.hint)
    assert "AWS_ENDPOINT_URL " not in str(told.hint)


def test_without_a_region_a_program_is_told_how_it_says_the_models() -> None:
    told = _refused(BedrockModel("m"))
    assert isinstance(told, RegionMissingError)
    assert "No AWS region was found." in told.sentence
    assert "AWS_REGION" in str(told.hint)
    assert "--" not in str(told.hint)


def test_tools_may_be_a_local_clouds_and_the_model_a_profiles(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What docs/agents.md says of a program: AWS_ENDPOINT_URL alone, without the local cloud's keys."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    kept = tmp_path / "credentials"
    kept.write_text("[real]\naws_access_key_id = AKIA2\naws_secret_access_key = x\n")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(kept))
    monkeypatch.setenv("AWS_PROFILE", "real")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://localhost:4566")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    tools = Aws.from_environment("us-east-1")
    model: Any = BedrockModel("m", region="eu-west-1")
    assert tools.credentials is not None
    assert tools.credentials.access_key == "local"
    assert tools.dynamodb.meta.endpoint_url == "http://localhost:4566"
    assert model._key_id == "AKIA2"
    assert model._client.meta.endpoint_url == "https://bedrock-runtime.eu-west-1.amazonaws.com"
