"""A model on Amazon Bedrock, asked by Converse, with the one layer that asks again."""

from __future__ import annotations

import asyncio
import os
import random
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Protocol

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ConnectTimeoutError

from tool_contract.retry import RetryPolicy, draw_delays
from tool_executor.agents.model_refusal import ENDPOINT, model_refusal
from tool_executor.arguments import checked_text
from tool_executor.aws import translated_errors
from tool_executor.errors import CredentialsMissingError, ServiceError
from tool_executor.own_thread import in_own_thread

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

#: A refusal for the moment: the model has not begun, or its answer is lost without being charged.
_AGAIN: Final = frozenset(
    {"InternalServerException", "ModelNotReadyException", "ServiceUnavailableException", "ThrottlingException"}
)
#: Quotas are counted by the minute: delays of up to half of one, five of them, outlast it.
DELAYS: Final = RetryPolicy(initial_delay_seconds=2, max_delay_seconds=30, jitter=0.25)
_RETRIES: Final = 5


class ConverseClient(Protocol):
    """What is needed of boto3's client of ``bedrock-runtime``."""

    def converse(self, **request: Any) -> Mapping[str, Any]:  # noqa: ANN401 - as boto3 has it
        """Send messages, return the model's answer."""


@dataclass(frozen=True, slots=True)
class ModelAnswer:
    """One answer: the message as Converse has it, why it ended, its usage, and how often it was asked for in vain."""

    message: dict[str, Any]
    stop_reason: str
    usage: Mapping[str, Any]
    repeated: int


class BedrockModel:
    """A model on Bedrock.

    Args:
        model_id: the id of a model or an inference profile, or its ARN.
        region: where it is; None finds it as boto3 does.
        system: the system prompt.
        max_tokens: how long one answer may be.
        temperature: as Bedrock has it; None leaves it to the model.
        request: further fields of Converse's request, such as ``guardrailConfig``.
        read_timeout_seconds: how long an answer may take.
        client: what to call in place of a client of boto3, which must not repeat requests by itself.
        sleep: what to wait with, in tests.

    A request that is throttled, or refused for the moment, is made again up to five times, 2 to 30 s later. A request
    whose answer did not come in time is not: the model may be at it, and is paid for. ``AWS_ENDPOINT_URL``, which
    leads to a local cloud, is not for models; ``AWS_ENDPOINT_URL_BEDROCK_RUNTIME`` is.
    """

    def __init__(  # noqa: PLR0913 - one way to say each thing, by name
        self,
        model_id: str,
        *,
        region: str | None = None,
        system: str | None = None,
        max_tokens: int = 4096,
        temperature: float | None = None,
        request: Mapping[str, Any] | None = None,
        read_timeout_seconds: float = 300,
        client: ConverseClient | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.model_id: Final = checked_text(model_id, "model_id")
        self._region = region
        self._read_timeout = read_timeout_seconds
        self._given = client
        self._sleep = sleep
        inference = {"maxTokens": max_tokens, **({} if temperature is None else {"temperature": temperature})}
        self._fields: dict[str, Any] = {"modelId": model_id, "inferenceConfig": inference, **(request or {})}
        if system:
            self._fields["system"] = [{"text": system}]

    async def answer(self, messages: Sequence[Mapping[str, Any]], tools: Sequence[Mapping[str, Any]]) -> ModelAnswer:
        """Return the model's answer to messages. Raises CredentialsMissingError, ServiceError."""
        request = {**self._fields, "messages": list(messages), "toolConfig": {"tools": list(tools)}}
        delays = draw_delays(DELAYS, _RETRIES, random.SystemRandom())
        for repeated, delay in enumerate([*delays, None]):
            try:
                return _answer(await in_own_thread(self._converse, request, delay is None), repeated)
            except _ForTheMoment:
                await self._sleep(delay or 0)
        raise AssertionError("the last try returns or raises")

    def _converse(self, request: Mapping[str, Any], last: bool) -> Mapping[str, Any]:  # noqa: FBT001 - by place, in a thread
        try:
            with translated_errors():
                return self._client.converse(**request)
        except CredentialsMissingError as error:
            raise model_refusal(error, self._key_id) from error.__cause__
        except OSError as error:  # of a client that is not boto3's own, which wraps them
            raise ServiceError(f"The model did not answer: {error or type(error).__name__}") from error
        except ServiceError as error:
            if last or not _is_for_the_moment(error.__cause__):
                raise model_refusal(error, self._key_id) from error.__cause__
            raise _ForTheMoment from error

    @cached_property
    def _session(self) -> boto3.Session:
        return boto3.Session(region_name=self._region or os.environ.get("AWS_REGION") or None)

    @property
    def _key_id(self) -> str | None:
        """The key that requests are signed with, as far as it is known; None of a client that was given."""
        if self._given is not None:
            return None
        with suppress(BotoCoreError):  # of a profile that is not there: that is told by itself
            credentials = self._session.get_credentials()
            return None if credentials is None else credentials.access_key
        return None

    @cached_property
    def _client(self) -> ConverseClient:
        if self._given is not None:
            return self._given
        config = Config(
            connect_timeout=5,
            read_timeout=self._read_timeout,
            retries={"total_max_attempts": 1},
            ignore_configured_endpoint_urls=True,  # type: ignore[call-arg] # its stubs are behind
        )
        client: ConverseClient = self._session.client(
            "bedrock-runtime", config=config, endpoint_url=os.environ.get(ENDPOINT) or None
        )
        return client


class _ForTheMoment(Exception):
    """The request may be made again."""


def _is_for_the_moment(error: BaseException | None) -> bool:
    if isinstance(error, ClientError):
        return error.response["Error"].get("Code") in _AGAIN
    return isinstance(error, ConnectTimeoutError)


def _answer(response: Mapping[str, Any], repeated: int) -> ModelAnswer:
    """Return the answer in a response. Raises ServiceError for what is none: a proxy or a mock may answer anything."""
    message, reason = _at(response, "output", "message"), _at(response, "stopReason")
    content = _at(message, "content")
    if not isinstance(content, list) or not all(isinstance(block, dict) for block in content):
        raise _unreadable("output.message.content is no list of blocks")
    if not isinstance(reason, str):
        raise _unreadable("stopReason is no text")
    usage = _at(response, "usage")
    return ModelAnswer(message, reason, usage if isinstance(usage, dict) else {}, repeated)


def _at(value: Any, *path: str) -> Any:  # noqa: ANN401 - JSON is any value
    for step in path:
        value = value.get(step) if isinstance(value, dict) else None
    return value


def _unreadable(what: str) -> ServiceError:
    return ServiceError(f"The model's answer cannot be read: {what}.", hint="See what is at the model's endpoint.")
